"""What a rollback left, as a file of the outbox: a line for each record.

What belongs here: the file. What does not: which records those are, why they were left and what to do (`coperniq`).
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from assets.fix_files import defused
from assets.outbox import paths
from assets.outbox.writing import replacing
from assets.text import UNSTORABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def write(folder: Path, columns: Sequence[str], records: Iterable[Sequence[object]]) -> Path | None:
    """Write what a rollback left into an import's folder; return the file, or None where nothing was left.

    The file of an earlier rollback gives way, whole. Cells that a program would take for formulas are defused.
    """
    path, lines = folder / paths.ROLLBACK, iter(records)
    first = next(lines, None)
    if first is None:
        path.unlink(missing_ok=True)
        return None
    with replacing(path) as file:
        # Excel takes a file without the mark for one of its own encoding.
        text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerow(_cells(first))
        writer.writerows(map(_cells, lines))
        text.detach()
    return path


def _cells(record: Sequence[object]) -> list[str]:
    return [defused(UNSTORABLE.sub("", "" if value is None else str(value))) for value in record]
