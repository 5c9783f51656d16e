"""dbt's targets: each reaches its place, and `supabase` nothing that cannot prove to be it."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import psycopg2
import pytest
from dbt.adapters.exceptions import FailedToConnectError

from sandbox.postgres import HOST
from tests.dbt_targets import connected
from tests.integration.analytics.conftest import Dbt, finished, seed
from tests.pooler import NEEDED, PROGRAM, Pooler, running_pooler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that PgBouncer, which runs as nobody, can read."""
    with tempfile.TemporaryDirectory(prefix="mep-test-targets-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def pooler(postgres: Cluster, folder: Path) -> Iterator[Pooler]:
    """Run PgBouncer in transaction mode, with a certificate for 127.0.0.1 and for clients with TLS alone."""
    if PROGRAM is None:
        pytest.skip(NEEDED)
    with running_pooler(postgres.url(), certificate=certified(folder / "supabase.pem")) as running:
        yield running


def certified(file: Path) -> Path:
    """Make a key and a certificate for 127.0.0.1 that vouches for itself."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=test", "-addext", f"subjectAltName=IP:{HOST}", "-keyout", file, "-out", f"{file}.crt",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    file.chmod(0o644)
    return file


def trusting(url: str, authority: Path, host: str = HOST) -> str:
    """Give the URL of a server whose certificate must be this one, or of this one's."""
    parts = urlsplit(url)
    netloc = parts.netloc.replace(f"@{HOST}:", f"@{host}:")
    return parts._replace(netloc=netloc, query=f"sslrootcert={quote(f'{authority}.crt')}").geturl()


def test_supabase_builds_through_a_pooler_that_it_trusts(
    migrated_database: str, pooler: Pooler, folder: Path, dbt: Dbt
) -> None:
    seed(migrated_database)
    url = trusting(pooler.url(migrated_database), folder / "supabase.pem")
    built = dbt(url, "build", "--target", "supabase", "--exclude-resource-type", "unit_test")
    assert "Completed successfully" in finished(built)


def test_supabase_trusts_nobody_else(migrated_database: str, pooler: Pooler, folder: Path) -> None:
    real, other = folder / "supabase.pem", certified(folder / "other.pem")
    pooled = pooler.url(migrated_database)
    refused = {
        "certificate verify failed": trusting(pooled, other),
        'does not match host name "localhost"': trusting(pooled, real, host="localhost"),
        "root certificate file .* does not exist": f"{pooled}?sslmode=require",
        "server does not support SSL": trusting(migrated_database, real),
    }
    for reason, url in refused.items():
        with pytest.raises(FailedToConnectError, match=reason), connected(url, "supabase"):
            pass
    # What it is that it misses: the same address without proof is good enough for another target.
    with connected(f"{pooled}?sslmode=require", "database") as connection:
        assert connection.info.ssl_in_use


def test_supabase_tries_a_wrong_password_once(
    migrated_database: str, pooler: Pooler, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []
    connect = psycopg2.connect
    monkeypatch.setattr(psycopg2, "connect", lambda **options: tries.append(options["user"]) or connect(**options))
    wrong = urlsplit(trusting(pooler.url(migrated_database), folder / "supabase.pem"))
    wrong = wrong._replace(netloc=f"postgres:wrong@{HOST}:{wrong.port}")
    with pytest.raises(FailedToConnectError, match=r"password|SASL"), connected(wrong.geturl(), "supabase"):
        pass
    assert tries == ["postgres"]


def test_embedded_reaches_the_server_of_this_machine(migrated_database: str) -> None:
    with connected(f"{migrated_database}?sslmode=require", "embedded") as connection:
        assert (connection.info.host, connection.info.ssl_in_use) == (HOST, False)
