"""How a file writes its cells: delimiter, quotes, line ends; and the grammar of one record that follows from them.

What belongs here: splitting one record at a place in a text, and telling quotes that are doubled from backslashed ones.
What does not: what becomes of a record that cannot be split (`splitting`), and which records there are (`reading`).

A cell that begins with a quote, spaces before it aside, ends at the next quote that is not escaped; but spaces, nothing
may stand between that quote and the delimiter or line end. In a cell that begins otherwise quotes are characters like
any other, and spaces are kept. LF, CRLF and CR all end a record, but in quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

DELIMITERS = ",;\t|"
LINE_END = re.compile(r"\r\n|\n|\r")


class Split(NamedTuple):
    """One record as its cells, the place in the text behind it, and whether a line end stands there."""

    cells: list[str]
    end: int
    ended: bool


class Unsplit(NamedTuple):
    """A quote that makes one record unreadable.

    Attributes:
        open: Whether the text ended before the quoted cell did; else something follows the closing quote.
    """

    open: bool


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a file are written.

    Attributes:
        delimiter: What stands between cells.
        backslash: Whether a backslash takes the meaning from the quote, delimiter, line end or backslash behind it.
        cell: What matches one cell: in quotes, or plain, and what stands behind it.
    """

    delimiter: str
    backslash: bool = False
    cell: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _escape: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _escape_in_quotes: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile the grammar of a cell."""
        object.__setattr__(self, "cell", _cell_pattern(self.delimiter, self.backslash))
        escape = rf'\\(["\\\r\n{re.escape(self.delimiter)}])'
        object.__setattr__(self, "_escape", re.compile(escape))
        object.__setattr__(self, "_escape_in_quotes", re.compile(rf'{escape}|"(")'))

    def split(self, text: str, start: int = 0, end: int | None = None) -> Split | Unsplit:
        """Split the record that begins at `start` of a text of whole lines, or the last one of its file."""
        end = len(text) if end is None else end
        if not self.backslash:
            whole = _record_pattern(self.delimiter).match(text, start, end)
            if whole is not None:
                return Split(self._cells(whole[1]), whole.end(), bool(whole[2]))
        match_cell = self.cell.match
        cells: list[str] = []
        while found := match_cell(text, start, end):
            quoted, plain, behind = found.groups()
            start = found.end()
            if quoted is None:
                cells.append(plain if not self.backslash or "\\" not in plain else self._escape.sub(r"\1", plain))
            elif self.backslash and "\\" in quoted:
                cells.append(self._escape_in_quotes.sub(r"\1\2", quoted))
            else:
                cells.append(quoted.replace('""', '"') if '""' in quoted else quoted)
            if behind != self.delimiter:
                return Split(cells, start, bool(behind))
        return Unsplit(open=_opened(self.backslash).match(text, start, end) is not None)

    def split_line(self, line: str) -> list[str] | None:
        """Split a record that is one line, without its end; None where only `split` can."""
        if self.backslash and "\\" in line:
            return None
        if '"' not in line:
            return line.split(self.delimiter)
        whole = _record_pattern(self.delimiter).match(line)
        return None if whole is None else self._cells(line)

    def _cells(self, record: str) -> list[str]:
        cells = _cells_pattern(self.delimiter).findall(record)
        return [quoted.replace('""', '"') if quoted else plain for quoted, plain in cells]

    def roughly(self, text: str) -> list[str]:
        """Split text at every delimiter, whatever its quotes say: what a record that cannot be split held."""
        return text.split(self.delimiter)


@cache
def _cell_pattern(delimiter: str, backslash: bool) -> re.Pattern[str]:  # noqa: FBT001 - cached by position
    other = re.escape(delimiter)
    if backslash:
        quoted, plain = r'((?:[^"\\]++|\\[\s\S]|"")*+)', rf"((?! *\")(?:[^{other}\r\n\\]++|\\(?:\r\n|[\s\S]|\Z))*+)"
    else:
        quoted, plain = r'([^"]*+(?:""[^"]*+)*+)', rf'((?! *")[^{other}\r\n]*+)'
    return re.compile(rf'(?: *+"{quoted}" *+|{plain})({other}|\r\n|\n|\r|\Z)')


_QUOTED = r'[^"]*+(?:""[^"]*+)*+'


@cache
def _record_pattern(delimiter: str) -> re.Pattern[str]:
    other = re.escape(delimiter)
    cell = rf'(?: *+"{_QUOTED}" *+|(?! *")[^{other}\r\n]*+)'
    return re.compile(rf"((?:{cell}{other})*+{cell})(\r\n|\n|\r|\Z)")


@cache
def _cells_pattern(delimiter: str) -> re.Pattern[str]:
    other = re.escape(delimiter)
    return re.compile(rf'(?:^|{other})(?: *+"({_QUOTED})" *+|((?! *")[^{other}\r\n]*+))')


@cache
def _opened(backslash: bool) -> re.Pattern[str]:  # noqa: FBT001 - cached by position
    inside = r'(?:[^"\\]++|\\[\s\S]|"")*+' if backslash else r'[^"]*+(?:""[^"]*+)*+'
    return re.compile(rf' *+"{inside}\\?\Z')


def is_backslashed(text: str, far: Sequence[str], delimiter: str, width: int) -> bool:
    r"""Decide whether quotes are backslashed: the grammar that finds fewer faults is the one that the file follows.

    Args:
        text: The file from below its header, as far as it is looked at, in whole lines.
        far: Lines anywhere in the file that hold a backslash before a quote: they decide where the text holds none.
        delimiter: The file's delimiter.
        width: The header's number of cells.
    """
    doubled, backslashed = Dialect(delimiter), Dialect(delimiter, backslash=True)
    if '\\"' not in text:
        return sum(_faults(backslashed, line, width) - _faults(doubled, line, width) for line in far) < 0
    found, other = _faults(backslashed, text, width), _faults(doubled, text, width)
    # Who doubles quotes puts a cell that holds one into quotes: in a plain cell the backslash is an escape.
    return found < other or (found == other and _has_plain_quote(doubled, text))


def _faults(dialect: Dialect, text: str, width: int) -> int:
    """Count the records that do not split into the header's number of cells."""
    faults = start = 0
    while start < len(text):
        split = dialect.split(text, start)
        if isinstance(split, Split):
            blank = len(split.cells) == 1 and not split.cells[0].strip()
            faults += len(split.cells) != width and not blank
            start = split.end
        else:
            faults += 1
            start = _next_line(text, start)
    return faults


def _has_plain_quote(dialect: Dialect, text: str) -> bool:
    start = 0
    while start < len(text):
        found = dialect.cell.match(text, start)
        if found is None:
            start = _next_line(text, start)
        elif '\\"' in (found[2] or ""):
            return True
        else:
            start = max(found.end(), start + 1)
    return False


def _next_line(text: str, start: int) -> int:
    found = LINE_END.search(text, start)
    return found.end() if found else len(text)
