"""Where the header of a CSV file is, and with it the delimiter.

What belongs here: looking at the top of a file. What does not: what a header means (`mapping`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from assets.csv_imports.files import splitting
from assets.csv_imports.files.dialects import DELIMITERS, LINE_END, Dialect, Split
from assets.csv_imports.files.lines import Lines
from assets.csv_imports.files.records import UnreadableFile
from assets.csv_imports.files.rows import several_cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from assets.csv_imports.files.sources import Source

HEADER_LINES = 20
"""How far below the top of a file its header is looked for."""
MAX_COLUMNS = 16_384
"""Columns of a file; a sheet of Excel has no more."""
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?\s*', re.IGNORECASE)
_LINE_ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


class Header(NamedTuple):
    """The header of a file: its cells, the delimiter, the line at which it begins (from 1), and the lines' ends."""

    cells: list[str]
    delimiter: str
    line: int
    line_end: str


class _Found(NamedTuple):
    """A record that may be the header; `end` is None where a quote keeps it from being split."""

    cells: list[str]
    delimiter: str
    line: int
    end: int | None


def find(source: Source, is_header: Callable[[list[str]], bool], name: str) -> Header:
    """Read a file down to its header, which is dropped from the source with all above it.

    Args:
        source: The file, of which nothing was dropped.
        is_header: Recognises the header among the first records; without one that it recognises, the header is the
            first record of several cells.
        name: The file's name, for messages.

    Raises:
        UnreadableFile: When the file is empty, or its header has a quote without an end or too many columns.
    """
    while True:
        lines = Lines(source.text)
        top = _top(lines)
        if source.at_end or len(top) == HEADER_LINES:
            if not top:
                raise UnreadableFile(f"{name} is empty: export it again.")
            found = _header(lines, top, is_header)
            if len(found.cells) > MAX_COLUMNS:
                raise UnreadableFile(f"{name} has more than {MAX_COLUMNS:,} columns: leave out those without a use.")
            if found.end is not None:
                break
            if source.at_end or len(source.text) > splitting.MAX_RECORD:
                raise UnreadableFile(
                    f"{name} has a quote in its header, in line {source.lines_before + found.line + 1}, that is not "
                    "closed: close or remove it."
                )
        if not source.at_end and not top:
            source.drop(len(source.text), len(lines.series))
        source.more()
    ends = {
        _LINE_ENDS[end[0]] for end in LINE_END.finditer(source.text, lines.starts[top[0]], lines.starts[top[-1] + 1])
    }
    header = Header(found.cells, found.delimiter, source.lines_before + found.line + 1, " and ".join(sorted(ends)))
    source.drop(found.end, next(place for place, start in enumerate(lines.starts) if start >= found.end))
    return header


def _top(lines: Lines) -> list[int]:
    """Return the places of the first lines, from the first that is not blank."""
    for place, line in enumerate(lines.series):
        if line.strip():
            return list(range(place, min(place + HEADER_LINES, len(lines.series))))
    return []


def _header(lines: Lines, top: list[int], is_header: Callable[[list[str]], bool]) -> _Found:
    said = _SEPARATOR_LINE.fullmatch(lines.series[top[0]])
    delimiters = said[1] if said else DELIMITERS
    if said and len(top) > 1:
        top = top[1:]
    for fits in (is_header, several_cells):
        for line in top:
            for found in _splittings(lines, line, delimiters):
                if len(found.cells) <= MAX_COLUMNS and fits(found.cells):
                    return found
    return next(iter(_splittings(lines, top[0], delimiters[0])))


def _splittings(lines: Lines, line: int, delimiters: str) -> list[_Found]:
    """Split the record that begins at a line by each delimiter; first comes what has most cells and fewest empty."""
    found: list[_Found] = []
    for delimiter in delimiters:
        split = Dialect(delimiter).split(lines.text, lines.starts[line])
        if isinstance(split, Split):
            cells, end = split.cells, split.end
        else:
            cells, end = lines.series[line].replace('"', "").split(delimiter), None
        found.append(_Found([cell.strip() for cell in cells], delimiter, line, end))
    return sorted(found, key=lambda split: (split.end is None, -len(split.cells), split.cells.count("")))
