"""Fixtures that every tier shares: real PostgreSQL servers, and databases on them.

The embedded server (18) serves every test; tests that ask for `any_postgres` run on Debian's 15 as well, where it is
installed. Databases are dropped after the test that asked for them.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest
from psycopg import sql

from orchestration import migrations
from sandbox.postgres import Cluster, embedded_binaries
from tests.pooler import NEEDED, PROGRAM, Pooler, running_pooler

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
MIGRATIONS = ROOT / "migrations"
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
# Durability is PostgreSQL's own affair; a test's database does not outlive the test.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50")

NEEDS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can write what is somebody else's: run this test as root"
)

_numbers = itertools.count()

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("mep", deadline=None)
hypothesis.settings.load_profile("mep")


def pytest_configure() -> None:
    """Let an interrupt interrupt, here and in every process that is started: what runs in the background ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def embedded_postgres() -> Iterator[Cluster]:
    """Run the embedded PostgreSQL 18 for the session."""
    yield from _run(embedded_binaries())


@pytest.fixture(scope="session")
def debian_postgres() -> Iterator[Cluster]:
    """Run Debian's PostgreSQL 15 for the session."""
    if not (DEBIAN_15 / "postgres").exists():
        pytest.skip("PostgreSQL 15 is not installed: install it, e.g. `apt-get install postgresql-15`, as .ci/run does")
    yield from _run(DEBIAN_15)


@pytest.fixture(params=["postgres18", "postgres15"], scope="session")
def any_postgres(request: pytest.FixtureRequest) -> Cluster:
    """Give each supported PostgreSQL in turn, the newest and the oldest."""
    return request.getfixturevalue({"postgres18": "embedded_postgres", "postgres15": "debian_postgres"}[request.param])


@pytest.fixture(scope="session")
def postgres(embedded_postgres: Cluster) -> Cluster:
    """Give the server that databases are made on; `tests/integration/database` overrides it with `any_postgres`."""
    return embedded_postgres


@pytest.fixture(scope="session")
def migrated_template(postgres: Cluster) -> Iterator[str]:
    """Make one migrated database, to clone others from; give its name."""
    yield from template_on(postgres)


def template_on(postgres: Cluster) -> Iterator[str]:
    """Make a migrated database on a server; who overrides `postgres` overrides `migrated_template` with this, too."""
    with _database(postgres) as (name, url):
        with psycopg.connect(url, prepare_threshold=None) as connection:
            migrations.up(connection, MIGRATIONS)
        yield name


@pytest.fixture
def fresh_database(postgres: Cluster) -> Iterator[str]:
    """Give the URL of a new, empty database."""
    with _database(postgres) as (_, url):
        yield url


@pytest.fixture
def migrated_database(postgres: Cluster, migrated_template: str) -> Iterator[str]:
    """Give the URL of a new database with every migration applied."""
    with _database(postgres, template=migrated_template) as (_, url):
        yield url


@pytest.fixture(scope="session")
def pgbouncer(postgres: Cluster) -> Iterator[Pooler]:
    """Run PgBouncer in transaction mode in front of the server; `pgbouncer.url` leads a database's URL through it."""
    if PROGRAM is None:
        pytest.skip(NEEDED)
    with running_pooler(postgres.url()) as pooler:
        yield pooler


def shared_file(name: str) -> Path:
    """Give the path of a file that lies beside the project; skip the test where it is missing."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{path} is not there, as it is no part of the repository: put it there to run this test")
    return path


def _run(binaries: Path) -> Iterator[Cluster]:
    # Not in pytest's own folder: as root the server runs as nobody, whom a second session of pytest would lock out.
    with tempfile.TemporaryDirectory(prefix="mep-test-postgres-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder), binaries, FAST)
        cluster.start()
        yield cluster
        cluster.stop()


@contextlib.contextmanager
def _database(cluster: Cluster, template: str = "template0") -> Iterator[tuple[str, str]]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        yield name, cluster.url(name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
