"""The physical lines of a text, whatever ends them: LF, CRLF or CR, mixed as they come.

What belongs here: where lines begin. What does not: which of them are records (`splitting`, `proving`).
"""

from __future__ import annotations

from bisect import bisect_left

import polars as pl

from assets.csv_imports.files.dialects import LINE_END
from assets.text import UNSTORABLE


class Lines:
    """The physical lines of a text, without their ends.

    Attributes:
        text: The text, which ends with a line end unless the file does not.
        storable: The same, with NUL for what is no character of the file's encoding.
        series: The lines of it.
    """

    def __init__(self, text: str) -> None:
        """Cut the text at LF, CRLF and CR."""
        self.text = text
        self.storable = text
        self._starts: list[int] | None = None
        try:
            whole = pl.Series([text])
        except UnicodeEncodeError:
            self.storable = UNSTORABLE.sub("\0", text)
            whole = pl.Series([self.storable])
        self._ending = whole.str.split("\n").explode()
        if not self._ending[-1]:  # nothing stands behind the last line end, and that is no line
            self._ending = self._ending.head(-1)
        self.series = self._ending
        if "\r" in text:
            self.series = self._ending.str.strip_suffix("\r")
            if self.series.str.contains("\r", literal=True).any():
                self._cut_at_every_end()

    @property
    def starts(self) -> list[int]:
        """Where in the text each line begins, and the text's length."""
        if self._starts is None:
            lengths = self._ending.str.len_bytes() if self.text.isascii() else self._ending.str.len_chars()
            ends = (lengths.cast(pl.Int64) + 1).cum_sum().to_list()
            self._starts = [0, *ends[:-1], len(self.text)] if ends else [0]
        return self._starts

    def beginning_within(self, characters: int) -> int:
        """Count the lines that begin within so many characters."""
        return len(self.series) if characters >= len(self.text) else bisect_left(self.starts, characters)

    def _cut_at_every_end(self) -> None:
        ends = [found.end() for found in LINE_END.finditer(self.text)]
        self._starts = [0, *ends] if ends[-1] == len(self.text) else [0, *ends, len(self.text)]
        self.series = pl.Series(LINE_END.split(self.storable)[: len(self._starts) - 1], dtype=pl.String)
