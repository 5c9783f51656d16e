"""Importing: the records of a registered import become rows.

What belongs here: the order of things and what happens when a file fails. What does not: registering, reading, mapping,
judging and SQL, which are modules of their own, and Dagster.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl
import psycopg

from assets import catalogue
from assets.csv_imports import attempts, choices, correcting, repeating, replays, settling, store
from assets.csv_imports.columns import Columns
from assets.csv_imports.copying import copy_all
from assets.csv_imports.files.reading import open_file
from assets.csv_imports.files.records import ChangedFile, UnreadableFile, gathered
from assets.csv_imports.inbox import InboxError, InboxFile
from assets.csv_imports.judging.judge import Judge
from assets.csv_imports.judging.orders import decide_orders, undecided
from assets.csv_imports.judging.sites import SiteJudge
from assets.csv_imports.mapping import overrides
from assets.csv_imports.mapping.decision import UnmappableFile
from assets.csv_imports.suspects import Suspects
from assets.database import foreseen
from assets.errors import PipelineError, place
from assets.progress import Progress, nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.copying import Connect
    from assets.csv_imports.files.records import Batch, RecordFile
    from assets.csv_imports.inbox import Inbox
    from assets.csv_imports.judging.attempts import AttemptJudge
    from assets.csv_imports.judging.replays import ReplayJudge
    from assets.csv_imports.mapping.decision import Mapping
    from assets.csv_imports.store import Import
    from assets.progress import Tell
    from assets.record_types import RecordType

    AnyJudge = Judge | SiteJudge | AttemptJudge | ReplayJudge

BATCH_RECORDS = 20_000
MOST_READINGS = 10
"""Of an import that no run has read to its end: then it is the file that ends them."""
ROW_REFUSED = ("22", "23", "54")
"""Classes of SQLSTATE that speak of the data itself: data exception, constraint, program limit."""


class EndlessImport(PipelineError):
    """Whatever reads the file dies of it, or that is how it looks."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the records of an import come from, and what their columns mean.

    Attributes:
        record_type: Of the import.
        open: Opens the records; a second time, where the order of dates is to be found first.
        map: Decides which column feeds which field, from the headers.
        map_contacts: The same for the contacts whose sites the import takes; gives None for another import.
        judge: Gives what judges the records, made of what judges those of any file, and the headers.
    """

    record_type: RecordType
    open: Callable[[], RecordFile]
    map: Callable[[list[str]], Mapping]
    map_contacts: Callable[[list[str]], Mapping | None] = lambda _: None
    judge: Callable[[Judge | SiteJudge, list[str]], AnyJudge] = lambda judge, _: judge


@dataclass(frozen=True, slots=True)
class Contents:
    """How many records of an import have which status, or why it failed."""

    import_id: UUID
    file: str
    records: int
    seconds: float
    failure: str | None = None


def read_import(
    conn: Connection[Any],
    contractor_id: UUID,
    inbox: Inbox,
    found: Import,
    say: Callable[[str], None],
    connect: Connect | None = None,
    date_order: str | None = None,
    mappings: Path | None = None,
    tell: Tell = nobody,
    *,
    corrects: bool = True,
) -> Contents:
    """Read an import's file into `csv_import_records` and enter what is to be sent; no row, where it fails.

    A run that dies on the way leaves an import that the next run completes: one that is not settled is read from the
    start, without the rows that were written; one that is settled is entered.

    Args:
        conn: In autocommit mode.
        contractor_id: Whose import it is.
        inbox: The inbox.
        found: The import.
        say: Takes lines of progress.
        connect: Opens connections to write a large file on, several at once; None to write it on `conn`.
        date_order: `MDY` or `DMY` for columns whose dates could be either; None to ask for it.
        mappings: The folder of the contractor's override files; None for none.
        tell: Is told how far it is.
        corrects: Whether it is written down what its rows put right of earlier imports.
    """
    began = time.monotonic()
    records, failure, settled = 0, None, not found.unfinished
    repeats = replays.sealed(conn, found.id)
    try:
        if not settled:
            if found.readings >= MOST_READINGS:
                raise EndlessImport(
                    f"{found.import_name} was begun {found.readings} times, and no run has read it to its end: split"
                    " it, or give the machine more memory; then import it by its name."
                )
            columns = Columns(conn, contractor_id, partial(overrides.load, mappings))
            with _source(found, inbox, columns, repeats) as source:
                records = read_records(
                    conn, contractor_id, found, source, say, connect, date_order, tell, corrects=corrects
                )
            settled = True
        with conn.transaction():
            settling.enter(
                conn, found.id, contractor_id, catalogue.BY_NAME[found.coperniq_type or ""],
                corrects=corrects, keeps_records=replays.keeps_records(conn, found.id),
            )  # fmt: skip
    except Exception as error:
        # One file must not hold up the contractor's others, now and at every run.
        blamed = _blamed(error, found.import_name)
        if blamed is None:
            raise
        failure, again = blamed
        store.fail(conn, found.id, failure, again=again, settled=settled)
    if failure:
        say(f"{found.import_name} failed: {failure}")
        records = 0
    return Contents(found.id, found.import_name, records, time.monotonic() - began, failure)


@contextlib.contextmanager
def _source(
    found: Import, inbox: Inbox, columns: Columns, repeats: replays.Sealed | None
) -> Generator[Source, None, None]:
    """Give the source of an import: its file; of a fix file, what its rows came from; of a replay, stored rows."""
    if repeats is not None and found.parent_import_id is not None:
        parent_id = found.parent_import_id
        yield repeated(repeating.of_import(columns.conn, columns.contractor_id, parent_id, repeats), columns)
        return
    record_type = catalogue.BY_NAME[found.coperniq_type or ""]
    with inbox.at(found.source_path or "") as path:
        file = InboxFile(path, found.file_size_bytes, found.file_hash)
        if found.parent_import_id is None:
            plan = columns.plan(record_type, found.source_path or "")
            yield Source(record_type, lambda: open_file(file, plan.is_header), plan.map, plan.map_contacts)
        else:
            correction = correcting.of_import(columns.conn, columns.contractor_id, found.parent_import_id, file)
            plan = correction.plan(columns)
            yield Source(record_type, correction.open, plan.map, plan.map_contacts, correction.judge)


def repeated(repetition: repeating.Repetition, columns: Columns) -> Source:
    """Return the source of a replay.

    Raises:
        OverrideError: When a mapping file is wrong.
    """
    plan = repetition.plan(columns)
    return Source(plan.record_type, repetition.open, plan.map, plan.map_contacts, repetition.judge)


def mapped(source: Source, headers: list[str], date_order: str | None = None) -> Mapping:
    """Decide what the columns of a source are, and from all of its records the order of their dates.

    Raises:
        UnmappableFile: When nothing can fill a required field, or the order of dates is to be stated.
    """
    mapping = source.map(headers)
    if undecided(mapping):
        with source.open() as first:
            batches = first.batches(BATCH_RECORDS, last_is_optional=mapping.last_is_optional())
            decide_orders(mapping, batches, date_order)
    return mapping


def _blamed(error: Exception, name: str) -> tuple[str, bool] | None:
    """Return why a file failed and whether the same content may come again; None for what is not the file's fault."""
    if isinstance(error, InboxError | UnreadableFile | UnmappableFile | overrides.OverrideError | EndlessImport):
        return str(error), isinstance(error, InboxError | ChangedFile | overrides.OverrideError)
    if isinstance(error, psycopg.Error):
        return (str(foreseen(error)), False) if _is_the_files(error) else None
    if isinstance(error, PipelineError | OSError | MemoryError):
        return None
    return f"{name} met a fault of the pipeline ({place(error)}): report it, then import the file by its name.", False


def _is_the_files(error: psycopg.Error) -> bool:
    # Two records of a file never have one number: a row that is there already is another run's.
    return (error.sqlstate or "")[:2] in ROW_REFUSED and not isinstance(error, psycopg.errors.UniqueViolation)


def read_records(
    conn: Connection[Any],
    contractor_id: UUID,
    found: Import,
    source: Source,
    say: Callable[[str], None],
    connect: Connect | None = None,
    date_order: str | None = None,
    tell: Tell = nobody,
    *,
    corrects: bool = True,
) -> int:
    """Read the records of a source into an import's rows, judge and settle them; return how many they are.

    Args:
        conn: In autocommit mode, or, with no `connect`, in a transaction that is to hold all of it.
        contractor_id: Whose import it is.
        found: The import; where another run has read it meanwhile, nothing is done.
        source: Of its records.
        say: Takes lines of progress.
        connect: Opens connections to write many records on, several at once; None to write them on `conn`.
        date_order: As for `read_import`.
        tell: Is told how far it is.
        corrects: As for `read_import`.
    """
    with conn.transaction():
        if not store.begin(conn, found.id):
            return 0
    with source.open() as file:
        mapping = mapped(source, file.headers, date_order)
        with conn.transaction():
            store.process(conn, found.id)
        with conn.transaction():
            if not store.hold(conn, found.id):
                return 0
            choices.write(conn, found.id, source.record_type, mapping.rows())
            contacts = source.map_contacts(file.headers)
            judge = SiteJudge(Judge(mapping), Judge(contacts)) if contacts else Judge(mapping)
            reading = _Reading(source.judge(judge, file.headers), found, tell)
            batches = file.batches(BATCH_RECORDS, last_is_optional=mapping.last_is_optional())
            copy_all(conn, connect, found.id, map(reading.take, gathered(batches, BATCH_RECORDS)))
            judged = settling.Judged(
                reading.records, reading.failed, [asdict(cause) for cause in reading.judge.causes.values()],
                file.read_as.details | ({"override": mapping.override} if mapping.override else {}),
                [*mapping.notes, *file.read_as.warnings], reading.suspects.record_numbers(),
            )  # fmt: skip
            is_fix_file = found.parent_import_id is not None
            settling.settle(conn, found.id, contractor_id, source.record_type, judged, is_fix_file=is_fix_file)
            if corrects and is_fix_file:
                attempts.correct(conn, found.id)
    for warning in judged.warnings:
        say(f"{found.import_name}: {warning}")
    return reading.records


@dataclass(slots=True)
class _Reading:
    """Judges the batches of a file, counts them, and tells how far it is."""

    judge: AnyJudge
    found: Import
    tell: Tell
    suspects: Suspects = field(default_factory=Suspects)
    records: int = 0
    failed: int = 0
    began: float = field(default_factory=time.monotonic)

    def take(self, batch: Batch) -> pl.DataFrame:
        judged = self.judge.judge(batch)
        self.suspects.take(judged)
        self.records += len(batch)
        self.failed += int(judged["status"].eq("error").sum())
        total = self._total(batch)
        self.tell(Progress(self.found.import_name, "read", self.records, self.began, total, is_guess=True))
        return judged

    def _total(self, batch: Batch) -> int | None:
        """Guess how many records the file has, from the size of these; a workbook is compressed, so it says nothing."""
        if not len(batch.cells) or self.found.import_name.casefold().endswith(".xlsx"):
            return None
        widths = batch.cells.select(pl.sum_horizontal(pl.selectors.string().str.len_bytes().fill_null(0) + 1).mean())
        return max(self.records, round(self.found.file_size_bytes / (widths.item() or 1)))
