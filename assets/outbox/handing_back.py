"""Handing back: what has changed of a contractor's imports is written into the outbox.

What belongs here: the order of things. What does not: what stands in the files (`fix_file`, `workbook`, `report`), and
SQL (`store`). A run that dies on the way leaves old files or new ones, and the next one writes them again. A file whose
content would be the same stays as it is: an import may have changed in what no file says.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.outbox import paths, report, store, writing
from assets.outbox.fix_file import CsvWriter
from assets.outbox.workbook import Unholdable, WorkbookWriter, require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from psycopg import Connection

    from assets.outbox.fix_file import Faulty, Table
    from assets.outbox.store import Due


@dataclass(frozen=True, slots=True)
class HandedBack:
    """What was handed back of an import.

    Attributes:
        import_id: The import.
        file: The name of its file.
        to_correct: How many rows its fix file has.
        paths: The files that are there.
        note: Why there is no workbook; None where there is one, or nothing to correct.
    """

    import_id: UUID
    file: str
    to_correct: int
    paths: list[Path]
    note: str | None


def hand_back(conn: Connection[Any], contractor_id: UUID, slug: str, outbox: Path) -> Iterator[HandedBack]:
    """Write anew what has changed of a contractor's imports, the newest first, as many as `store.due` gives.

    Args:
        conn: In autocommit mode.
        contractor_id: Whose imports they are.
        slug: The contractor's folder in the outbox.
        outbox: The outbox.
    """
    writing.clear(outbox / slug, paths.NAMES)
    for of in store.due(conn, contractor_id):
        folder = paths.folder(outbox, slug, of.id)
        rows, why = (0, None) if of.is_rolled_back else _write_fix_files(conn, of, folder)
        if not rows:
            for path in (folder / paths.FIX_FILE, folder / paths.FIX_WORKBOOK):
                path.unlink(missing_ok=True)
        report.renew(conn, of.id, folder)
        store.note(conn, of)
        yield HandedBack(of.id, of.import_name, rows, paths.handed_back(outbox, slug, of.id), why)


def _write_fix_files(conn: Connection[Any], of: Due, folder: Path) -> tuple[int, str | None]:
    """Write the fix file of an import, as CSV and as a workbook; return its rows, and why there is no workbook."""
    table = store.table(conn, of)
    rows = _write_csv(table, store.faulty(conn, of), folder / paths.FIX_FILE)
    if not rows:
        return 0, None
    try:
        _write_workbook(table, store.faulty(conn, of), folder / paths.FIX_WORKBOOK, rows)
    except Unholdable as why:
        (folder / paths.FIX_WORKBOOK).unlink(missing_ok=True)
        return rows, str(why)
    return rows, None


def _write_csv(table: Table, rows: Iterator[Faulty], path: Path) -> int:
    """Write a fix file; return how many rows it has. Where there are none, nothing is written."""
    first = next(rows, None)
    if first is None:
        return 0
    with writing.replacing(path) as file, CsvWriter(file, table) as writer:
        for row in itertools.chain([first], rows):
            writer.write(table.line(row))
        return writer.rows


def _write_workbook(table: Table, rows: Iterator[Faulty], path: Path, number: int) -> None:
    require(len(table.header()), number)
    with (
        writing.temporary_folder(path) as temporary,
        writing.replacing(path) as file,
        WorkbookWriter(file, table, temporary) as writer,
    ):
        for row in rows:
            writer.write(table.line(row))
