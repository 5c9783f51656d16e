"""What a trace says of a record, as data: what `mep trace --json` prints, and what its tables are made of.

What belongs here: the parts of a trace, and how rows are put together to records. What does not: SQL (`store`), finding
what is asked for (`tracing`), tables.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class File:
    """Where a row comes from: an import of a file, or of forms.

    Attributes:
        import_id: Of the import.
        name: Of the file.
        path: Where it was found, relative to the inbox; None for what came another way.
        sha256: Of its content.
        status: Of the import.
        registered_at: When it was found first.
        rules_version: Of the rules that transformed and judged its rows; None where nobody noted it.
        mapping: SHA-256 of the contractor's own mapping file that was followed; None for none.
        corrects: The import whose fix file it is; None for any other file.
    """

    import_id: UUID
    name: str
    path: str | None
    sha256: str | None
    status: str
    registered_at: datetime
    rules_version: int | None
    mapping: str | None
    corrects: UUID | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row, and the field that it fed, if any; a field that a constant fills has no column."""

    column: str | None
    cell: Any
    field: str | None = None
    value: Any = None
    transformation: str | None = None
    parameters: dict[str, Any] | None = None
    validation: str | None = None
    chosen_by: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that was about a row, among others, and the answer; counts are of the whole request."""

    started_at: datetime
    completed_at: datetime
    operation: str
    status: str
    records_processed: int
    records_successful: int
    records_failed: int
    http_status: int | None
    milliseconds: int | None
    error_code: str | None
    error_message: str | None
    transaction_id: str | None
    performed_by: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a row became in Coperniq, as `data_lineage` has it."""

    coperniq_id: str | None
    company: str | None
    score: float | None
    transformations: str | None
    first_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a comparison found Coperniq to disagree."""

    kind: str
    coperniq_id: str
    fields: list[str] | None
    found_at: datetime
    confirmed_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file, from its cells to its record; `corrects`, `corrected_by` and `replaced_by` are other rows.

    One whose values were erased has no cells.
    """

    id: UUID
    contractor: str
    type: str
    key: str | None
    record_number: int
    line_number: int | None
    status: str
    message: str | None
    judged_at: datetime | None
    erased_at: datetime | None
    coperniq_id: str | None
    corrects: UUID | None
    corrected_by: UUID | None
    replaced_by: UUID | None
    form_id: UUID | None
    file: File
    sent: Sent | None
    cells: list[Cell]
    attempts: list[Attempt]


@dataclass(frozen=True, slots=True)
class Known:
    """A record as the pipeline knows it now."""

    id: UUID
    contractor: str
    type: str
    key: str
    names: list[str]
    state: str
    waiting_for: str | None
    coperniq_id: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of one record: its rows in order of time. `record` is None for one that is not to be sent, or no more."""

    contractor: str
    type: str
    key: str | None
    record: Known | None
    rows: list[Row] = field(default_factory=list["Row"])
    findings: list[Finding] = field(default_factory=list["Finding"])


def cells(data: Any, sent: Mapping[str, Any] | None, mapping: Sequence[Mapping[str, Any]]) -> list[Cell]:
    """Put the cells of a row beside what became of each, in the order of the file; those that nobody mapped last.

    Args:
        data: The row as it stood in the file, by column; whoever adds rows past the pipeline may give anything.
        sent: What is sent of it, by field; None where nothing is.
        mapping: Of its import, a column and field each.
    """
    if not isinstance(data, dict):
        return [Cell("", data)]
    of_columns = cast("dict[str, Any]", data)
    mapped = [
        Cell(cell=of_columns.get(str(one["column"])), value=(sent or {}).get(str(one["field"])), **_of_column(one))
        for one in mapping
    ]
    known = {one.column for one in mapped}
    return [*mapped, *(Cell(column, cell) for column, cell in of_columns.items() if column not in known)]


def _of_column(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "transformation": one["transformation"] if one["field"] else None}


def traces(
    rows: Sequence[Row],
    known: Sequence[Known],
    record_of: Mapping[UUID, UUID],
    findings: Mapping[UUID, list[Finding]],
    asked: Iterable[UUID],
) -> list[Trace]:
    """Put rows together to records, and leave out records of which nothing was asked for.

    Rows are of one record where the pipeline says so, where one corrects the other, and, with no record, where they
    have one key.

    Args:
        rows: In order of time.
        known: The records.
        record_of: The record of each row, by their ids.
        findings: By record.
        asked: Ids of the rows and records that were asked for.
    """
    leaders = _Leaders()
    for row in rows:
        alike = (row.contractor, row.type, row.key) if row.key else row.id
        leaders.join(row.id, record_of.get(row.id, alike))
        if row.corrects:
            leaders.join(row.id, row.corrects)
    wanted = {leaders.of(one) for one in asked}
    records = {leaders.of(one.id): one for one in known}
    grouped: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[leaders.of(row.id)].append(row)
    made: list[Trace] = []
    for leader in dict.fromkeys([*grouped, *records]):
        if leader in wanted:
            of, record = grouped.get(leader, []), records.get(leader)
            whose = record or of[-1]
            found = findings.get(record.id, []) if record else []
            made.append(Trace(whose.contractor, whose.type, whose.key, record, of, found))
    return sorted(made, key=lambda one: (one.contractor, one.type, one.key or ""))


class _Leaders:
    """Which things belong together: each has a leader, and those that belong together have one."""

    def __init__(self) -> None:
        self._leader: dict[Hashable, Hashable] = {}

    def of(self, one: Hashable) -> Hashable:
        while (leader := self._leader.get(one, one)) != one:
            one = leader
        return one

    def join(self, one: Hashable, other: Hashable) -> None:
        self._leader[self.of(one)] = self.of(other)
