"""Importing: a contractor's files become imports, and the records of an import become rows.

What belongs here: the order of things and what happens when a file fails. What does not: reading, mapping, judging
and SQL, which are modules of their own, and Dagster.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from assets import catalogue
from assets.csv_imports import inbox, store
from assets.csv_imports.inbox import InboxError, InboxFile
from assets.csv_imports.judging import Judge
from assets.csv_imports.mapping import UnmappableFile, fits, map_headers
from assets.csv_imports.reading import ChangedFile, CsvFile, UnreadableFile
from assets.database import foreseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.store import Import

BATCH_RECORDS = 20_000
PROGRESS_SECONDS = 5.0
ROW_REFUSED = ("22", "23", "54")
"""Classes of SQLSTATE that speak of the data itself: data exception, constraint, program limit."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a file when it was looked at.

    Attributes:
        file: Its name.
        import_id: Of the import that holds its content; None where there is none.
        outcome: `new`, `resumed` (an interrupted import goes on), `already imported`, `failed before`, `failed`, or
            `passed over` (no CSV file).
        note: In words, where there is something to say.
    """

    file: str
    import_id: UUID | None
    outcome: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """How many records of an import have which status, or why it failed."""

    import_id: UUID
    file: str
    records: int
    seconds: float
    failure: str | None = None


def register_files(
    conn: Connection[Any], contractor_id: UUID, root: Path, paths: Iterable[Path], by: str, *, retry: bool
) -> list[Registered]:
    """Register each file once, by its content and type.

    Args:
        conn: In autocommit mode.
        contractor_id: Whose files they are.
        root: The inbox, which the recorded paths are relative to.
        paths: The files, in the order in which they are to be read.
        by: Who imports.
        retry: Whether content that failed before is tried again, as a new import.
    """
    registered: list[Registered] = []
    for path in paths:
        found = _register(conn, contractor_id, root, path, by, retry=retry)
        if found.outcome == "resumed" and any(earlier.import_id == found.import_id for earlier in registered):
            # The same content twice in one inbox: the first of the two stands for both.
            first = next(earlier.file for earlier in registered if earlier.import_id == found.import_id)
            found = Registered(found.file, found.import_id, "already imported", f"as {first}")
        registered.append(found)
    return registered


def _register(
    conn: Connection[Any], contractor_id: UUID, root: Path, path: Path, by: str, *, retry: bool
) -> Registered:
    try:
        file = inbox.inspect(path)
    except InboxError as error:
        return Registered(inbox.printable(path.name), None, "failed", str(error))
    record_type = inbox.type_of(path.name)
    known = store.find_by_hash(conn, contractor_id, file, record_type.name if record_type else None)
    source = str(path.relative_to(root)) if path.is_relative_to(root) else str(path.absolute())
    if known is not None and not (known.status == "failed" and (retry or known.again)):
        if known.unfinished and not (root / (known.source_path or "")).is_file():
            store.relocate(conn, known.id, source)
        return _known(known, file)
    if record_type is None:
        names = ", ".join(f"{known_type.name}.csv" for known_type in catalogue.TYPES)
        reason = f"{file.name} fits no type: name it after what it holds ({names})."
        return Registered(
            file.name, store.register_failed(conn, contractor_id, file, source, by, reason), "failed", reason
        )
    import_id = store.register(conn, contractor_id, file, record_type, source, by)
    if import_id is None:
        return Registered(file.name, None, "already imported", "another run is importing it")
    return Registered(file.name, import_id, "new")


def _known(known: Import, file: InboxFile) -> Registered:
    if known.status == "failed":
        return Registered(file.name, known.id, "failed before", known.reason)
    if known.unfinished:
        return Registered(file.name, known.id, "resumed")
    other = None if known.import_name == file.name else f"as {known.import_name}"
    return Registered(file.name, known.id, "already imported", other)


def read_import(
    conn: Connection[Any], contractor_id: UUID, root: Path, found: Import, say: Callable[[str], None]
) -> Contents:
    """Read an import's file into `csv_import_records`: all of its rows in one transaction, or none and the reason.

    A run that dies on the way leaves no row and an unfinished import, which the next run reads from the start.
    """
    began = time.monotonic()
    try:
        records = _read(conn, contractor_id, root, found, say)
    except (InboxError, UnreadableFile, UnmappableFile) as error:
        store.fail(conn, found.id, str(error), again=isinstance(error, InboxError | ChangedFile))
        say(f"{found.import_name} failed: {error}")
        return Contents(found.id, found.import_name, 0, time.monotonic() - began, str(error))
    except psycopg.Error as error:
        if (error.sqlstate or "")[:2] not in ROW_REFUSED:
            raise
        # One file that the database refuses must not hold up the contractor's others, now and at every run.
        reason = str(foreseen(error))
        store.fail(conn, found.id, reason, again=False)
        say(f"{found.import_name} failed: {reason}")
        return Contents(found.id, found.import_name, 0, time.monotonic() - began, reason)
    return Contents(found.id, found.import_name, records, time.monotonic() - began)


def _read(conn: Connection[Any], contractor_id: UUID, root: Path, found: Import, say: Callable[[str], None]) -> int:
    record_type = catalogue.BY_NAME[found.coperniq_type or ""]
    store.set_status(conn, found.id, "validating")
    registered = InboxFile(root / (found.source_path or ""), found.file_size_bytes, found.file_hash)
    with CsvFile(registered, partial(fits, record_type)) as file:
        mapping = map_headers(record_type, file.headers)
        store.set_status(conn, found.id, "processing")
        judge = Judge(mapping)
        records = 0
        said = time.monotonic()
        with conn.transaction():
            store.write_mapping(conn, found.id, record_type, mapping.rows())
            writer = store.RecordWriter(conn, found.id)
            for batch in file.batches(BATCH_RECORDS, last_is_optional=mapping.last_is_optional()):
                writer.write(judge.judge(batch))
                records += len(batch)
                if time.monotonic() - said > PROGRESS_SECONDS:
                    said = time.monotonic()
                    say(f"{found.import_name}: {records:,} records read")
            store.finish(conn, found.id, contractor_id, record_type, [asdict(cause) for cause in judge.causes.values()])
    return records
