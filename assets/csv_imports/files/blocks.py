"""The records of a piece of a file, in order: those that are proven split at once, the others one by one.

What belongs here: which lines are records, their numbers, and totals below the data. What does not: where the text
comes from (`sources`), the two ways to split (`proving`, `splitting`), and the file as a whole (`reading`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from assets.csv_imports.files import proving
from assets.csv_imports.files.records import FAULTS_SCHEMA
from assets.csv_imports.files.rows import as_stood, is_total, may_be_total, problem
from assets.csv_imports.files.splitting import Splitter

if TYPE_CHECKING:
    from assets.csv_imports.files.dialects import Dialect
    from assets.csv_imports.files.lines import Lines

MAX_TOTALS = 100
"""How many totals below the data are looked for."""
MAX_BEYOND = 1000
"""Cells beyond the header's that a faulty record is kept under names of their own."""


class Block(NamedTuple):
    """Records of a text: `cells` and `faults` as in a batch, and how many lines of it, and characters, they are."""

    cells: pl.DataFrame
    faults: pl.DataFrame
    lines: int
    characters: int


@dataclass(slots=True)
class _Singly:
    """Records that were split one by one: the cells of the readable ones, all in one list, and the others."""

    places: list[int] = field(default_factory=list[int])
    cells: list[str] = field(default_factory=list[str])
    faults: list[tuple[int, list[str], str]] = field(default_factory=list[tuple[int, list[str], str]])
    inner: list[int] = field(default_factory=list[int])
    """The lines within records over several lines."""
    doubtful: list[int] = field(default_factory=list[int])
    """The records over several lines of which one could be a row."""


class Blocks:
    """Splits a file's text, block after block.

    Args:
        dialect: How cells are written.
        headers: The file's headers.
        last_is_optional: Whether a record may leave out its last cell.

    Attributes:
        doubtful: How many records so far go over lines of which one could be a row, and the line of the first.
    """

    def __init__(self, dialect: Dialect, headers: list[str], *, last_is_optional: bool) -> None:
        """Know what a record of the file looks like."""
        self.doubtful = (0, 0)
        self._dialect = dialect
        self._headers = headers
        self._last_is_optional = last_is_optional
        self._splitter = Splitter(dialect, len(headers), last_is_optional=last_is_optional)

    def split(self, lines: Lines, window: int, before: tuple[int, int], *, at_end: bool) -> Block:
        """Split as much of the beginning of a text as can be split without knowing what follows the text.

        Args:
            lines: The text.
            window: How many characters its beginning has; a record that begins in there may reach further.
            before: How many records, and how many lines, stand above it in the file.
            at_end: Whether nothing follows it.
        """
        self._splitter.take(lines, at_end=at_end)
        count = lines.beginning_within(window)
        at_once, doubtful = self._split_at_once(lines, count)
        singly, end = self._split_singly(doubtful, count)
        at_end = at_end and end == len(lines.series)
        if singly.inner or end < count:
            at_once = at_once.filter((pl.col("place") < end) & ~pl.col("place").is_in(singly.inner))
        totals = self._first_total(lines, at_once, singly)
        cells, faults = self._numbered(at_once, singly, before, end if totals is None else totals)
        if totals is not None and not at_end:
            end = totals
        doubtful = [place for place in singly.doubtful if place < end]
        if doubtful:
            count, first = self.doubtful
            self.doubtful = (count + len(doubtful), first or before[1] + doubtful[0] + 1)
        return Block(cells, faults, end, len(lines.text) if end == len(lines.series) else lines.starts[end])

    def _split_at_once(self, lines: Lines, count: int) -> tuple[pl.DataFrame, list[int]]:
        """Split the lines that are proven; give their cells with the line's place, and the other lines' places."""
        series = lines.series.head(count)
        good = proving.proven(series, lines.storable, self._dialect, len(self._headers))
        places = good.arg_true()
        cells = proving.split(series.filter(good), self._dialect, len(self._headers)).with_columns(place=places)
        repeated = places.gather(proving.repeated_headers(cells, self._headers))
        if len(repeated):
            cells = cells.filter(~pl.col("place").is_in(repeated.to_list()))
        return cells, sorted([*(~good).arg_true(), *repeated])

    def _split_singly(self, places: list[int], end: int) -> tuple[_Singly, int]:
        """Split the records that begin at these lines, blank ones aside; say how far that went."""
        width = len(self._headers)
        singly = _Singly()
        free = 0
        for place in places:
            if place < free:
                continue
            record = self._splitter.record(place)
            if record is None:
                return singly, place
            _, free, cells, fault = record
            if len(cells) == 1 and not fault and not cells[0].strip():
                continue
            if free > place + 1:
                singly.inner.extend(range(place + 1, free))
                if not fault and self._splitter.may_hold_a_row(place + 1, free):
                    singly.doubtful.append(place)
            if len(cells) == width - 1 and self._last_is_optional and not fault:
                cells.append("")
            fault = fault or problem(cells, self._headers)
            if fault is None:
                singly.places.append(place)
                singly.cells.extend(cells)
            else:
                singly.faults.append((place, self._kept(cells), fault))
        return singly, max(end, free)

    def _kept(self, cells: list[str]) -> list[str]:
        """Leave no more cells beyond the header than jsonb and memory take by the million: the last holds the rest."""
        most = len(self._headers) + MAX_BEYOND
        return cells if len(cells) <= most else [*cells[: most - 1], self._dialect.delimiter.join(cells[most - 1 :])]

    def _first_total(self, lines: Lines, at_once: pl.DataFrame, singly: _Singly) -> int | None:
        """Return the place of the first of the totals that are the last records; None where there are none."""
        faulty = [place for place, _, _ in singly.faults[-MAX_TOTALS:]]
        last = [*at_once["place"].tail(MAX_TOTALS), *singly.places[-MAX_TOTALS:], *faulty]
        found = None
        for place in sorted(last, reverse=True)[:MAX_TOTALS]:
            if not may_be_total(lines.series[place]):
                break
            record = self._splitter.record(place)
            if record is None or record.fault or not is_total(record.cells):
                break
            found = place
        return found

    def _numbered(
        self, at_once: pl.DataFrame, singly: _Singly, before: tuple[int, int], end: int
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Put the records above a line into their order; give the readable ones and the others."""
        width = len(self._headers)
        columns = {f"c{place}": pl.Series(singly.cells[place::width], dtype=pl.String) for place in range(width)}
        cells = at_once
        if singly.places:
            cells = pl.concat([at_once, pl.DataFrame({**columns, "place": pl.Series(singly.places, dtype=pl.UInt32)})])
            cells = cells.sort("place")
        cells = cells.filter(pl.col("place") < end)
        faults = [fault for fault in singly.faults if fault[0] < end]
        order = pl.concat([cells["place"], pl.Series([fault[0] for fault in faults], dtype=pl.UInt32)]).sort()
        number, line = before[0] + 1, before[1] + 1
        cells = cells.select(
            (order.search_sorted(cells["place"]) + number).cast(pl.Int32).alias("record_number"),
            (pl.col("place") + line).cast(pl.Int32).alias("line_number"),
            *columns,
        )
        ranks = order.search_sorted(pl.Series([fault[0] for fault in faults], dtype=pl.UInt32))
        told = [
            (rank + number, place + line, as_stood(self._headers, row), problem)
            for rank, (place, row, problem) in zip(ranks, faults, strict=True)
        ]
        return cells, pl.DataFrame(told, schema=FAULTS_SCHEMA, orient="row")
