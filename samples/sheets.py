"""A sample file before it is written: its rows, what is wrong with each, and the bytes that come of it.

What belongs here: the mechanics of planting a fault and of writing a CSV file. What does not: which faults
stand where.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from samples.exports import Export

SENDABLE = ("valid", "warning")


@dataclass(eq=False, slots=True)
class Row:
    """One physical row, and what the pipeline has to make of it.

    Attributes:
        values: Cells by header.
        makes: What a sendable row brings into being, for other rows to refer to.
        tells: The place that a row about a client tells as well.
        needs: Parents by the field that refers to them.
        status: The status that the row has to get.
        fault: What was planted; empty for a plain row.
        fields: The fields at fault; none where the row as a whole is.
        copy_of: The row that a duplicate repeats.
        raw: The cells as they are written, where they are not those of the headers.
        is_record: False for a blank line.
        taken: Whether a fault or a repetition depends on this row already.
    """

    values: dict[str, str]
    makes: object = None
    tells: object = None
    needs: dict[str, object] = field(default_factory=dict[str, object])
    status: str = "valid"
    fault: str = ""
    fields: tuple[str, ...] = ()
    copy_of: Row | None = None
    raw: list[str] | None = None
    is_record: bool = True
    taken: bool = False


@dataclass(eq=False, slots=True)
class Sheet:
    """One sample file.

    Attributes:
        file_name: As a person would name it.
        record_type: The Coperniq type that the name says; empty for none.
        export: The export whose header row it has.
        rng: Decides where things stand.
        line_end: What ends a line: a line feed, or the two characters of Windows.
        encoding: `utf-8`, or `utf-8-sig` for one that starts with a byte order mark.
        quote_all: Whether every cell is quoted.
        reason: Why no row is read: `wrong_columns`, `unknown_type` or `already_imported`; empty if rows are.
    """

    file_name: str
    record_type: str
    export: Export
    rng: random.Random
    line_end: str = "\n"
    encoding: str = "utf-8"
    quote_all: bool = False
    reason: str = ""
    rows: list[Row] = field(default_factory=list[Row])

    @property
    def headers(self) -> tuple[str, ...]:
        """The header row."""
        return self.export.headers

    @property
    def records(self) -> list[Row]:
        """The rows that count as records, in the order of the file."""
        return [row for row in self.rows if row.is_record]

    def add(self, values: Mapping[str, str], makes: object = None, **needs: object) -> Row:
        """Append a plain row."""
        row = Row(self._checked(values), makes, needs=needs)
        self.rows.append(row)
        return row

    def shuffle(self) -> None:
        """Mix the rows that stand here so far."""
        self.rng.shuffle(self.rows)

    def keep(self, *made: object) -> None:
        """Leave the rows that make these as they are."""
        for row in self.rows:
            row.taken = row.taken or row.makes in made

    def pick(self, fits: Callable[[dict[str, str]], object] = bool) -> Row:
        """Choose a plain row that nothing depends on yet and whose values fit.

        Not the first or the last one: a broken row there could be taken for a title or a total.
        """
        free = [
            row for row in self.rows[1:-1] if not row.taken and row.raw is None and not row.fault and fits(row.values)
        ]
        row = self.rng.choice(free)
        row.taken = True
        return row

    def spoil(self, fault: str, fields: str, values: Mapping[str, str], row: Row | None = None) -> Row:
        """Make a row an error by these values; `fields` are the ones at fault, separated by spaces."""
        return self._judge("error", fault, fields, values, row)

    def miss(self, fault: str, fields: str, *headers: str) -> Row:
        """Make a row an error by leaving the cells under these headers empty."""
        return self._judge("error", fault, fields, dict.fromkeys(headers, ""), None)

    def doubt(self, fault: str, fields: str, values: Mapping[str, str], row: Row | None = None) -> Row:
        """Make a row sendable with a warning."""
        return self._judge("warning", fault, fields, values, row)

    def repeat(self, fault: str, row: Row, values: Mapping[str, str] | None = None) -> Row:
        """Put the row in once more, further down, with other values where given: a duplicate.

        The copy of a row that is an error is no duplicate but the same error once more.
        """
        row.taken = True
        copy = Row(row.values | self._checked(values or {}), status="duplicate", fault=fault, copy_of=row, taken=True)
        if row.status not in SENDABLE:
            copy.status, copy.fault, copy.fields, copy.copy_of = row.status, row.fault, row.fields, None
        return self._put(copy, self.rows.index(row) + 1)

    def correct(self, row: Row, values: Mapping[str, str]) -> Row:
        """Put a faulty row in once more, further down and without the fault: it stands for itself."""
        right = Row(row.values | self._checked(values), row.makes, row.tells, row.needs, taken=True)
        return self._put(right, self.rows.index(row) + 1)

    def cut(self, row: Row) -> None:
        """Leave out the row's last three cells: an error, because nobody can say which ones are missing."""
        row.raw = self.cells(row)[:-3]
        row.status, row.fault, row.taken = "error", "too_few_cells", True

    def widen(self, row: Row) -> None:
        """Give the row two cells too many, as unquoted commas do: an error."""
        row.raw = [*self.cells(row), "call first", "gate code 4411"]
        row.status, row.fault, row.taken = "error", "too_many_cells", True

    def drop_last(self, row: Row) -> None:
        """Leave out the row's last cell, which has to be an optional one: not a fault."""
        row.raw, row.taken = self.cells(row)[:-1], True

    def plant_header(self) -> None:
        """Repeat the header row in the middle, as files that were pasted together do."""
        self._put_amid(Row({}, raw=list(self.headers), status="error", fault="repeated_header", taken=True))

    def plant_empty(self) -> None:
        """Put in a row of empty cells."""
        self._put_amid(Row({}, raw=[""] * len(self.headers), status="error", fault="empty_cells", taken=True))

    def plant_blank_line(self) -> None:
        """Put in a line without anything on it, which is no record."""
        self._put_amid(Row({}, raw=[], is_record=False, taken=True))

    def cells(self, row: Row) -> list[str]:
        """Give the row's cells as they are written."""
        return [row.values.get(header, "") for header in self.headers] if row.raw is None else row.raw

    def render(self) -> bytes:
        """Give the file's bytes."""
        text = io.StringIO(newline="")
        quoting = csv.QUOTE_ALL if self.quote_all else csv.QUOTE_MINIMAL
        writer = csv.writer(text, lineterminator=self.line_end, quoting=quoting)
        writer.writerow(self.headers)
        writer.writerows(self.cells(row) for row in self.rows)
        return text.getvalue().encode(self.encoding)

    def _judge(self, status: str, fault: str, fields: str, values: Mapping[str, str], row: Row | None) -> Row:
        row = row or self.pick()
        row.values |= self._checked(values)
        row.status, row.fault, row.fields, row.taken = status, fault, tuple(fields.split()), True
        return row

    def _put(self, row: Row, lowest: int) -> Row:
        self.rows.insert(self.rng.randint(lowest, len(self.rows)), row)
        return row

    def _put_amid(self, row: Row) -> None:
        self.rows.insert(self.rng.randint(2, len(self.rows) - 2), row)

    def _checked(self, values: Mapping[str, str]) -> dict[str, str]:
        for header in values:
            if header not in self.headers:
                raise KeyError(f"{self.file_name} has no column {header!r}")
        return dict(values)
