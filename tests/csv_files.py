"""Writing CSV files as other programs do: any table, in any dialect.

What belongs here: ways to write a table, and hypothesis' strategies for them. What does not: what a test expects.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from assets.csv_imports.files import dialects

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10)
# What delimiters, quotes, line ends and trimming could trip over.
TRICKY = st.lists(st.sampled_from([*'ab,;\t|"\\ \n\r', "\r\n", "é", "\ufeff", "Total", "1"]), max_size=6).map("".join)
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be")


@dataclass(frozen=True)
class Written:
    """A way to write a table, which Python's csv module does."""

    delimiter: str
    line_end: str
    quoting: int
    backslash: bool
    ends: bool

    def write(self, rows: Sequence[Sequence[str]]) -> str:
        """Write the rows, and leave out the last line end where the file has none."""
        out = io.StringIO(newline="")
        # The module quotes a line end only where it is its own.
        broken = any("\r" in cell or "\n" in cell for row in rows for cell in row)
        writer = csv.writer(
            out,
            delimiter=self.delimiter,
            lineterminator=self.line_end,
            quoting=csv.QUOTE_ALL if broken else self.quoting,  # type: ignore[arg-type]
            doublequote=not self.backslash,
            escapechar="\\" if self.backslash else None,
        )
        writer.writerows(rows)
        return out.getvalue() if self.ends else out.getvalue().removesuffix(self.line_end)


def written(*, backslash: bool = False) -> st.SearchStrategy[Written]:
    """Draw a way to write."""
    return st.builds(
        Written,
        st.sampled_from(dialects.DELIMITERS),
        st.sampled_from(["\n", "\r\n", "\r"]),
        st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
        st.just(backslash),
        st.booleans(),
    )


def tables(text: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    """Draw rows none of which is empty, a header, or a total."""
    return st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(text, min_size=width, max_size=width).map(lambda row: ["Total Comfort", *row]),
            min_size=1,
            max_size=12,
        )
    )


def headers(text: st.SearchStrategy[str], count: int) -> st.SearchStrategy[list[str]]:
    """Draw that many names of columns, as a file may have them beside those that a type needs."""
    names = text.map(str.strip).filter(lambda name: name != "" and name.casefold() not in ("name", "email"))
    return st.lists(names, min_size=count, max_size=count, unique=True)
