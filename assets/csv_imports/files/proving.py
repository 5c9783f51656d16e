"""Splitting at once the lines of a text that are proven to be one good record each.

What belongs here: the proof, and the splitting that it allows; both are polars' work. What does not: every other line,
which is split with care (`splitting`). Both give the same cells wherever the proof holds: the proof asks for more than
it needs, so that a line in doubt is always left to the careful splitter.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.files import splitting

if TYPE_CHECKING:
    from assets.csv_imports.files.dialects import Dialect

MAX_WIDTH = 1000
"""Columns up to which quotes are proven; a proof of more would be a very long expression."""
WHITE_SPACE = "".join(
    map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F,
              0x205F, 0x3000])
)  # fmt: skip
"""What `str.isspace` and `str.strip` take for white space."""
_UNPROVABLE = ("\0", "\ufeff")


def proven(series: pl.Series, text: str, dialect: Dialect, width: int) -> pl.Series:
    """Say for each line whether it is a record of its own with the header's number of cells, and not an empty row.

    Args:
        series: The lines.
        text: A text that they are the beginning of, in which to look first for what makes a line doubtful.
        dialect: How cells are written.
        width: How many cells the header has.
    """
    if width < 2:  # a line without a delimiter may be blank
        return pl.repeat(value=False, n=len(series), eager=True)
    if '"' not in text:
        good = series.str.count_matches(dialect.delimiter, literal=True) == width - 1
    elif width <= MAX_WIDTH:
        good = series.str.contains(_well_formed(dialect.delimiter, width))
    else:
        good = (series.str.count_matches(dialect.delimiter, literal=True) == width - 1) & ~_holding(series, '"')
    for character in _UNPROVABLE + (("\\",) if dialect.backslash else ()):
        if character in text:
            good &= ~_holding(series, character)
    if len(text) >= splitting.MAX_RECORD:
        good &= series.str.len_chars() < splitting.MAX_RECORD - 1
    return good & (series.str.strip_chars_start(f'{WHITE_SPACE}{dialect.delimiter}"') != "")


def split(lines: pl.Series, dialect: Dialect, width: int) -> pl.DataFrame:
    """Split proven lines into columns `c0`, `c1`, …."""
    schema = {f"c{place}": pl.String for place in range(width)}
    if lines.is_empty():
        return pl.DataFrame(schema=schema)
    return pl.read_csv(
        lines.str.join("\n")[0].encode(),
        has_header=False,
        separator=dialect.delimiter,
        schema=schema,
        empty_string_is_null=False,
    )


def repeated_headers(cells: pl.DataFrame, headers: list[str]) -> list[int]:
    """Return the places of the rows that could be the header once more."""
    first = cells["c0"].str.strip_chars(f"{WHITE_SPACE}\ufeff") == headers[0]
    if not first.any():
        return []
    places = first.arg_true()
    last = cells[f"c{len(headers) - 1}"].gather(places).str.strip_chars(WHITE_SPACE) == headers[-1]
    return places.filter(last).to_list()


def _holding(series: pl.Series, character: str) -> pl.Series:
    return series.str.contains(character, literal=True)


@cache
def _well_formed(delimiter: str, width: int) -> str:
    other = re.escape(delimiter) if delimiter != "\t" else r"\t"
    cell = rf'(?:[^"{other}]*|"(?:[^"]|"")*")'
    return rf"^{cell}(?:{other}{cell}){{{width - 1}}}$"
