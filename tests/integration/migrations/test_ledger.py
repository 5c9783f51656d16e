"""The ledger of applied migrations: the Supabase CLI's own, held against the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestration.migrations import Applied, ChangedMigrationError, MigrationGapError, State, down, status, up
from tests.integration.migrations.conftest import LEDGER, Conn, conditions, tables, versions, write

if TYPE_CHECKING:
    from pathlib import Path


# How the Supabase CLI makes its table, and how it did when it kept nothing but the version.
CLI_LEDGER = """
    CREATE SCHEMA supabase_migrations;
    CREATE TABLE supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY);"""
CLI_COLUMNS = """
    ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN statements text[];
    ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN name text;"""
INSERT = "INSERT INTO supabase_migrations.schema_migrations (version, name, statements) VALUES (%s, %s, %s)"


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
