"""The form of a fix file, which the outbox writes and an import reads: its own columns, and cells that no program runs.

What belongs here: what both must say alike, so that a file comes back as it went out. What does not: which rows it has
(`outbox`), and what becomes of them when they come back (`csv_imports`).

A cell that Excel or another program would take for a formula gets an apostrophe before it; so does one that looks like
such a cell with apostrophes before it. On the way back exactly one is taken away. A column of the contractor that is
named like one of the fix file's own is told apart in the same way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable

ROW, PROBLEM, TO_DO = COLUMNS = ("_row", "_problem", "_what_to_do")
"""The fix file's own columns: which row of which import, what is wrong with it, and what to do."""
MARK = TO_DO
"""What no other file has: with this column it is a fix file, even where it names no row."""
FORMULA = r"'*[=+\-@\t\r\n＝＋－＠]"
"""What a cell begins with that is taken for a formula, or was and has been defused."""
DEFUSED = f"^'({FORMULA})"
"""The beginning of a cell as it is handed back: the same without its first apostrophe is what stood there."""

_FORMULA = re.compile(FORMULA)
_DEFUSED = re.compile(DEFUSED)
_OWN = re.compile(rf"'*(?:{'|'.join(COLUMNS)}|\(column [0-9]+\))")
_REFERENCE = re.compile(r"\s*([1-9][0-9]{0,8})\s+of\s+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s*", re.IGNORECASE)


class Reference(NamedTuple):
    """A row of an import, by its number."""

    number: int
    import_id: UUID


def defused(cell: str) -> str:
    """Return a cell as it is handed back: no program takes it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """Return what stood in a cell before it was handed back."""
    return cell[1:] if _DEFUSED.match(cell) else cell


def defused_header(header: str) -> str:
    """Return a column's name as it is handed back: neither a formula nor a name that handing back gives itself."""
    return f"'{header}" if _OWN.fullmatch(header) else defused(header)


def restored_header(header: str) -> str:
    """Return the name that a column had before it was handed back."""
    return header[1:] if header.startswith("'") and _OWN.fullmatch(header) else restored(header)


def is_header(cells: Iterable[str]) -> bool:
    """Say whether a row may be the header of a fix file: some other files have a column `_row`, too."""
    return not {ROW, MARK}.isdisjoint(cells)


def reference(record_number: int, import_id: UUID) -> str:
    """Name a row, for the cell in which it survives whatever is done to the file."""
    return f"{record_number} of {import_id}"


def parsed(text: str) -> Reference | None:
    """Return the row that a cell names; None where it names none."""
    found = _REFERENCE.fullmatch(text)
    return Reference(int(found[1]), UUID(found[2])) if found else None


def beyond(number: int) -> str:
    """Name the column, by its number from 1, of cells that stand beyond the last column of their file."""
    return f"(column {number})"
