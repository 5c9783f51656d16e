"""What a plan says: for each import its columns, counts, samples and differences; and what sending all of it takes.

What belongs here: the shape. What does not: finding it out (`forecasting`), keeping it (`sealing`), and showing it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTCOMES = ("created", "updated", "unchanged", "duplicate", "rejected", "replaced", "waiting")
"""Of rows, in the order in which they are shown. `rejected` are errors and what cannot be sent; `replaced` gives way to
another file's row of the same record; `waiting` goes once something else is there."""

LEFT = "left by an earlier run"
"""The outcome of an import that any run goes on with."""
NOT_PLANNED = "not planned"
"""That of a fix file that is not foreseen behind another one, and that no sealed plan takes."""


@dataclass(frozen=True, slots=True)
class Column:
    """How a column was read, as `csv_column_mapping` says it; `confidence` is from 0 to 1."""

    header: str
    field: str | None
    rule: str | None
    source: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Sample:
    """A row: its values as they would be sent, else as they stand in the file, and what is said of it."""

    row: int
    values: dict[str, str]
    said: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that an update gives another value, in a row."""

    row: int
    field: str
    before: str | None
    after: str


@dataclass(slots=True)
class PlannedImport:
    """One import of a file; a file of contacts with service addresses has two.

    Attributes:
        file: The file's name.
        source: Where it lies.
        outcome: As `registering.Registered` has it, `LEFT` or `NOT_PLANNED`.
        note: In words, where there is something to say.
        coperniq_type: None where there is no import.
        sha256: Of the content; None where it could not be read.
        size_bytes: Its size.
        failure: Why none of its rows would stand.
        read_as: How the file was read: encoding, delimiter, what stood above the header.
        doubts: What is doubtful about the file as a whole.
        columns: How each column was read.
        counts: Rows by outcome.
        warned: How many of those to be sent were repaired or are doubtful.
        causes: Why rows are errors, the commonest first.
        waits_for: What rows wait for, the commonest first.
        changed_fields: Which fields the updates give another value, and in how many rows.
        samples: The first rows of each outcome.
        differences: Those of the first 1,000 updates.
        updates_left_out: How many updates there are behind those.
    """

    file: str
    source: str
    outcome: str
    note: str | None = None
    coperniq_type: str | None = None
    sha256: str | None = None
    size_bytes: int = 0
    failure: str | None = None
    read_as: dict[str, Any] = field(default_factory=dict[str, Any])
    doubts: list[str] = field(default_factory=list[str])
    columns: list[Column] = field(default_factory=list[Column])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    warned: int = 0
    causes: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    waits_for: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    changed_fields: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    samples: dict[str, list[Sample]] = field(default_factory=dict[str, list[Sample]])
    differences: list[Difference] = field(default_factory=list[Difference])
    updates_left_out: int = 0

    @property
    def is_refused(self) -> bool:
        """Say whether nothing of the file would be imported."""
        return self.failure is not None or self.outcome == "failed"


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending takes.

    Attributes:
        said: In one line: records, requests, and for how long.
        requests: That write.
        lookups: Requests that look up parents which nobody here has sent, before.
        names: How many parents these look up.
        seconds: Of sending under the limits, pauses between days left out.
        days: On which requests leave.
        earlier: Records of earlier imports that go as well.
        stopped: Why nothing would be sent; None where it would.
    """

    said: str
    requests: int
    lookups: int
    names: int
    seconds: float
    days: int
    earlier: int
    stopped: str | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would do, and the digests of what that rests on."""

    imports: Sequence[PlannedImport]
    sending: Sending
    standing: dict[str, str]

    def totals(self) -> dict[str, int]:
        """Add up the rows of all imports by outcome."""
        return {name: sum(one.counts.get(name, 0) for one in self.imports) for name in OUTCOMES}
