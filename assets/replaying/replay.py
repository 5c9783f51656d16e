"""What a replay says: which results of an import would differ, from what to what, and what sending them takes.

What belongs here: the shape. What does not: finding it out (`rehearsing`), and showing it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assets.csv_imports.replays import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from assets.planning.forecast import PlannedImport, Sending

LEFT_ALONE = {
    "corrected": "put right since, by a fix file or a later export: newer values are not overwritten",
    "superseded": "another row has the record, most often of a later file, or it is gone: older values never win",
    "taken": "another record in Coperniq has the key that the row would have: settle which of the two it is",
    "unreadable": "could not be split into columns: correct it in the fix file",
    "gone": "no longer stored, or erased",
}
"""Why rows are left alone, in words."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A field of a row whose result differs; None where one of the two results has no value."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Sample:
    """A row whose result differs: its statuses, its fields that do, and what is said of it now."""

    row: int
    old_status: str
    new_status: str
    changed: Sequence[Changed]
    said: str | None


@dataclass(slots=True)
class Replay:
    """What would become of the rows of an import.

    Attributes:
        import_id: The import.
        import_name: The name of its file.
        coperniq_type: Of its rows.
        rows: How many it has.
        statuses: How many of those that were judged again have which status, by the one before and the one now.
        differing: How many of them have another result: what would be sent of them, or that nothing would be.
        differing_rows: Which they are: the first and the last number of each unbroken run of them.
        kept: How many of those that differ are left alone all the same.
        fields: Which fields differ, and in how many rows, the commonest first.
        samples: The first rows that differ, 1,000 at most.
        not_sampled: How many more differ.
        left: How many rows are left alone, by the reason.
        planned: What becomes of the rows that run; None where none does.
        sending: What sending takes; None where no row runs.
        record_numbers: The rows that run, as text of an `INT4MULTIRANGE`; None where none does.
        reading: How they are read.
    """

    import_id: UUID
    import_name: str
    coperniq_type: str
    rows: int
    statuses: Sequence[tuple[str, str, int]] = ()
    differing: int = 0
    differing_rows: Sequence[tuple[int, int]] = ()
    kept: int = 0
    fields: Sequence[tuple[str, int]] = ()
    samples: Sequence[Sample] = ()
    not_sampled: int = 0
    left: Mapping[str, int] = field(default_factory=dict[str, int])
    planned: PlannedImport | None = None
    sending: Sending | None = None
    record_numbers: str | None = None
    reading: Reading = field(default_factory=lambda: Reading(None))
