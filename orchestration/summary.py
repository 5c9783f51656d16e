"""What a run did, for a terminal: a table of imports, the commonest errors in words, what rows wait for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rich.table import Table
from rich.text import Text

from assets import leases
from assets.counting import counted
from assets.csv_imports import summaries
from orchestration import screen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from psycopg import Connection

    from assets.csv_imports.summaries import Summary
    from orchestration.runs import FileOutcome, Rebuilt

SHOWN_CAUSES = 8
COUNTS = ("attempted", "success", "failed", "duplicate", "skipped", "sent", "waiting", "refused", "open")
SHOWN_ALWAYS = ("attempted", "success", "failed", "duplicate", "sent", "waiting", "open")
_STATES = {"success": "imported", "partial_success": "imported", "rolled_back": "rolled back"}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What became of a run's files and forms.

    Attributes:
        contractor: The slug.
        outcomes: Of files and forms, as the run said them.
        imports: Their imports.
        causes: The commonest reasons for which rows are errors, in words, with their numbers.
        waits: What rows wait for, with their numbers; None is being sent.
        waiting: Rows of the contractor that wait, those of other imports included.
        resumes_at: When a quota is free again that they wait for.
    """

    contractor: str
    outcomes: Sequence[FileOutcome]
    imports: list[Summary]
    causes: list[tuple[str, int]]
    waits: list[tuple[str | None, int]]
    waiting: int
    resumes_at: datetime | None

    @property
    def elsewhere(self) -> int:
        """Rows of other imports that wait."""
        return self.waiting - sum(row.waiting for row in self.imports)

    @property
    def finished(self) -> bool:
        """Whether every row is sent or has a final reason, and every file was taken."""
        failed = any(not one.import_id and one.outcome in ("failed", "held") for one in self.outcomes)
        return not (failed or self.elsewhere or any(row.waiting or row.status == "failed" for row in self.imports))

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "contractor": self.contractor,
            "finished": self.finished,
            "files": [asdict(one) for one in self.outcomes],
            "imports": [asdict(row) for row in self.imports],
            "commonest_errors": [{"error": said, "records": records} for said, records in self.causes],
            "waits_for": [{"what": what or "being sent", "records": records} for what, records in self.waits],
            "waiting_elsewhere": self.elsewhere,
            "resumes_at": self.resumes_at,
        }


def of_run(conn: Connection[Any], slug: str, contractor_id: UUID, outcomes: Sequence[FileOutcome]) -> RunSummary:
    """Ask the database what became of a run's files and forms."""
    ids = [UUID(outcome.import_id) for outcome in outcomes if outcome.import_id]
    return RunSummary(
        slug,
        outcomes,
        summaries.summaries(conn, ids),
        summaries.commonest_causes(conn, ids, SHOWN_CAUSES),
        summaries.waiting_for(conn, ids, SHOWN_CAUSES),
        summaries.count_waiting(conn, contractor_id),
        leases.resumes_at(conn, contractor_id),
    )


def print_run(run: RunSummary) -> None:
    """Print what became of a run's files and forms."""
    # Of two files with one content, the first says how its import went.
    print_imports(run.contractor, run.imports, {one.import_id: one.outcome for one in reversed(run.outcomes)})
    _print_notes(run.outcomes, run.imports)
    _print_counted("Commonest errors", run.causes)
    _print_counted("Rows wait for", run.waits)
    if run.resumes_at is not None:
        wait = f"{counted(run.waiting, 'record waits', 'records wait')} until {leases.in_words(run.resumes_at)}"
        _print(f"  {wait}; a schedule of Dagster goes on then.")
    if run.elsewhere:
        wait = counted(run.elsewhere, "row of other imports waits", "rows of other imports wait")
        _print(f"  {wait} too: `mep contractor show {run.contractor}` lists them.")


def _print_notes(outcomes: Sequence[FileOutcome], rows: Sequence[Summary]) -> None:
    for outcome in outcomes:
        if outcome.outcome == "already imported" and outcome.note:
            _print(f"  {outcome.file}: already imported {outcome.note}")
        elif not outcome.import_id:
            _print(f"  {outcome.file}: {outcome.outcome}: {outcome.note}")
    for row in rows:
        if row.status == "failed":
            _print(f"  {row.import_name}: failed: {row.reason or 'every one of its rows is an error.'}")


def _print_counted(title: str, counted: Sequence[tuple[str | None, int]]) -> None:
    if counted:
        _print(f"  {title}:")
    for what, records in counted:
        _print(f"    {records:>6,} × {what or 'being sent'}")


def print_analytics(rebuilt: Rebuilt) -> None:
    """Print the result of dbt."""
    _print(f"dbt: {rebuilt.views} views rebuilt, {rebuilt.passed} data tests passed, {len(rebuilt.failed)} failed")
    for name in rebuilt.failed:
        _print(f"  failed: {name}")


def print_imports(slug: str, rows: Sequence[Summary], outcomes: Mapping[str, str]) -> None:
    """Print a table of imports, one line each."""
    shown = [name for name in COUNTS if name in SHOWN_ALWAYS or any(getattr(row, name) for row in rows)]
    table = Table(title=f"Imports of {slug}", title_justify="left", title_style="bold")
    for name in ("file", "type", "import", "state"):
        table.add_column(name, overflow="fold")
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        state = outcomes.get(str(row.id), "imported")
        if state in ("new", "resumed", "imported"):
            state = _STATES.get(row.status, row.status)
        counts = [f"{getattr(row, name):,}" for name in shown]
        # File names are anyone's text: no markup is read from them.
        table.add_row(Text(row.import_name), row.coperniq_type or "?", str(row.id)[:8], state, *counts)
    screen.console().print(table)


def _print(line: str) -> None:
    screen.console().print(Text(line), soft_wrap=True)
