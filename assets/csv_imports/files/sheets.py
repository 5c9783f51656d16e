"""Reading the sheets of a workbook in a process of its own, as lines of JSON.

What belongs here: what calamine gives, as text. What does not: which sheet is wanted, headers and records
(`workbooks`). A few hundred bytes of a workbook can ask calamine for any amount of memory (two cells at opposite
corners of a sheet, a long text used by a million cells), and it aborts its process when it gets none: so this process
is small, has limits that the kernel keeps, and takes nothing with it.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
import tempfile
from itertools import islice
from typing import TYPE_CHECKING, Any

import python_calamine as calamine

from assets.csv_imports.files import archives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO, TextIO

MAX_MEMORY = 3 << 29
"""Bytes of address space: a full sheet (1,048,576 rows) of 11 columns holds 1 GB."""
MAX_SECONDS = 120
"""Of processor time: a full sheet takes 20."""
MAX_SHEETS = 100
"""How many sheets of a workbook are looked at."""
MAX_ROW = 16 << 20
"""Characters of a row, and of all the rows that are looked at for a header; Excel has 32,767 for a cell."""
TOP_ROWS = 20
"""How many rows with something in them are shown of each sheet, to look for its header."""
_LINE_CELLS = 20_000
_LINE_CHARACTERS = 1 << 20
_WHOLE = 1e16
"""From here on floats are not written out in full by `repr` either."""

TOO_LARGE = f"takes more than {MAX_MEMORY >> 20:,} MB of memory to read: split it, or save it as CSV."

WIDE = f"has rows of more than {MAX_ROW:,} characters: shorten them."
TOO_LONG = f"takes more than {MAX_SECONDS} seconds to read: split it, or save it as CSV."
DAMAGED = archives.DAMAGED

Row = tuple[int, list[str]]
Value = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


def limit() -> None:
    """Bound what this process may use."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(file: BinaryIO, questions: TextIO, answers: TextIO) -> None:
    """Write what a workbook holds, a JSON object a line: its sheets, and then the rows of the one that is asked for.

    Lines are `{"sheet", "hidden", "top"}` for each sheet that holds something, the visible ones first; `{"formulas"}`,
    how many were never computed; then, once a sheet's name was read from `questions`, `{"rows"}` until `{"end"}`. A
    line `{"refused"}` ends them early. A row is its number, from 1, and its cells.
    """

    def say(**line: Any) -> None:
        answers.write(json.dumps(line, separators=(",", ":")) + "\n")

    try:
        contents = archives.check(file)
        with _opened(file, contents) as workbook:
            held = _show_tops(workbook, say)
            say(formulas=contents.formulas)
            answers.flush()
            if wanted := questions.readline():
                name = json.loads(wanted)
                if held and held[0].name != name:
                    held.clear()
                for some in _in_lines(rows(held[0] if held else workbook.get_sheet_by_name(name))):
                    say(rows=some)
                say(end=True)
    except archives.RefusedArchive as refused:
        say(refused=str(refused))
    except MemoryError:
        say(refused=TOO_LARGE)
    except calamine.CalamineError:
        say(refused=DAMAGED)


def _show_tops(workbook: calamine.CalamineWorkbook, say: Callable[..., None]) -> list[calamine.CalamineSheet]:
    """Say of each sheet that holds something how it begins; give back the last of all, which is still in memory."""
    held: list[calamine.CalamineSheet] = []
    characters = 0
    for meta in _in_order(workbook.sheets_metadata)[:MAX_SHEETS]:
        held.clear()
        held.append(workbook.get_sheet_by_name(meta.name))
        top = list(islice(rows(held[0]), TOP_ROWS))
        characters += sum(map(_characters, top))
        if characters > MAX_ROW:
            raise archives.RefusedArchive(WIDE)
        if top:
            say(sheet=meta.name, hidden=meta.visible != calamine.SheetVisibleEnum.Visible, top=top)
    return held


def _characters(row: Row) -> int:
    return sum(map(len, row[1]))


def _opened(file: BinaryIO, contents: archives.Contents) -> calamine.CalamineWorkbook:
    if contents.with_errors:
        with tempfile.TemporaryFile() as copy:
            archives.with_errors_as_text(file, contents, copy)
            copy.seek(0)
            return calamine.load_workbook(copy)
    file.seek(0)
    return calamine.load_workbook(file)


def _in_order(sheets: list[calamine.SheetMetadata]) -> list[calamine.SheetMetadata]:
    """Give the sheets that have cells, the hidden ones last."""
    with_cells = [sheet for sheet in sheets if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    return sorted(with_cells, key=lambda sheet: sheet.visible != calamine.SheetVisibleEnum.Visible)


def rows(sheet: calamine.CalamineSheet) -> Iterator[Row]:
    """Yield the rows that hold something, each with its number in the sheet and without empty cells at its end."""
    if sheet.start is None:
        return
    for number, values in enumerate(sheet.iter_rows(), 1):
        cells = [value if isinstance(value, str) else shown(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def shown(value: Value) -> str:
    """Write a cell's value as text: no digit lost, no country's order of day and month, no `.0`.

    A duration is rounded to the second.
    """
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return str(int(value)) if value == value // 1 and abs(value) < _WHOLE else repr(value)
        case dt.datetime():
            return str(value).removesuffix(" 00:00:00")
        case dt.timedelta():
            return _duration(value)
        case _:
            return str(value)


def _duration(value: dt.timedelta) -> str:
    """Write hours beyond a day as hours, as Excel does."""
    seconds = value.total_seconds()
    whole = abs(round(seconds))
    return f"{'-' if seconds < 0 else ''}{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _in_lines(all_rows: Iterable[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    cells = characters = 0
    for row in all_rows:
        some.append(row)
        cells += len(row[1])
        size = _characters(row)
        if size > MAX_ROW:
            raise archives.RefusedArchive(WIDE)
        characters += size
        if cells >= _LINE_CELLS or characters >= _LINE_CHARACTERS:
            yield some
            some, cells, characters = [], 0, 0
    if some:
        yield some


def main() -> None:
    """Answer on the standard streams about the workbook whose descriptor is named by the last argument."""
    limit()
    with open(int(sys.argv[-1]), "rb") as file:  # noqa: PTH123 - a descriptor has no path
        answer(file, sys.stdin, sys.stdout)
    sys.stdout.flush()
