"""What the report of an import says, in figures: gathered from the database as of one moment.

What belongs here: the questions and the shapes of their answers. What does not: words (`report_words`, `spanish`,
`repairs`), and the page (`report`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg.rows import class_row

from assets import catalogue, sql
from assets.errors import PipelineError
from assets.outbox import repairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection, Cursor

OUTCOMES = (
    "created", "updated", "skipped", "duplicate", "replaced", "corrected", "withdrawn", "erased", "ready", "waiting",
    "unsettled", "rejected", "error",
)  # fmt: skip
"""What becomes of a row, in the order in which the report shows it: each row of an import has one of them."""
SENT = ("created", "updated", "skipped")
"""Those of rows that Coperniq has."""
PENDING = ("ready", "waiting", "unsettled")
"""Those of rows that the pipeline still works at."""
TO_CORRECT = ("rejected", "error")
"""Those of rows that somebody has to correct."""
SETTLED = ("duplicate", "replaced", "corrected", "withdrawn", "erased")
"""Those of rows that another row stands for, or that were taken back or erased."""
_AS_JUDGED = ("skipped", "duplicate", "replaced", "corrected", "withdrawn", "erased", "error")
SHOWN = 50
"""How much of a list without end is shown."""
NAMED = 10
"""Rows of one repair that are named."""
Shape = TypeVar("Shape")


class UnknownImport(PipelineError):
    """Say that there is no such import."""


@dataclass(frozen=True, slots=True)
class Import:
    """The import: its file, its times, and why its rows are errors, where whoever closed it summed that up.

    `corrects` names the import whose rows it puts right, if it does; `corrected_by` those that put its own rows right.
    """

    id: UUID
    contractor_name: str
    import_name: str
    coperniq_type: str | None
    status: str
    file_size_bytes: int | None
    file_hash: str | None
    read_as: dict[str, Any] | None
    warnings: list[str]
    reason: str | None
    causes: list[dict[str, Any]] | None
    imported_by: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    attempted: int
    written_at: datetime
    corrects: str | None
    corrected_by: list[str]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why rows are errors; `cause` is None where only the field is known."""

    cause: str | None
    field: str | None
    rule: str | None
    records: int
    first_row: int


@dataclass(frozen=True, slots=True)
class Reason:
    """What rows wait for, or why Coperniq refused them; `reasons` is how many there are, shown or not."""

    reason: str
    records: int
    first_row: int
    reasons: int


@dataclass(frozen=True, slots=True)
class Quality:
    """Scores of the rows that Coperniq has, by bands."""

    scored: int
    lowest: float | None
    mean: float | None
    highest: float | None
    from_90: int
    from_80: int
    from_50: int
    below_50: int


@dataclass(frozen=True, slots=True)
class Column:
    """What a column was taken for: a field, or a part of one; or a field's value for every row, without a column."""

    place: int
    header: str
    field: str | None
    part: str | None
    dates_order: str | None
    value: str | None
    source: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Repaired:
    """In how many rows something was repaired, and the first of them.

    `kind` is None for what is of no known kind, `field` where unsaid.
    """

    kind: str | None
    field: str | None
    records: int
    first_rows: list[int]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a report says of an import; `outcomes` add up to its rows."""

    of: Import
    outcomes: dict[str, int]
    causes: list[Cause]
    refusals: list[Reason]
    waits: list[Reason]
    quality: Quality
    columns: list[Column]
    repaired: list[Repaired]

    def count(self, outcomes: Sequence[str]) -> int:
        """Count the rows of some outcomes."""
        return sum(self.outcomes.get(outcome, 0) for outcome in outcomes)


def gather(conn: Connection[Any], import_id: UUID) -> Figures:
    """Gather the figures of an import, all as of one moment.

    Args:
        conn: In autocommit mode.
        import_id: The import.

    Raises:
        UnknownImport: When there is none.
    """
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # It may take longer than a hosted server gives a statement.
        conn.execute("SELECT set_config('work_mem', '128MB', TRUE), set_config('statement_timeout', '0', TRUE)")
        return _Questions(conn, import_id).answers()


class _Questions:
    """The statements of `report.sql`, asked about one import in a transaction of the caller's."""

    def __init__(self, conn: Connection[Any], import_id: UUID) -> None:
        self._conn = conn
        self._statements = iter(sql.statements("assets.outbox", "report.sql"))
        self._parameters: dict[str, Any] = {"import": import_id, "shown": SHOWN, "named": NAMED}

    def answers(self) -> Figures:
        found = self._ask(Import)
        if not found:
            raise UnknownImport("There is no such import: `mep contractor show` lists them.")
        (of,) = found
        self._parameters["type"] = of.coperniq_type
        judged, under_way = self._counts(), self._counts()
        created = self._created(judged.get("sent", 0))
        (quality,) = self._ask(Quality)
        waits, refusals = self._ask(Reason), self._ask(Reason)
        columns = self._ask(Column)
        # Every row is read for these: only where whoever closed the import did not sum them up.
        named = [_cause(cause) for cause in of.causes or ()]
        unnamed = self._ask(Cause, skip=bool(named) or not judged.get("error"))
        self._parameters |= _looked_for(of, columns)
        causes = sorted(named or unnamed, key=lambda cause: -cause.records)
        outcomes = _outcomes(of, judged, under_way, created)
        return Figures(of, outcomes, causes, refusals, waits, quality, columns, self._ask(Repaired))

    def _counts(self) -> dict[str, int]:
        return dict(self._execute().fetchall())

    def _created(self, sent: int) -> int:
        """Count the rows of those sent that are new in Coperniq."""
        ((own, created),) = self._execute().fetchall()
        if own == sent:
            next(self._statements)
            return created
        return self._execute().fetchall()[0][0]

    def _execute(self) -> Cursor[tuple[Any, ...]]:
        return self._conn.execute(next(self._statements), self._parameters)

    def _ask(self, shape: type[Shape], *, skip: bool = False) -> list[Shape]:
        statement = next(self._statements)
        if skip:
            return []
        with self._conn.cursor(row_factory=class_row(shape)) as cursor:
            return cursor.execute(statement, self._parameters).fetchall()


def _cause(given: Mapping[str, Any]) -> Cause:
    cause, field, rule = (given.get(name) and str(given[name]) for name in ("cause", "field", "rule"))
    return Cause(cause, field, rule, int(given["records"]), int(given["first_row"]))


def _outcomes(of: Import, judged: Mapping[str, int], under_way: Mapping[str, int], created: int) -> dict[str, int]:
    """Put together what became of an import's rows.

    Rows to be sent that are not under way are not entered yet, or never will be.
    """
    sent, still_open = judged.get("sent", 0), judged.get("open", 0)
    rest = still_open - sum(under_way.values())
    counted = {
        **{outcome: judged.get(outcome, 0) for outcome in _AS_JUDGED},
        **under_way, "created": created, "updated": sent - created,
    }  # fmt: skip
    is_withdrawn = of.status in ("rolled_back", "failed")
    for outcome, records in (("ready", rest), ("rejected", judged.get("refused", 0))):
        at = "withdrawn" if is_withdrawn else outcome
        counted[at] = counted.get(at, 0) + records
    return {outcome: counted.get(outcome, 0) for outcome in OUTCOMES}


def _looked_for(of: Import, columns: Sequence[Column]) -> dict[str, Any]:
    """Say which repairs to look for: those that the fields of the file can have."""
    headers: dict[str, list[str]] = {}
    for column in columns:
        if column.field is not None:
            headers.setdefault(column.field, []).append(column.header or column.field)
    # No column was read of a file that fits no type: any type will do.
    record_type = catalogue.BY_NAME.get(of.coperniq_type or "", catalogue.CONTACT)
    fed = {field.name: headers[field.name] for field in record_type.fields if field.name in headers}
    return repairs.parameters(record_type, fed)
