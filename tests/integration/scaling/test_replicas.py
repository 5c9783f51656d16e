"""A read replica answers whoever reads: the views are there, and dbt's tests of the data pass on it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from orchestration import migrations
from sandbox.postgres import Cluster, embedded_binaries
from tests.conftest import FAST, MIGRATIONS
from tests.integration.analytics.conftest import finished, seed, starter
from tests.integration.analytics.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "mep"
ROWS = "SELECT to_jsonb(v)::TEXT FROM {} AS v ORDER BY 1"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that a server which runs as nobody can reach."""
    with tempfile.TemporaryDirectory(prefix="mep-test-replica-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.fixture
def primary(folder: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder / "primary", embedded_binaries(), FAST)
    cluster.start()
    with psycopg.connect(cluster.ensure_database(DATABASE), prepare_threshold=None) as conn:
        migrations.up(conn, MIGRATIONS)
    seed(cluster.url(DATABASE))
    yield cluster
    cluster.stop()


@pytest.fixture
def replica(folder: Path, primary: Cluster) -> Iterator[Cluster]:
    """Stream a copy of the primary to a second server, which is read-only."""
    cluster = Cluster(folder / "replica", primary.binaries, FAST)
    cluster.folder.mkdir()
    cluster._hand_over_to_nobody()
    source = ("-d", primary.url(), "-D", str(cluster.data), "-R", "-c", "fast")
    copied = cluster._run("pg_basebackup", *source)
    assert copied.returncode == 0, copied.stderr
    (cluster.folder / "password").write_bytes((primary.folder / "password").read_bytes())
    (cluster.folder / "made").touch()
    cluster.start()
    yield cluster
    cluster.stop()


def rows(url: str) -> dict[str, list[tuple[str, ...]]]:
    with psycopg.connect(url) as conn:
        return {view: conn.execute(ROWS.format(view).encode()).fetchall() for view in VIEWS}


def caught_up(primary: Cluster, replica: Cluster) -> None:
    with psycopg.connect(primary.url()) as there, psycopg.connect(replica.url(), autocommit=True) as here:
        (place,) = there.execute("SELECT pg_current_wal_lsn()").fetchone() or (None,)
        until = time.monotonic() + 60
        while here.execute("SELECT pg_last_wal_replay_lsn() < %s", [place]).fetchone() != (False,):
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_replica_has_the_views_and_passes_the_tests_of_the_data(
    primary: Cluster, replica: Cluster, tmp_path: Path
) -> None:
    dbt = starter(tmp_path)
    finished(dbt(primary.url(DATABASE), "run"))
    caught_up(primary, replica)
    assert rows(replica.url(DATABASE)) == rows(primary.url(DATABASE))
    assert any(rows(replica.url(DATABASE)).values())
    said = finished(dbt(replica.url(DATABASE), "test", "--select", "test_type:data"))
    assert "ERROR=0" in said
    assert "PASS=0" not in said
    # What writes is the primary's: views are rebuilt there, and a unit test makes a table of its own.
    refused, _ = (process := dbt(replica.url(DATABASE), "run", "--select", "csv_import_summary")).communicate(
        timeout=120
    )
    assert process.returncode != 0
    assert "read-only transaction" in refused
