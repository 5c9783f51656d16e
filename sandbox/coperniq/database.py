"""The store's SQLite file: how it is opened, recognised and emptied.

What stands in its tables is `store`'s. A file that this package did not make is refused, not overwritten.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_STORE = Path(__file__).with_name("store.sql")
_LEDGER = Path(__file__).with_name("ledger.sql")
_APPLICATION_ID = 0x434F5051  # as in store.sql
_VERSION = 1  # as in ledger.sql
_ROWS = 100
_BUSY_SECONDS = 10.0
#: Beyond the few megabytes that SQLite takes by itself, so that a million records do not mean a read from disk each.
_CACHE_KIB = 64 * 1024
#: Fewer, larger checkpoints: look-up values are spread over many pages, and most of them are touched again soon.
_CHECKPOINT_PAGES = 16_384


class StoreError(Exception):
    """The file cannot be used as a store; the message names it and says why."""


def connect(path: Path) -> sqlite3.Connection:
    """Open a store, and make it when there is no file.

    A commit outlives the death of this process, not that of the machine (`synchronous = OFF`): a sandbox can live with
    that, and it is what makes bulk creates cheap.

    Raises:
        StoreError: The file cannot be opened, or something else lives in it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
        )
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} cannot be opened: {error}") from error
    try:
        _prepare(connection)
    except (sqlite3.Error, StoreError) as error:
        connection.close()
        raise StoreError(f"{path} is not a store of the Coperniq sandbox: {error}") from error
    return connection


def reset(path: Path) -> None:
    """Empty a store, its ledger included; make it when there is none. A server may be running on it.

    Raises:
        StoreError: The file cannot be opened, or something else lives in it.
    """
    with closing(connect(path)) as connection, transaction(connection):
        for table in ("records", "field_values", "operations", "faults"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the tables of store.sql and ledger.sql


def insert(connection: sqlite3.Connection, into: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, up to 100 with each statement.

    A statement gives the interpreter's lock away and takes it back: one for each row would hand it to and fro between
    the store's thread and the one that serves HTTP.

    Args:
        connection: To a store.
        into: The table, with its columns.
        rows: One value a column.
    """
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        connection.execute(_insert_statement(into, len(some[0]), len(some)), [value for row in some for value in row])


@lru_cache(1024)
def _insert_statement(into: str, columns: int, rows: int) -> str:
    row = f"({','.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {','.join([row] * rows)}"  # noqa: S608 - placeholders only


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Hold the write lock; commit at the end, roll back on an exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute("PRAGMA synchronous = OFF")
    if _pragma(connection, "application_id") != _APPLICATION_ID or _pragma(connection, "user_version") != _VERSION:
        _create_tables(connection)


def _create_tables(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        # Another process may have been first.
        if _pragma(connection, "application_id") != _APPLICATION_ID:
            if connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_master)").fetchone()[0]:
                raise StoreError("it holds other tables")
            _run(connection, _STORE)
        if _pragma(connection, "user_version") != _VERSION:
            _run(connection, _LEDGER)
    connection.execute("PRAGMA journal_mode = WAL")


def _run(connection: sqlite3.Connection, script: Path) -> None:
    for statement in script.read_text(encoding="utf-8").split(";\n"):
        connection.execute(statement)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
