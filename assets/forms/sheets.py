"""A sheet of what forms say, as the records of an import: read like a file, and without one.

What belongs here: the sheet as headers and batches of cells, and what its columns mean. What does not: what stands in
the cells (`filling`), and judging them.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.files.records import FAULTS_SCHEMA, Batch, ReadAs
from assets.csv_imports.judging.keys import record_keys
from assets.csv_imports.judging.transforming import transform
from assets.csv_imports.mapping.deciding import decide, map_headers, missing
from assets.csv_imports.mapping.decision import parts_of
from assets.forms.filling import targets, text_of
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from collections.abc import Mapping as Dict
    from typing import Any, Self

    from assets.csv_imports.mapping.decision import Mapping
    from assets.forms.filling import Sheet
    from assets.record_types import RecordType

SUBMISSION = "formSubmission"
"""The column that says which form a record is of; it feeds nothing."""
USUAL_ORDER = "MDY"
"""How dates in figures are read where a setting says nothing: forms are filled where phones are of the US, too."""


class SheetFile:
    """An open sheet, as `csv_imports` reads files: its headers are the exact names of Coperniq's fields.

    Args:
        sheet: What forms say of one type. Its rows are the records, in their order.
    """

    def __init__(self, sheet: Sheet) -> None:
        """Name the columns: those that any form fills, and those that are required."""
        self._rows = sheet.rows
        filled = {name for row in sheet.rows.values() for name in row}
        self.headers = [SUBMISSION, *(name for name in targets(sheet.record_type) if name in filled)]
        # Nobody filled these: each record is judged for it, none of them stands in the way of the others.
        self.headers += [names[0] for names in missing(decide(sheet.record_type, self.headers))]
        self.read_as = ReadAs({"forms": len(self._rows)})

    def __enter__(self) -> Self:
        """Return the open sheet."""
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""

    @property
    def content(self) -> bytes:
        """The whole sheet, by which the import is known."""
        return json.dumps([self.headers, *self._cells()], ensure_ascii=False).encode()

    @property
    def sha256(self) -> str:
        """The content's hash, in hex."""
        return hashlib.sha256(self.content).hexdigest()

    def batches(self, size: int, *, last_is_optional: bool) -> Iterator[Batch]:
        """Yield the records, at most `size` at a time; every one has all of its cells."""
        del last_is_optional
        cells = list(self._cells())
        for start in range(0, len(cells), size):
            some = cells[start : start + size]
            numbers = pl.Series("record_number", range(start + 1, start + 1 + len(some)), dtype=pl.Int32)
            # A form has no lines.
            lines = pl.repeat(None, len(some), dtype=pl.Int32, eager=True).alias("line_number")
            texts = [
                pl.Series(f"c{place}", [row[place] for row in some], dtype=pl.String)
                for place in range(len(self.headers))
            ]
            yield Batch(pl.DataFrame([numbers, lines, *texts]), pl.DataFrame(schema=FAULTS_SCHEMA))

    def _cells(self) -> Iterator[list[str]]:
        for form_id, row in self._rows.items():
            yield [str(form_id), *(row.get(name, "") for name in self.headers[1:])]


def unite(sheet: Sheet, date_order: str | None, unsent: Callable[[Collection[str]], Dict[str, Dict[str, Any]]]) -> None:
    """Let the first of several forms that are one record say what the others say beside it: it alone is sent.

    The same for a row that was not sent yet: it gives way to the form's. What is one record is told by the natural
    keys, as an import tells it.

    Args:
        sheet: What forms say; its first rows are completed.
        date_order: As for `map_columns`.
        unsent: Gives what rows that were not sent yet would send, by their keys.
    """
    file = SheetFile(sheet)
    mapping = map_columns(sheet, file.headers, date_order)
    first: dict[str, dict[str, str]] = {}
    rows = iter(sheet.rows.values())
    for batch in file.batches(len(sheet.rows), last_is_optional=False):
        for key, row in zip(record_keys(sheet.record_type, transform(mapping, batch.cells)), rows, strict=True):
            if key is not None:
                _complete(sheet.record_type, first.setdefault(key, row), row)
    for key, values in unsent(first).items():
        _complete(sheet.record_type, first[key], {name: text_of(value) for name, value in values.items()})


def _complete(record_type: RecordType, row: dict[str, str], other: Dict[str, str]) -> None:
    """Add what a row lacks, but no whole of which it has the parts: that would stand in the place of theirs."""
    composed = {
        made.field
        for made in record_type.compositions
        if not made.instead and (made.needs in row if made.needs else not row.keys().isdisjoint(parts_of(made)))
    }
    row.update({name: text for name, text in other.items() if name not in row and name not in composed})


def map_columns(sheet: Sheet, headers: list[str], date_order: str | None) -> Mapping:
    """Decide which column feeds which field: its name says it.

    The order of dates in figures is stated, so that one form that writes them otherwise is an error of its own and
    nobody else's.
    """
    mapping = map_headers(sheet.record_type, headers)
    dated = [one.name for one in sheet.record_type.fields if one.kind in (Kind.DATE, Kind.DATETIME)]
    mapping.orders.update(dict.fromkeys(dated, date_order or USUAL_ORDER))
    return mapping
