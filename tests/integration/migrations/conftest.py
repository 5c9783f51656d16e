"""A database, a folder of migrations, and what stands in the database after a run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from orchestration.migrations import status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


LEDGER = "SELECT version, name, statements FROM supabase_migrations.schema_migrations ORDER BY version"
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"

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
