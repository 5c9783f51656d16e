"""Reading an Excel workbook: the sheet that fits, its header, and its rows in batches, each exactly once.

What belongs here: which sheet and which of its rows are records. What does not: opening the workbook and cells as text,
which a process of its own does (`sheet_process`), and what a column means (`mapping`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from assets.csv_imports.files.records import FAULTS_SCHEMA, Batch, ReadAs, UnreadableFile
from assets.csv_imports.files.rows import (
    as_stood,
    checked_headers,
    is_total,
    nameless,
    nameless_warning,
    problem,
    several_cells,
)
from assets.csv_imports.files.sheet_process import SheetProcess
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Self

    from assets.csv_imports.files.sheets import Row
    from assets.csv_imports.inbox import InboxFile

MAX_BATCH_CELLS = 4_000_000
MAX_BATCH_CHARACTERS = 32 << 20
MAX_TOTALS = 100
"""Rows below the data that are taken for totals; what stands above so many of them is a record, whatever its name."""


class Workbook:
    """An open workbook whose sheet has been chosen and whose header has been read.

    Args:
        file: The file as it was registered; what is read must still have its hash.
        is_header: Recognises the header among the first rows of a sheet. The first sheet that has one is read; when
            none has, the first with a row of several cells. Hidden sheets come last.

    Raises:
        UnreadableFile: When it is no workbook, holds no table or has no usable header.
        ChangedFile: When it is no longer the one that was registered.
    """

    def __init__(self, file: InboxFile, is_header: Callable[[list[str]], bool] = several_cells) -> None:
        """Open the workbook, choose its sheet and read its header."""
        self._name = file.name
        self._process = SheetProcess(file)
        try:
            tops = [_Top(**line) for line in self._process.until("formulas")]
            chosen = _choose(tops, is_header)
            if chosen is None:
                raise UnreadableFile(f"{file.name} is empty: export it again.")
            sheet, (self._header_line, cells) = chosen
            self.headers = checked_headers(cells, file.name)
            self._unnamed = set(nameless(cells))
            self.read_as = ReadAs({"sheet": sheet, "header_line": self._header_line})
            self._warn(tops, sheet, is_header)
            self._process.ask(sheet)
        except BaseException:
            self._process.close()
            raise

    def __enter__(self) -> Self:
        """Return the open workbook."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the workbook and end the process that reads it."""
        self._process.close()

    def batches(self, size: int, *, last_is_optional: bool) -> Iterator[Batch]:
        """Yield the rows below the header, at most `size` at a time; memory is that of one batch.

        Args:
            size: Records in a batch.
            last_is_optional: Of no consequence: a row of a sheet has all of its cells.

        Raises:
            UnreadableFile: When there are no rows, or the rest of the workbook cannot be read.
        """
        del last_is_optional
        lines = self._process.until("end")
        size = max(1, min(size, MAX_BATCH_CELLS // len(self.headers)))
        number = 0
        totals: list[Row] = []
        for taken in _cut((row for line in lines for row in line["rows"] if row[0] > self._header_line), size):
            records = totals + taken
            totals = []
            while records and len(totals) < MAX_TOTALS and is_total(records[-1][1]):
                totals.insert(0, records.pop())
            for start in range(0, len(records), size):
                yield self._batch(records[start : start + size], number + start)
            number += len(records)
        if number == 0:
            raise UnreadableFile(f"{self._name} has a header but no records: export it again with its rows.")

    def _warn(self, tops: list[_Top], sheet: str, is_header: Callable[[list[str]], bool]) -> None:
        if next(top.hidden for top in tops if top.sheet == sheet):
            self.read_as.warnings.append(
                f'The sheet "{printable(sheet)}" that was read is hidden: make sure that its rows are wanted.'
            )
        others = [printable(top.sheet) for top in tops if top.sheet != sheet and _header_in(top, is_header)]
        if others:
            names = ", ".join(f'"{other}"' for other in others[:10])
            self.read_as.warnings.append(
                f'Only the sheet "{printable(sheet)}" was read; {names} fits as well: send it as a file of its own if '
                "its rows are wanted."
            )
        if self._process.formulas:
            self.read_as.warnings.append(
                f"{self._process.formulas:,} cells hold formulas that were never computed and read as empty: open the "
                "workbook in Excel, save it and send it again."
            )

    def _batch(self, rows: list[Row], before: int) -> Batch:
        width = len(self.headers)
        good: list[tuple[int, int, list[str]]] = []
        faults: list[tuple[int, int, str, str]] = []
        for number, (line, cells) in enumerate(rows, before + 1):
            cells += [""] * (width - len(cells))
            wrong = problem(cells, self.headers)
            if wrong is None:
                good.append((number, line, cells))
            else:
                faults.append((number, line, as_stood(self.headers, cells), wrong))
        self._warn_of_nameless(cells for *_, cells in good)
        columns = zip(*(cells for *_, cells in good), strict=True) if good else [()] * width
        frame = {
            "record_number": pl.Series([number for number, *_ in good], dtype=pl.Int32),
            "line_number": pl.Series([line for _, line, _ in good], dtype=pl.Int32),
        }
        frame |= {f"c{place}": pl.Series(column, dtype=pl.String) for place, column in enumerate(columns)}
        return Batch(pl.DataFrame(frame), pl.DataFrame(faults, schema=FAULTS_SCHEMA, orient="row"))

    def _warn_of_nameless(self, rows: Iterable[list[str]]) -> None:
        if self._unnamed:
            filled = {place for cells in rows for place in self._unnamed if cells[place].strip()}
            self.read_as.warnings += [nameless_warning(place, self.headers[place]) for place in sorted(filled)]
            self._unnamed -= filled


def _cut(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Yield rows together, at most `size` of them and not many more characters than `MAX_BATCH_CHARACTERS`."""
    taken: list[Row] = []
    characters = 0
    for row in rows:
        taken.append(row)
        characters += sum(map(len, row[1]))
        if len(taken) >= size or characters >= MAX_BATCH_CHARACTERS:
            yield taken
            taken, characters = [], 0
    if taken:
        yield taken


class _Top(NamedTuple):
    """The name of a sheet and its first rows."""

    sheet: str
    hidden: bool
    top: list[Row]


def _choose(tops: list[_Top], is_header: Callable[[list[str]], bool]) -> tuple[str, Row] | None:
    """Return the sheet that is read, and its header."""
    for fits in (is_header, several_cells, any):
        for top in tops:
            if header := _header_in(top, fits):
                return top.sheet, header
    return None


def _header_in(top: _Top, fits: Callable[[list[str]], bool]) -> Row | None:
    """Return the first row of a sheet that fits."""
    return next((row for row in top.top if fits([cell.strip() for cell in row[1]])), None)
