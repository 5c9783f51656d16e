"""Runs that race, die or share a cluster: each migration is applied once, and nothing is left half applied."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from orchestration.migrations import Applied, MigrationFailedError, MigrationLockedError, down, status, up
from tests.conftest import ROOT
from tests.integration.migrations.conftest import Conn, conditions, tables, versions, wait_for, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.postgres import Cluster


def test_a_lost_connection_leaves_nothing(conn: Conn, folder: Path) -> None:
    write(folder, "004_fourth", "CREATE TABLE four ();\nSELECT pg_terminate_backend(pg_backend_pid());")
    with psycopg.connect(conn.info.dsn, password=conn.info.password) as lost:
        with pytest.raises(MigrationFailedError, match=r"004_fourth\.sql, line 2: terminating connection"):
            up(lost, folder)
        with pytest.raises(MigrationFailedError, match=r"the connection is (lost|closed)"):
            up(lost, folder)
    assert conditions(conn, folder) == ["applied"] * 3 + ["pending"]


def test_a_second_runner_is_refused(fresh_database: str, conn: Conn, folder: Path) -> None:
    write(folder, "004_slow", "CREATE TABLE four (id int);\nSELECT pg_sleep(3);")
    with ThreadPoolExecutor() as pool, psycopg.connect(fresh_database) as first:
        run = pool.submit(up, first, folder)
        wait_for(conn, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'")
        for call in (up, down):
            with pytest.raises(MigrationLockedError, match="another migration run holds the lock; wait for it to end"):
                call(conn, folder)
        assert conditions(conn, folder) == ["applied"] * 3 + ["pending"]
        assert len(run.result()) == 4
    assert up(conn, folder) == []


def test_runners_that_race_apply_each_migration_once(fresh_database: str, conn: Conn, folder: Path) -> None:
    start = threading.Barrier(6)

    def run() -> list[Applied]:
        applied: list[Applied] = []
        with psycopg.connect(fresh_database) as connection:
            start.wait()
            while "pending" in conditions(connection, folder):
                try:
                    applied += up(connection, folder)
                except MigrationLockedError:
                    time.sleep(0.01)
        return applied

    with ThreadPoolExecutor(6) as pool:
        runs = [pool.submit(run) for _ in range(6)]
    applied = [each for run in runs for each in run.result()]
    assert len(applied) <= 3
    assert versions(conn) == ["001", "002", "003"]


def test_a_killed_run_leaves_nothing_half_applied(fresh_database: str, conn: Conn, folder: Path) -> None:
    write(folder, "004_slow", "CREATE TABLE four (id int);\nSELECT pg_sleep(2);\nCREATE TABLE five (id int);")
    program = (
        "import pathlib, sys, psycopg; from orchestration.migrations import up; "
        "up(psycopg.connect(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, fresh_database, str(folder)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        wait_for(conn, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'")
        process.kill()
    # The server notices only when the statement ends; until then the run counts as being at work.
    with pytest.raises(MigrationLockedError):
        up(conn, folder)
    wait_for(conn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory')")
    assert (tables(conn), versions(conn)) == (["one", "three", "two"], ["001", "002", "003"])
    assert up(conn, folder) == [Applied("004", "slow")]
    assert tables(conn) == ["five", "four", "one", "three", "two"]


def test_a_run_leaves_nothing_in_the_session(fresh_database: str, folder: Path) -> None:
    for number in range(4, 12):
        write(folder, f"{number:03}_more", f"CREATE TABLE t{number} (id int);")
    with psycopg.connect(fresh_database, autocommit=True, client_encoding="latin1") as connection:
        session = "SELECT name, setting FROM pg_settings WHERE source IN ('client', 'session') ORDER BY name"
        before = connection.execute(session).fetchall()
        up(connection, folder)
        assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
        down(connection, folder)
        status(connection, folder)
        assert connection.execute(session).fetchall() == before
        assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


@pytest.fixture
def neighbours(postgres: Cluster) -> Iterator[list[str]]:
    """Give the URLs of several databases of one cluster, which share its roles."""
    names = [f"neighbour_{number}" for number in range(4)]
    yield [postgres.ensure_database(name) for name in names]
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute("DROP ROLE IF EXISTS neighbour")


def test_databases_of_one_cluster_may_make_the_roles_at_once(neighbours: list[str], folder: Path) -> None:
    """Let even a shim that looks before it makes a role, and is too late, come through."""
    make = "PERFORM pg_sleep(0.5); CREATE ROLE neighbour NOLOGIN;"
    (folder / "shim.sql").write_text(
        f"DO $$ BEGIN IF to_regrole('neighbour') IS NULL THEN {make} END IF; END $$;\nALTER ROLE neighbour NOINHERIT;"
    )
    start = threading.Barrier(len(neighbours))

    def run(url: str) -> int:
        with psycopg.connect(url) as connection:
            start.wait()
            return len(up(connection, folder))

    with ThreadPoolExecutor(len(neighbours)) as pool:
        assert list(pool.map(run, neighbours)) == [3] * len(neighbours)
