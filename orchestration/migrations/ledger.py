"""The record of what was applied, and the transactions and lock under which it is read and written.

What belongs here: every statement that this package itself sends. What does not: the migrations' own
statements and the decision which of them comes next (`runner`).

The ledger is the Supabase CLI's own table, made as the CLI makes it, so that `supabase db push` and this
package each see what the other applied. Nothing here outlives its transaction (no session lock, no SET, no
prepared statement): it is safe through pgBouncer in transaction mode.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import tuple_row

from orchestration.migrations.errors import MigrationFailedError, MigrationLockedError
from orchestration.migrations.statements import fingerprint

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from typing import LiteralString

    from orchestration.migrations.files import Migration

    Connection = psycopg.Connection[Any]

_NO_TRANSACTION = (psycopg.pq.TransactionStatus.IDLE, psycopg.pq.TransactionStatus.UNKNOWN)
_LOCK = int.from_bytes(b"mepmigr8")
_CREATE: tuple[LiteralString, ...] = (
    "CREATE SCHEMA IF NOT EXISTS supabase_migrations",
    "CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY)",
    "ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS statements text[]",
    "ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS name text",
)
_COLUMNS = """
    SELECT count(*) FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass('supabase_migrations.schema_migrations')
      AND attname IN ('version', 'statements', 'name')"""
# Through jsonb, because the tables of older CLIs have no `statements` and no `name`.
_READ = """
    SELECT version, coalesce(to_jsonb(m) ->> 'name', ''), to_jsonb(m) -> 'statements'
    FROM supabase_migrations.schema_migrations AS m"""
_RECORD = "INSERT INTO supabase_migrations.schema_migrations (version, name, statements) VALUES (%s, %s, %s)"
_FORGET = "DELETE FROM supabase_migrations.schema_migrations WHERE version = %s"


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one applied migration; an empty fingerprint is an older CLI's row, which cannot be compared."""

    version: str
    name: str
    fingerprint: tuple[str, ...]

    def differs_from(self, migration: Migration) -> bool:
        """Tell whether the file says something else than what was applied."""
        return bool(self.fingerprint) and self.fingerprint != migration.fingerprint


@contextlib.contextmanager
def transaction(conn: Connection) -> Generator[None]:
    """Hold one transaction whose text is UTF-8, as the files are, whatever the connection was opened with.

    Raises:
        MigrationFailedError: PostgreSQL refused a statement of this package, or the commit.
        ValueError: the connection is in a transaction already, which would be this one's to end.
    """
    if conn.info.transaction_status not in _NO_TRANSACTION:
        raise ValueError("a migration run needs a connection with no transaction open")
    try:
        with conn.transaction():
            _query(conn, "SET LOCAL client_encoding = 'UTF8'")
            yield
    except psycopg.Error as exc:
        raise MigrationFailedError(
            f"migration ledger: {message(exc)}; put that right, look at `mep migrate status` and run again"
        ) from exc


@contextlib.contextmanager
def locked(conn: Connection) -> Generator[None]:
    """Hold this database's migration lock for one transaction, so that only one run is at work.

    Raises:
        MigrationLockedError: another run holds it; nothing is waited for.
        MigrationFailedError: as `transaction`.
    """
    with transaction(conn):
        if not _query(conn, "SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])[0][0]:
            raise MigrationLockedError(
                f"database {conn.info.dbname}: another migration run holds the lock; wait for it to end"
            )
        yield


def create(conn: Connection) -> None:
    """Make the ledger where it is missing; elsewhere take no lock on it and need no right to make schemas."""
    if _query(conn, _COLUMNS)[0][0] < 3:
        for statement in _CREATE:
            _query(conn, statement)


def read(conn: Connection) -> list[Row]:
    """Read what was applied, in no order; nothing where there is no ledger yet."""
    if not _query(conn, _COLUMNS)[0][0]:
        return []
    return [
        Row(version, name, fingerprint("\n;\n".join(statements or [])))
        for version, name, statements in _query(conn, _READ)
    ]


def record(conn: Connection, migration: Migration) -> None:
    """Note a migration as applied, its statements as the CLI would write them."""
    texts = [statement.text for statement in migration.statements]
    _query(conn, _RECORD, [migration.version, migration.name, texts])


def forget(conn: Connection, migration: Migration) -> None:
    """Note a migration as rolled back."""
    _query(conn, _FORGET, [migration.version])


def message(exc: psycopg.Error) -> str:
    """Give PostgreSQL's message in one line, without its detail, which quotes the values of rows."""
    return " ".join((exc.diag.message_primary or str(exc)).split())


def _query(conn: Connection, query: LiteralString, values: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
    with conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(query, values, prepare=False)
        return cursor.fetchall() if cursor.description else []
