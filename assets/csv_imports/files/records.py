"""What reading a file gives, whatever kind of file it is: its headers, batches of records, and how it was read.

What belongs here: the shapes and errors that all kinds of files share. What does not: reading one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

FAULTS_SCHEMA = {
    "record_number": pl.Int32, "line_number": pl.Int32, "record_data": pl.String, "problem": pl.String,
}  # fmt: skip
REFERENCES_SCHEMA = {"record_number": pl.Int32, "reference": pl.String, "confirmed": pl.Boolean}

GATHERED_BYTES = 8 << 20


class UnreadableFile(PipelineError):
    """Say why no record of a file can be read."""


class ChangedFile(UnreadableFile):
    """Say that a file is no longer what was registered."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of a file, in order.

    Attributes:
        cells: One row a readable record: `record_number` (Int32, from 1), `line_number` (Int32, the physical line, or
            the row of a sheet, at which the record begins, from 1) and `c0`, `c1`, … (String, as in the file).
        faults: The records that cannot be read as cells of these headers: `record_number`, `line_number`,
            `record_data` (JSON text of what the file held) and `problem` (a sentence without its full stop, and what to
            do about it).
        references: Of a fix file, what each record says of the row that it corrects: `record_number`, `reference`, and
            `confirmed`, whether nothing stands any more where its problem stood.
    """

    cells: pl.DataFrame
    faults: pl.DataFrame
    references: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REFERENCES_SCHEMA))

    def __len__(self) -> int:
        """Count the physical records."""
        return len(self.cells) + len(self.faults)


def gathered(batches: Iterable[Batch], size: int) -> Iterator[Batch]:
    """Put batches together up to `size` records or `GATHERED_BYTES`, for judging each has a price of its own."""
    some: list[Batch] = []
    bytes_so_far = 0
    for batch in batches:
        some.append(batch)
        bytes_so_far += int(batch.cells.estimated_size() + batch.faults.estimated_size())
        if sum(map(len, some)) >= size or bytes_so_far >= GATHERED_BYTES:
            yield _together(some)
            some, bytes_so_far = [], 0
    if some:
        yield _together(some)


def _together(batches: list[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    return Batch(
        pl.concat([batch.cells for batch in batches], rechunk=True),
        pl.concat([batch.faults for batch in batches], rechunk=True),
        pl.concat([batch.references for batch in batches]),
    )


@dataclass(slots=True)
class ReadAs:
    """How a file was read.

    Attributes:
        details: For `csv_imports.read_as`, such as encoding, confidence and delimiter, or the sheet.
        warnings: What is doubtful about the file as a whole, a sentence each; complete once all batches were read.
    """

    details: dict[str, Any] = field(default_factory=dict[str, Any])
    warnings: list[str] = field(default_factory=list[str])


class RecordFile(Protocol):
    """An open file whose header has been read; it closes with its `with` block."""

    headers: list[str]
    """One distinct name a column: the keys of `record_data`."""
    read_as: ReadAs

    def __enter__(self) -> Self:
        """Return the open file."""
        ...

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        ...

    def batches(self, size: int, *, last_is_optional: bool) -> Iterator[Batch]:
        """Yield the records after the header, at most `size` at a time; memory is that of one batch.

        Args:
            size: Records in a batch.
            last_is_optional: Whether a record may leave out its last cell.

        Raises:
            UnreadableFile: When the file has no records, or cannot be split into them.
            ChangedFile: When it is no longer the one that was registered.
        """
        ...
