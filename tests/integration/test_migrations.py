"""Migration runs against real PostgreSQL: what is applied, refused, rolled back, and left when a run dies."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

from orchestration.migrations import (
    Applied,
    ChangedMigrationError,
    MigrationError,
    MigrationFailedError,
    MigrationGapError,
    MigrationLockedError,
    State,
    down,
    status,
    up,
)
from orchestration.migrations.statements import UnterminatedError, split
from tests.conftest import MIGRATIONS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.postgres import Cluster

LEDGER = "SELECT version, name, statements FROM supabase_migrations.schema_migrations ORDER BY version"
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
# How the Supabase CLI makes its table, and how it did when it kept nothing but the version.
CLI_LEDGER = """
    CREATE SCHEMA supabase_migrations;
    CREATE TABLE supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY);"""
CLI_COLUMNS = """
    ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN statements text[];
    ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN name text;"""
# What the splitter could take for something else.
FRAGMENTS = [
    "a",
    " as a",
    "E'",
    "'",
    '"',
    "$$",
    "$a$",
    "--",
    "\n--x\n",
    "/*",
    "*/",
    ";",
    "\\",
    " ",
    "\n",
    "1",
    "(",
    ")",
]
FRAGMENTS += ["'x'", ";SELECT 1", "\n;SELECT E'\\'"]
INSERT = "INSERT INTO supabase_migrations.schema_migrations (version, name, statements) VALUES (%s, %s, %s)"

Conn = psycopg.Connection[Any]


@pytest.fixture
def conn(fresh_database: str) -> Iterator[Conn]:
    with psycopg.connect(fresh_database, autocommit=True, prepare_threshold=None) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of three sound migrations, a function body with semicolons among them."""
    write(tmp_path, "001_first", "CREATE TABLE one (id int);", "DROP TABLE one;")
    body = "CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 2; END; $$;"
    write(tmp_path, "002_second", f"-- Why: because.\nCREATE TABLE two (id int);\n\n{body}",
          "DROP FUNCTION two();\nDROP TABLE two;")  # fmt: skip
    write(tmp_path, "003_third", "CREATE TABLE three (id int);", "DROP TABLE three;")
    return tmp_path


def write(folder: Path, name: str, text: str, undo: str = "SELECT 1;") -> Path:
    commented = "\n".join(f"-- {line}" for line in undo.split("\n"))
    path = folder / f"{name}.sql"
    path.write_text(f"{text}\n\n-- Down Migration\n{commented}\n")
    return path


def tables(conn: Conn) -> list[str]:
    return [name for (name,) in conn.execute(TABLES)]


def versions(conn: Conn) -> list[str]:
    return [row[0] for row in conn.execute(LEDGER)]


def conditions(conn: Conn, folder: Path) -> list[str]:
    return [state.condition for state in status(conn, folder)]


@pytest.mark.parametrize("options", [{"autocommit": True}, {"autocommit": False}, {"row_factory": dict_row}])
def test_up_applies_everything_once(fresh_database: str, folder: Path, options: dict[str, Any]) -> None:
    with psycopg.connect(fresh_database, **options) as connection:
        assert [state.condition for state in status(connection, folder)] == ["pending"] * 3
        assert up(connection, folder) == [
            Applied("001", "first"),
            Applied("002", "second"),
            Applied("003", "third"),
        ]
        assert up(connection, folder) == []
        assert status(connection, folder)[1] == State("002", "second", "applied")
    with psycopg.connect(fresh_database) as another:
        assert tables(another) == ["one", "three", "two"]
        assert another.execute("SELECT two()").fetchone() == (2,)


def test_the_ledger_is_what_the_supabase_cli_would_write(conn: Conn, folder: Path) -> None:
    up(conn, folder)
    rows = conn.execute(LEDGER).fetchall()
    assert rows[1] == (
        "002",
        "second",
        [
            "-- Why: because.\nCREATE TABLE two (id int)",
            "CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 2; END; $$",
            "-- Down Migration\n-- DROP FUNCTION two();\n-- DROP TABLE two;",
        ],
    )


def test_up_goes_on_where_the_last_one_ended(conn: Conn, folder: Path) -> None:
    up(conn, folder)
    write(folder, "004_fourth", "CREATE TABLE four (id int);")
    assert conditions(conn, folder) == ["applied"] * 3 + ["pending"]
    assert up(conn, folder) == [Applied("004", "fourth")]


@pytest.mark.parametrize(
    ("statement", "line", "message"),
    [
        ("SELECT 1,\n  nope;", 6, 'column "nope" does not exist'),
        ("-- a comment\nSELECT\n 1 / 0;", 6, "division by zero"),
        (
            "CREATE INDEX CONCURRENTLY i ON four (id);",
            5,
            "CREATE INDEX CONCURRENTLY cannot run inside a tran",
        ),
        ("DO $$ BEGIN COMMIT; END $$;", 5, "invalid transaction termination"),
    ],
)
def test_a_failing_migration_leaves_nothing_of_itself(
    conn: Conn, folder: Path, statement: str, line: int, message: str
) -> None:
    path = write(folder, "004_fourth", f"-- one\n-- two: ünï\nCREATE TABLE four (id int);\n\n{statement}")
    with pytest.raises(MigrationFailedError) as caught:
        up(conn, folder)
    assert str(caught.value).startswith(f"004_fourth.sql, line {line}: {message}")
    assert "\n" not in str(caught.value)
    assert (tables(conn), versions(conn)) == (["one", "three", "two"], ["001", "002", "003"])
    path.write_text(path.read_text().replace(statement, ""))
    assert up(conn, folder) == [Applied("004", "fourth")]


def test_a_constraint_that_fails_at_the_commit_leaves_nothing(conn: Conn, folder: Path) -> None:
    key = "CREATE TABLE four (id int PRIMARY KEY, up int REFERENCES four DEFERRABLE INITIALLY DEFERRED);"
    write(folder, "004_fourth", f"{key}\nINSERT INTO four VALUES (1, 987654);")
    with pytest.raises(MigrationFailedError, match=r"004_fourth\.sql: .* violates foreign key constraint") as caught:
        up(conn, folder)
    assert "987654" not in str(caught.value)
    assert versions(conn) == ["001", "002", "003"]


def test_a_migration_and_its_ledger_row_stand_and_fall_together(conn: Conn, folder: Path) -> None:
    up(conn, folder)
    write(folder, "004_fourth", "CREATE TABLE four (id int);")
    conn.execute("ALTER TABLE supabase_migrations.schema_migrations ADD CONSTRAINT no CHECK (version <> '004')")
    with pytest.raises(MigrationFailedError, match=r'migration ledger: .* violates check constraint "no"'):
        up(conn, folder)
    assert tables(conn) == ["one", "three", "two"]


def test_a_lost_connection_leaves_nothing(conn: Conn, folder: Path) -> None:
    write(folder, "004_fourth", "CREATE TABLE four ();\nSELECT pg_terminate_backend(pg_backend_pid());")
    with psycopg.connect(conn.info.dsn, password=conn.info.password) as lost:
        with pytest.raises(MigrationFailedError, match=r"004_fourth\.sql, line 2: terminating connection"):
            up(lost, folder)
        with pytest.raises(MigrationFailedError, match=r"the connection is (lost|closed)"):
            up(lost, folder)
    assert conditions(conn, folder) == ["applied"] * 3 + ["pending"]


def test_a_transaction_of_the_callers_is_not_taken_over(fresh_database: str, folder: Path) -> None:
    with psycopg.connect(fresh_database) as connection:
        connection.execute("SELECT 1")
        for call in (up, down, status):
            with pytest.raises(ValueError, match="no transaction open"):
                call(connection, folder)


def test_a_changed_file_is_refused(conn: Conn, folder: Path) -> None:
    up(conn, folder)
    path = folder / "002_second.sql"
    path.write_text(path.read_text().replace("RETURN 2", "RETURN 3"))
    write(folder, "004_fourth", "CREATE TABLE four (id int);")
    assert conditions(conn, folder) == ["applied", "changed", "applied", "pending"]
    for call in (up, down):
        with pytest.raises(ChangedMigrationError, match=r"002_second\.sql: changed since it was applied"):
            call(conn, folder)
    assert tables(conn) == ["one", "three", "two"]
    assert down(conn, folder, to=2) == [Applied("003", "third")]


def test_comments_and_layout_may_change(conn: Conn, folder: Path) -> None:
    up(conn, folder)
    path = folder / "002_second.sql"
    path.write_text("/* new */\n" + path.read_text().replace("(id int)", "( id\n  int ) -- ids"))
    assert conditions(conn, folder) == ["applied"] * 3


def test_an_applied_migration_without_a_file_is_refused(conn: Conn, folder: Path) -> None:
    up(conn, folder)
    conn.execute(INSERT, ["20251220101500", "by_hand", None])
    conn.execute(INSERT, ["odd", "by_hand", None])
    assert status(conn, folder)[3:] == [
        State("20251220101500", "by_hand", "missing file"),
        State("odd", "by_hand", "missing file"),
    ]
    for call in (up, down):
        with pytest.raises(MigrationGapError, match=r"by_hand: applied to the database, but not in the folder"):
            call(conn, folder)


def test_a_pending_migration_below_an_applied_one_is_refused_and_can_be_cured(conn: Conn, folder: Path) -> None:
    up(conn, folder)
    conn.execute("DELETE FROM supabase_migrations.schema_migrations WHERE version = '002'")
    with pytest.raises(MigrationGapError, match=r"002_second\.sql: not applied, though 003 is; roll back to 001"):
        up(conn, folder)
    assert conditions(conn, folder) == ["applied", "pending", "applied"]
    assert down(conn, folder, to=1) == [Applied("003", "third")]


@pytest.mark.parametrize(
    "statements",
    [
        ["-- Why: because.\nCREATE TABLE two (id int)",
         "CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 2; END; $$",
         "-- Down Migration\n-- DROP FUNCTION two();\n-- DROP TABLE two"],
        ["CREATE TABLE two (id int); -- all in one;\n\n"
         "CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 2; END; $$;"],
        [],
        None,
    ],
)  # fmt: skip
def test_what_the_cli_applied_is_recognised(conn: Conn, folder: Path, statements: list[str] | None) -> None:
    conn.execute(CLI_LEDGER)
    conn.execute(CLI_COLUMNS)
    conn.execute(INSERT, ["001", "first", ["CREATE TABLE one (id int)"]])
    conn.execute(INSERT, ["002", "second", statements])
    assert conditions(conn, folder) == ["applied", "applied", "pending"]
    assert up(conn, folder) == [Applied("003", "third")]


def test_the_table_of_an_older_cli_is_read_and_completed(conn: Conn, folder: Path) -> None:
    conn.execute(CLI_LEDGER)
    conn.execute("INSERT INTO supabase_migrations.schema_migrations VALUES ('001')")
    assert conditions(conn, folder) == ["applied", "pending", "pending"]
    assert len(up(conn, folder)) == 2
    assert versions(conn) == ["001", "002", "003"]


def test_down_rolls_back_to_a_number_and_to_nothing(conn: Conn, folder: Path) -> None:
    assert down(conn, folder) == []
    up(conn, folder)
    assert down(conn, folder, to=2) == [Applied("003", "third")]
    assert (tables(conn), versions(conn)) == (["one", "two"], ["001", "002"])
    assert down(conn, folder) == [Applied("002", "second"), Applied("001", "first")]
    assert (tables(conn), versions(conn)) == ([], [])
    assert len(up(conn, folder)) == 3


def test_a_failing_down_section_leaves_its_migration_applied(conn: Conn, folder: Path) -> None:
    write(folder, "002_second", "CREATE TABLE two (id int);", "DROP TABLE two;\n\nDROP TABLE nope;")
    up(conn, folder)
    with pytest.raises(MigrationFailedError, match=r'002_second\.sql, line 6: table "nope" does not exist'):
        down(conn, folder)
    assert (tables(conn), versions(conn)) == (["one", "two"], ["001", "002"])


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


def test_the_shim_runs_first_and_again(conn: Conn, folder: Path) -> None:
    (folder / "shim.sql").write_text("CREATE SCHEMA IF NOT EXISTS auth; -- for the first migration")
    write(folder, "001_first", "CREATE TABLE auth.one (id int);")
    up(conn, folder)
    conn.execute("DROP SCHEMA auth CASCADE")
    assert up(conn, folder) == []
    assert conn.execute("SELECT to_regnamespace('auth')::text").fetchone() == ("auth",)


def test_a_failing_shim_stops_the_run(conn: Conn, folder: Path) -> None:
    (folder / "shim.sql").write_text("SELECT 1;\nCREATE TABLE pg_class;")
    with pytest.raises(MigrationFailedError, match=r"shim\.sql, line 2: syntax error"):
        up(conn, folder)
    assert conn.execute("SELECT to_regnamespace('supabase_migrations')").fetchone() == (None,)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_postgresql_sees_the_same_statements(conn: Conn, text: str) -> None:
    """Ask the server, which names several commands and literals without end when sent one text."""
    text = f"SELECT 'a'{text}"
    whole = verdict(conn, text)
    try:
        pieces = [piece.text for piece in split(text) if piece.code is not None]
    except UnterminatedError:
        assert whole not in {"accepted", "several"}
        return
    assert whole != "unterminated"
    assert (len(pieces) > 1) if whole == "several" else (len(pieces) == 1 or whole == "refused")
    assert not {"several", "unterminated"} & {verdict(conn, piece) for piece in pieces}


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


def test_the_projects_own_migrations_go_up_down_and_up_again(conn: Conn) -> None:
    before = relations(conn)
    applied = up(conn, MIGRATIONS)
    assert applied
    assert up(conn, MIGRATIONS) == []
    migrated = relations(conn)
    assert down(conn, MIGRATIONS) == applied[::-1]
    assert relations(conn) == before
    assert up(conn, MIGRATIONS) == applied
    assert relations(conn) == migrated


def test_the_projects_own_migrations_roll_back_one_at_a_time(conn: Conn, tmp_path: Path) -> None:
    shutil.copy(MIGRATIONS / "shim.sql", tmp_path)
    for number, path in enumerate(sorted(MIGRATIONS.glob("[0-9]*.sql")), start=1):
        shutil.copy(path, tmp_path)
        before = relations(conn)
        applied = up(conn, tmp_path)
        assert len(applied) == 1
        assert down(conn, tmp_path, to=number - 1) == applied
        assert relations(conn) == before
        assert up(conn, tmp_path) == applied


def test_every_error_of_a_run_is_one_that_a_caller_can_catch() -> None:
    for error in (ChangedMigrationError, MigrationFailedError, MigrationGapError, MigrationLockedError):
        assert issubclass(error, MigrationError)


def verdict(conn: Conn, text: str) -> str:
    try:
        conn.execute(text.encode(), binary=True)  # binary results need the protocol that takes one command only
    except psycopg.Error as exc:
        message = str(exc)
        return "several" if "multiple commands" in message else re.findall("unterminated|$", message)[0] or "refused"
    return "accepted"


def relations(conn: Conn) -> list[tuple[str, ...]]:
    return conn.execute(
        """
        SELECT 'relation', relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'type', typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace
        UNION ALL SELECT 'routine', proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        ORDER BY 1, 2"""
    ).fetchall()


def wait_for(conn: Conn, query: str, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while conn.execute(query.encode()).fetchone() is None:
        assert time.monotonic() < until, f"waited in vain for: {query}"
        time.sleep(0.02)
