"""Reading the stored rows of an import as the file that they came from: the same headers, numbers and cells.

What belongs here: making records of rows. What does not: finding the rows (`csv_imports.replays`), and what becomes of
them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.files.records import FAULTS_SCHEMA, REFERENCES_SCHEMA, Batch, ReadAs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self
    from uuid import UUID

    Row = tuple[int, int, str, UUID]
    """Number, line, `record_data` as JSON text, and the id of the row that stands for it now."""


@dataclass(slots=True)
class StoredRows:
    """Rows of an import, seen as an open file.

    Attributes:
        headers: Of the file that they came from.
        pages: Gives the rows in order, a list of at most so many at a time.
        read_as: Says nothing: how the file was read stands with the import that read it.
    """

    headers: list[str]
    pages: Callable[[int], Iterator[Sequence[Row]]]
    read_as: ReadAs = field(default_factory=ReadAs)

    def __enter__(self) -> Self:
        """Return the rows."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave them."""

    def batches(self, size: int, *, last_is_optional: bool) -> Iterator[Batch]:
        """Yield the rows as `RecordFile.batches` does, each with the row that stands for it now."""
        del last_is_optional  # the cells were told apart when the file was read
        kept = pl.Struct([pl.Field(header, pl.String) for header in self.headers])
        for rows in self.pages(size):
            numbers = [number for number, *_ in rows]
            cells = pl.Series("cells", [data for _, _, data, _ in rows]).str.json_decode(kept).struct.unnest()
            cells.columns = [f"c{place}" for place in range(len(self.headers))]
            placed = pl.DataFrame(
                {"record_number": numbers, "line_number": [line for _, line, *_ in rows]},
                schema={"record_number": pl.Int32, "line_number": pl.Int32},
            )
            references = pl.DataFrame(
                {"record_number": numbers, "reference": [str(id_) for *_, id_ in rows], "confirmed": True},
                schema=REFERENCES_SCHEMA,
            )
            yield Batch(
                pl.concat([placed, cells.fill_null("")], how="horizontal"), pl.DataFrame(schema=FAULTS_SCHEMA),
                references,
            )  # fmt: skip
