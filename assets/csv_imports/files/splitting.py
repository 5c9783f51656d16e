"""Splitting a text into records one by one, with care: a record that cannot be split costs itself and nothing else.

What belongs here: where a record begins and ends, the faulty ones above all. What does not: the grammar of a cell
(`dialects`), and the records that are proven to be one line each, which are split all at once (`proving`).

Quotes are believed as far as they make sense. A quoted cell may hold line breaks, but the record is a faulty one where
the quote is not closed within `MAX_RECORD` characters, where something else than a delimiter follows it, where the
record over several lines has the wrong number of cells, or where the lines in its quotes are rows by themselves, which
nobody types into a cell. A faulty record is its first line alone; or, where a quote is open at its end, all lines down
to the one that closes it, if that comes within `MAX_FAULT_LINES` and before any line with the header's number of cells.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from assets.csv_imports.files.dialects import Dialect, Split, Unsplit
from assets.csv_imports.files.lines import Lines

MAX_RECORD = 16 << 20
"""Characters of a record; a longer one is kept to this length, as an error."""
MAX_FAULT_LINES = 100
ROWS_EVIDENCE = 10
"""How many delimiters stand by chance where they would if lines in quotes were rows."""
ROWS_SHARE = 0.75
"""How many of the lines are then rows."""
ROWS_LINES = 1000
"""How many of the lines are looked at."""

TOO_LONG = f"The row is longer than {MAX_RECORD:,} characters. Shorten it."
UNCLOSED = "The row has a quote that is not closed. Close or remove the quote."
STRAY = "The row has a quote in the middle of a quoted cell. Double or remove the quote."


class Record(NamedTuple):
    """What stands at some lines of a text.

    Attributes:
        line: The place of its first line.
        end: The place of the line behind it.
        cells: Its cells; of one that cannot be split, what stands between its delimiters.
        fault: Why it cannot be split.
    """

    line: int
    end: int
    cells: list[str]
    fault: str | None = None


class Splitter:
    """Splits the records of one text.

    Args:
        dialect: How cells are written.
        width: How many cells the header has.
        last_is_optional: Whether a record may leave out its last cell.
    """

    def __init__(self, dialect: Dialect, width: int, *, last_is_optional: bool) -> None:
        """Know what a record of the file looks like."""
        self._dialect = dialect
        self._width = width
        # With two columns, every line of prose is a record that leaves one out.
        self._widths = {width, width - 1} if last_is_optional and width > 2 else {width}
        self.take(Lines(""), at_end=False)

    def take(self, lines: Lines, *, at_end: bool) -> None:
        """Take the lines to split, and whether they are all that is left of the file."""
        self._lines, self._text, self._at_end = lines, lines.text, at_end

    @property
    def _starts(self) -> list[int]:
        return self._lines.starts

    def record(self, line: int) -> Record | None:
        """Split the record that begins at a line; None where that takes more of the file than there is."""
        starts = self._starts
        start, behind = starts[line], starts[line + 1]
        if behind - start > MAX_RECORD:
            return Record(line, line + 1, self._dialect.roughly(self._text[start : start + MAX_RECORD]), TOO_LONG)
        cells = self._dialect.split_line(self._text[start:behind].rstrip("\r\n"))
        if cells is not None:
            return Record(line, line + 1, cells)
        split = self._split(line)
        if split is None:
            return None
        if isinstance(split, Unsplit):
            return self._faulty(line)
        end = bisect_left(starts, split.end, line)
        if end == line + 1 or len(split.cells) in self._widths:
            return Record(line, end, split.cells)
        faulty = self._faulty(line)
        return Record(line, end, split.cells) if faulty is not None and faulty.end == end else faulty

    def _split(self, line: int) -> Split | Unsplit | None:
        """Split the record that begins at a line, if it can be one; None where more of the file must be seen."""
        starts = self._starts
        limit = min(starts[line] + MAX_RECORD, len(self._text))
        split = self._dialect.split(self._text, starts[line], limit)
        if isinstance(split, Split) and (split.ended or (self._at_end and limit == len(self._text))):
            end = bisect_left(starts, split.end, line)
            broken = (place for place, cell in enumerate(split.cells) if "\n" in cell or "\r" in cell)
            return Unsplit(open=False) if self._holds_rows(line + 1, end, next(broken, 0)) else split
        if self._at_end or limit < len(self._text) or (isinstance(split, Unsplit) and not split.open):
            return Unsplit(open=False)
        last = len(starts) - 1
        seen = last - line - 1
        return Unsplit(open=False) if seen >= ROWS_LINES and self._holds_rows(line + 1, last, 0) else None

    def may_hold_a_row(self, first: int, end: int) -> bool:
        """Say whether one of some lines of a record could be a row by itself, though too little speaks for it."""
        return any(self._rough_width(line) in self._widths for line in range(first, min(end, first + ROWS_LINES)))

    def _holds_rows(self, first: int, end: int, before: int) -> bool:
        """Say whether lines in quotes are rows.

        Args:
            first: The first of the lines; `ROWS_LINES` of them are looked at.
            end: The line behind them.
            before: How many cells stand before the quotes.
        """
        end = min(end, first + ROWS_LINES)
        if (end - first) * (self._width - 1) < ROWS_EVIDENCE:
            return False
        rows = sum(self._rough_width(line) in self._widths for line in range(first, end))
        chances = (rows - 1) * (self._width - 1) + before
        return rows >= ROWS_SHARE * (end - first) and chances >= ROWS_EVIDENCE

    def _faulty(self, line: int) -> Record | None:
        is_open = self._quotes(line) % 2 == 1
        end = self._end_of_faulty(line) if is_open else line + 1
        if end is None:
            return None
        text = self._text[self._starts[line] : self._starts[end]].rstrip("\r\n")
        return Record(line, end, self._dialect.roughly(text), UNCLOSED if is_open else STRAY)

    def _end_of_faulty(self, first: int) -> int | None:
        """Return the place behind the line that closes the quote of `first`, or behind `first` where a row comes first.

        None where more of the file must be seen.
        """
        last = len(self._starts) - 1
        for line in range(first + 1, min(first + MAX_FAULT_LINES, last)):
            if self._rough_width(line) in self._widths:
                return first + 1
            split = self._split(line)
            if split is None:
                return None
            if isinstance(split, Split) and len(split.cells) in self._widths:
                return first + 1
            if self._quotes(line) % 2:
                return line + 1
        return first + 1 if self._at_end or first + MAX_FAULT_LINES <= last else None

    def _rough_width(self, line: int) -> int:
        return self._text.count(self._dialect.delimiter, self._starts[line], self._starts[line + 1]) + 1

    def _quotes(self, line: int) -> int:
        return self._text.count('"', self._starts[line], self._starts[line + 1])
