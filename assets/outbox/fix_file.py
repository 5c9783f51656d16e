"""The fix file of an import: the rows that need work, as their file had them, and what to do with each.

What belongs here: what stands in the cells, and the file as CSV. What does not: the form that both ways share
(`assets.fix_files`), the same as a workbook (`workbook`), and which rows need work (`store`).
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from assets import fix_files

if TYPE_CHECKING:
    from typing import Self
    from uuid import UUID

# The end of every message that judging gives a row: what to do, and where.
_ACTION = re.compile(r"(?P<problem>.*[.?!]) (?P<action>.+?) in row [0-9]+ and send the fix file\.", re.DOTALL)
_CORRECT = "Correct the row"
_AS_IT_STANDS = f" If the row is right as it stands, empty its cell {fix_files.PROBLEM} first."


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the import's file: its number from 1, its header, and the fields of Coperniq that it feeds."""

    number: int
    header: str
    fields: set[str]


@dataclass(frozen=True, slots=True)
class Faulty:
    """A row that needs work.

    Attributes:
        number: Its number.
        data: Its cells as they stood, by header.
        message: What is wrong with it.
        fields: Of Coperniq, that are wrong or missing; None where the row could not be split into its columns.
    """

    number: int
    data: dict[str, Any]
    message: str
    fields: list[str] | None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a fix file.

    Attributes:
        cells: One for each of its columns.
        problem: What is wrong.
        marked: The places of the cells that are: of the one that says so, where it is none of the contractor's.
    """

    cells: list[str]
    problem: str
    marked: list[int]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a fix file.

    Attributes:
        import_id: Whose rows it has.
        columns: Of the import's file, in their order.
        beyond: How many columns there are besides, for cells that stood beyond the last one.
        delimiter: Of the import's file; None for a workbook.
    """

    import_id: UUID
    columns: list[Column]
    beyond: int
    delimiter: str | None

    def header(self) -> list[str]:
        """Return the header: the contractor's columns as they were called, then the fix file's own."""
        # What has no name is known by its place, on the way back as on the way here.
        named = ["" if column.header == fix_files.beyond(column.number) else column.header for column in self.columns]
        return [*map(fix_files.defused_header, named), *self._beyond(), *fix_files.COLUMNS]

    def line(self, row: Faulty) -> Line:
        """Return a row as the fix file has it."""
        names = [*(column.header for column in self.columns), *self._beyond()]
        problem, action = _told(row.message)
        to_do = f"{action}, then send this file back.{_AS_IT_STANDS if row.fields is None else ''}"
        own = [fix_files.reference(row.number, self.import_id), problem, to_do]
        cells = [fix_files.defused(cell) for cell in (*(_text(row.data.get(name, "")) for name in names), *own)]
        wrong = row.fields or [name for column in self.columns for name in column.fields if f"{name}: " in row.message]
        marked = [place for place, column in enumerate(self.columns) if column.fields.intersection(wrong)]
        return Line(cells, problem, marked or [len(names) + fix_files.COLUMNS.index(fix_files.PROBLEM)])

    def _beyond(self) -> list[str]:
        width = len(self.columns)
        return [fix_files.beyond(number) for number in range(width + 1, width + self.beyond + 1)]


class CsvWriter:
    """Writes a fix file as Excel opens it: UTF-8 with a mark that says so, CRLF, the delimiter of the import's file.

    Args:
        file: Where to.
        table: Its columns.

    Attributes:
        rows: How many rows it has written.
    """

    def __init__(self, file: IO[bytes], table: Table) -> None:
        """Write the header."""
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        # A cell in quotes keeps the spaces at its beginning, whatever follows them.
        self._rows = csv.writer(
            self._text, delimiter=";" if table.delimiter == ";" else ",", lineterminator="\r\n", quoting=csv.QUOTE_ALL
        )
        self._rows.writerow(table.header())
        self.rows = 0

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hand on what is written; the file stays open."""
        self._text.flush()
        self._text.detach()

    def write(self, line: Line) -> None:
        """Write a row."""
        self._rows.writerow(line.cells)
        self.rows += 1


def _told(message: str) -> tuple[str, str]:
    """Return what is wrong with a row, and what to do about it."""
    found = _ACTION.fullmatch(message)
    return (found["problem"], found["action"]) if found else (message, _CORRECT)


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
