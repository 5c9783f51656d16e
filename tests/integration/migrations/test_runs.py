"""Migration runs against real PostgreSQL: what is applied, rolled back, and left when a migration fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
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
from tests.integration.migrations.conftest import Conn, conditions, tables, versions, write

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_transaction_of_the_callers_is_not_taken_over(fresh_database: str, folder: Path) -> None:
    with psycopg.connect(fresh_database) as connection:
        connection.execute("SELECT 1")
        for call in (up, down, status):
            with pytest.raises(ValueError, match="no transaction open"):
                call(connection, folder)


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


def test_every_error_of_a_run_is_one_that_a_caller_can_catch() -> None:
    for error in (ChangedMigrationError, MigrationFailedError, MigrationGapError, MigrationLockedError):
        assert issubclass(error, MigrationError)
