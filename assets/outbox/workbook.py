"""The fix file as a workbook: the faulty cells coloured, each with a comment that says what is wrong.

What belongs here: how it looks, and what a workbook cannot hold. What does not: what stands in its cells (`fix_file`).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import IO, TYPE_CHECKING

import xlsxwriter

from assets.errors import PipelineError

if TYPE_CHECKING:
    from typing import Self

    from assets.outbox.fix_file import Line, Table

MAX_ROWS = 50_000
"""Rows of a workbook that people still can work with: each has a comment, and Excel draws all of them."""
MAX_COLUMNS = 16_384
MAX_CELL = 32_767
"""Characters of a cell, as Excel counts them: two for one beyond the basic plane."""
WIDTH = 18
WIDE = 60
_UNWRITABLE = re.compile("[\ufffe\uffff]")
_OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip
_NO_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""What a workbook says of when it was made: the same rows are the same bytes."""
_COMMENT = {"x_scale": 2.0, "y_scale": 1.2}


class Unholdable(PipelineError):
    """Say why the rows are in no workbook."""


class WorkbookWriter:
    """Writes a fix file as a workbook; every cell is text.

    Args:
        file: Where to.
        table: Its columns.
        temporary: A folder for what is written on the way.

    Raises:
        Unholdable: When no workbook holds a header.
    """

    def __init__(self, file: IO[bytes], table: Table, temporary: str) -> None:
        """Write the header."""
        self._book = xlsxwriter.Workbook(file, {**_OPTIONS, "tmpdir": temporary})
        self._book.set_properties({"created": _NO_TIME})
        self._sheet = self._book.add_worksheet("To correct")
        self._plain = self._book.add_format({"num_format": "@"})
        self._faulty = self._book.add_format({"num_format": "@", "bg_color": "#FFC7CE"})
        self._rows = 0
        header = table.header()
        self._sheet.set_column(0, len(header) - 1, WIDTH, self._plain)
        self._sheet.set_column(len(header) - 2, len(header) - 1, WIDE, self._plain)
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"num_format": "@", "bold": True})
        for place, name in enumerate(header):
            self._sheet.write_string(0, place, _held(name), bold)

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Put the workbook together, also one that is thrown away: its temporary files are closed with it."""
        self._book.close()

    def write(self, line: Line) -> None:
        """Write a row.

        Raises:
            Unholdable: When no workbook holds one of its cells.
        """
        self._rows += 1
        for place, cell in enumerate(line.cells):
            wanted = self._faulty if place in line.marked else self._plain
            self._sheet.write_string(self._rows, place, _held(cell), wanted)
        for place in line.marked:
            self._sheet.write_comment(self._rows, place, line.problem[:MAX_CELL], _COMMENT)


def require(columns: int, rows: int) -> None:
    """Refuse a workbook of more columns or rows than it may have.

    Raises:
        Unholdable: For these.
    """
    if columns > MAX_COLUMNS:
        raise Unholdable(f"it has more than the {MAX_COLUMNS:,} columns of a sheet")
    if rows > MAX_ROWS:
        raise Unholdable(f"it has more than {MAX_ROWS:,} rows")


def _held(cell: str) -> str:
    if len(cell) > MAX_CELL // 2 and len(cell.encode("utf-16-le")) // 2 > MAX_CELL:
        raise Unholdable(f"a cell is longer than {MAX_CELL:,} characters")
    if _UNWRITABLE.search(cell):
        raise Unholdable("a cell holds a character that XML has not")
    return cell
