"""Databases that dbt works on, and dbt itself, run as a user runs it: from the root, with DATABASE_URL and no more."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

from orchestration import migrations
from tests.conftest import MIGRATIONS, ROOT, _database

if TYPE_CHECKING:
    from collections.abc import Generator

    from sandbox.postgres import Cluster

SEED = Path(__file__).parent / "seed.sql"
# What percent-encoding, Jinja, YAML and libpq could each take for something of theirs.
OWNER = "deployer @ 100%"
PASSWORD = "p%40ss:w@rd/?#&='\"\\ {{ 7*7 }}{% $$ \u20ac"
# Supabase grants all on whatever is made, and its `postgres` is no superuser.
SUPABASE = """
    GRANT ALL ON SCHEMA public TO {owner};
    GRANT USAGE ON SCHEMA auth TO {owner};
    GRANT CREATE, TEMPORARY ON DATABASE {database} TO {owner};
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
        GRANT ALL ON TABLES TO anon, authenticated, service_role;
"""


class Urls(NamedTuple):
    """One database, as two log in to it."""

    owner: str
    superuser: str


class Dbt(Protocol):
    """Starts a dbt command; without a URL, DATABASE_URL is not set."""

    def __call__(self, url: str | None, *arguments: str) -> subprocess.Popen[str]:
        """Start it."""
        ...


@pytest.fixture
def dbt(tmp_path: Path) -> Dbt:
    """Give dbt, which leaves its files in a folder of the test."""
    return starter(tmp_path)


def starter(folder: Path, root: Path = ROOT) -> Dbt:
    """Return dbt with target folders below a folder, each of which begins with what the ones before it had parsed.

    Args:
        folder: Takes what dbt writes.
        root: The folder of `dbt_project.yml`.
    """

    def start(url: str | None, *arguments: str) -> subprocess.Popen[str]:
        parsed = sorted(folder.glob("target-*/partial_parse.msgpack"))
        target = folder / f"target-{len(list(folder.iterdir()))}"
        target.mkdir()
        for earlier in parsed[-1:]:
            shutil.copy(earlier, target)
        environment = {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
        return subprocess.Popen(
            [Path(sys.executable).parent / "dbt", *arguments], cwd=root,
            env=environment if url is None else {**environment, "DATABASE_URL": url},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        )  # fmt: skip

    return start


def finished(process: subprocess.Popen[str]) -> str:
    """Wait for a command that must succeed, and return what it said."""
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


@contextlib.contextmanager
def supabase_like(cluster: Cluster) -> Generator[Urls]:
    """Make a seeded database whose owner is no superuser and whose new objects are everybody's."""
    owner = sql.Identifier(OWNER)
    with psycopg.connect(cluster.url(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(owner, sql.Literal(PASSWORD)))
        with _database(cluster) as (name, url):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute((MIGRATIONS / "shim.sql").read_bytes(), prepare=False)
                made = sql.SQL(SUPABASE).format(owner=owner, database=sql.Identifier(name))
                connection.execute(made, prepare=False)
            parts = urlsplit(url)
            address = f"{quote(OWNER, safe='')}:{quote(PASSWORD, safe='')}@{parts.hostname}:{parts.port}"
            urls = Urls(parts._replace(netloc=address).geturl(), url)
            with psycopg.connect(urls.owner, prepare_threshold=None) as connection:
                migrations.up(connection, MIGRATIONS)
            seed(urls.owner)
            yield urls
        server.execute(sql.SQL("DROP ROLE {}").format(owner))


def seed(url: str) -> None:
    """Fill a migrated database."""
    with psycopg.connect(url) as connection:
        connection.execute(SEED.read_bytes(), prepare=False)
