"""Apply migrations to a database and roll them back, each with its ledger row in one transaction.

What belongs here: which migration comes next, and running it. What does not: how SQL is written
(`statements`), what makes a folder of files sound (`files`), the ledger and its lock (`ledger`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import psycopg

from orchestration.migrations import ledger
from orchestration.migrations.errors import (
    ChangedMigrationError,
    MigrationFailedError,
    MigrationGapError,
    NotCurrentError,
    UnknownOptionError,
)
from orchestration.migrations.files import SHIM, Migration, read_folder, read_shim

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from orchestration.migrations.ledger import Connection
    from orchestration.migrations.statements import Statement

Condition = Literal["applied", "pending", "optional", "changed", "missing file"]

# Roles belong to the cluster, the lock to one database: a run in another database may make the same roles at
# the same moment. PostgreSQL lets the second wait for the first and then refuses it with one of these; the
# next attempt finds the roles there.
_SHIM_ATTEMPTS = 5
_SHIM_RACES = (
    psycopg.errors.DuplicateObject,
    psycopg.errors.UniqueViolation,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.InternalError_,  # tuple concurrently updated
)


@dataclass(frozen=True, slots=True)
class Applied:
    """Name a migration that a run applied or rolled back."""

    version: str
    name: str


@dataclass(frozen=True, slots=True)
class State:
    """Say how one migration stands between the folder and the database."""

    version: str
    name: str
    condition: Condition


def up(conn: Connection, directory: Path, options: Collection[str] = ()) -> list[Applied]:
    """Apply the shim and every pending migration in order, so that the database reaches the folder's schema.

    Args:
        conn: a connection with no transaction open, in autocommit mode or not.
        directory: the folder of `shim.sql` and the `NNN_name.sql` files.
        options: names of optional migrations to apply as well; those that were applied earlier stay.

    Returns:
        What this run applied, oldest first.

    Raises:
        MigrationError: one of its kinds. The file at fault leaves nothing behind, earlier ones stay.
    """
    migrations = read_folder(directory)
    _check_options(migrations, options)
    _prepare(conn, read_shim(directory), migrations)
    applied: list[Applied] = []
    while migration := _apply_next(conn, migrations, options):
        applied.append(Applied(migration.version, migration.name))
    return applied


def down(conn: Connection, directory: Path, to: int = 0) -> list[Applied]:
    """Roll back every migration above `to`, newest first, by the files' Down sections.

    Only what is to be rolled back must match its file, so that a fault below `to` does not stand in the way.

    Args:
        conn: a connection with no transaction open, in autocommit mode or not.
        directory: the folder of the `NNN_name.sql` files.
        to: the number of the last migration to keep; 0 keeps none.

    Returns:
        What this run rolled back, newest first.

    Raises:
        MigrationError: one of its kinds. The file at fault stays applied, whole.
    """
    migrations = {migration.version: migration for migration in read_folder(directory)}
    rolled_back: list[Applied] = []
    while migration := _roll_back_last(conn, migrations, to):
        rolled_back.append(Applied(migration.version, migration.name))
    return rolled_back


def status(conn: Connection, directory: Path) -> list[State]:
    """Compare folder and ledger, one state for each version in either; write nothing, wait for nobody.

    Raises:
        MigrationError: the folder itself is at fault, or the ledger cannot be read.
    """
    migrations = {migration.version: migration for migration in read_folder(directory)}
    with ledger.transaction(conn):
        rows = {row.version: row for row in ledger.read(conn)}
    versions = sorted(migrations.keys() | rows.keys(), key=lambda version: (_number(version), version))
    return [_state(version, migrations.get(version), rows.get(version)) for version in versions]


def require_current(conn: Connection, directory: Path) -> None:
    """Refuse a database that lacks a migration of the folder, for work that needs its tables.

    Raises:
        NotCurrentError: naming the first migration that is not applied as the folder has it.
    """
    for state in status(conn, directory):
        if state.condition not in ("applied", "optional"):
            raise NotCurrentError(
                f"The database is not up to date ({state.version} is {state.condition}): run `mep migrate up`."
            )


def _state(version: str, migration: Migration | None, row: ledger.Row | None) -> State:
    if migration is None:
        return State(version, row.name if row else "", "missing file")
    if row is None:
        return State(version, migration.name, "optional" if migration.is_optional else "pending")
    return State(version, migration.name, "changed" if row.differs_from(migration) else "applied")


def _check_options(migrations: Sequence[Migration], options: Collection[str]) -> None:
    known = [migration.name for migration in migrations if migration.is_optional]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise UnknownOptionError(f"{unknown[0]}: no such option; there is {', '.join(known) or 'none'}")


def _prepare(conn: Connection, shim: Sequence[Statement], migrations: Sequence[Migration]) -> None:
    """Make what the migrations and the ledger stand on, once it is known that the run may go on."""
    for attempt in range(1, _SHIM_ATTEMPTS + 1):
        try:
            with ledger.locked(conn):
                _next_pending(migrations, ledger.read(conn), options=())
                _execute(conn, SHIM, shim)
                ledger.create(conn)
        except MigrationFailedError as exc:
            if attempt == _SHIM_ATTEMPTS or not isinstance(exc.__cause__, _SHIM_RACES):
                raise
        else:
            return


def _apply_next(conn: Connection, migrations: Sequence[Migration], options: Collection[str]) -> Migration | None:
    """Apply one migration, chosen under the lock: another run may have applied some since the last look."""
    with ledger.locked(conn):
        migration = _next_pending(migrations, ledger.read(conn), options)
        if migration:
            _execute(conn, migration.file, migration.statements)
            ledger.record(conn, migration)
        return migration


def _roll_back_last(conn: Connection, migrations: dict[str, Migration], to: int) -> Migration | None:
    with ledger.locked(conn):
        rows = [row for row in ledger.read(conn) if _number(row.version) > to]
        applied = [_match(migrations, row) for row in rows]
        if not applied:
            return None
        migration = max(applied, key=lambda each: each.number)
        _execute(conn, migration.file, migration.down)
        ledger.forget(conn, migration)
        return migration


def _next_pending(
    migrations: Sequence[Migration], rows: Sequence[ledger.Row], options: Collection[str]
) -> Migration | None:
    """Find what comes next, after proving that the ledger is the beginning of the folder and nothing else."""
    by_version = {migration.version: migration for migration in migrations}
    applied = [_match(by_version, row) for row in rows]
    wanted = (migration for migration in migrations if not migration.is_optional or migration.name in options)
    pending = next((migration for migration in wanted if migration not in applied), None)
    last = max((migration.number for migration in applied if not migration.is_optional), default=0)
    if pending and pending.number < last:
        raise MigrationGapError(
            f"{pending.file}: not applied, though {last:03} is; "
            f"roll back to {pending.number - 1:03} first, or give the file a number above {last:03}"
        )
    return pending


def _match(migrations: dict[str, Migration], row: ledger.Row) -> Migration:
    migration = migrations.get(row.version)
    if migration is None:
        raise MigrationGapError(
            f"{row.version}_{row.name}: applied to the database, but not in the folder; restore the file"
        )
    if row.differs_from(migration):
        raise ChangedMigrationError(
            f"{migration.file}: changed since it was applied; "
            "restore it as it was, and put the change in a new migration"
        )
    return migration


def _number(version: str) -> float:
    # Another tool's version that is no number has no file here: it sorts last, and is reported as such.
    return int(version) if version.isdecimal() else float("inf")


def _execute(conn: Connection, file: str, statements: Sequence[Statement]) -> None:
    for statement in statements:
        if statement.code is None:
            continue
        try:
            conn.execute(statement.text.encode(), prepare=False)
        except psycopg.Error as exc:
            position = exc.diag.statement_position
            line = statement.line_at(int(position) if position else None)
            raise _failure(f"{file}, line {line}", exc) from exc
    try:
        # What is deferred would fail at the commit, where nothing tells which file is to blame.
        conn.execute("SET CONSTRAINTS ALL IMMEDIATE", prepare=False)
    except psycopg.Error as exc:
        raise _failure(file, exc) from exc


def _failure(where: str, exc: psycopg.Error) -> MigrationFailedError:
    return MigrationFailedError(
        f"{where}: {ledger.message(exc)}; nothing of this file was kept: correct it and run again"
    )
