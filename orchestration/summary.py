"""What a run did, for a terminal: a table of imports, the commonest errors in words, what rows wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assets import leases
from assets.counting import counted
from assets.csv_imports import summaries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection

    from assets.csv_imports.summaries import Summary
    from orchestration.runs import FileOutcome, Rebuilt

SHOWN_CAUSES = 8
COUNTS = ("attempted", "success", "failed", "duplicate", "skipped", "sent", "waiting", "refused")
SHOWN_ALWAYS = ("attempted", "success", "failed", "duplicate", "sent", "waiting")
PIPE_COLUMNS = 250
_STATES = {"success": "imported", "partial_success": "imported", "rolled_back": "rolled back"}


def print_run(conn: Connection[Any], slug: str, contractor_id: UUID, outcomes: Sequence[FileOutcome]) -> bool:
    """Print what became of a run's files and forms; say whether all of them are sent or have a final reason."""
    ids = [UUID(outcome.import_id) for outcome in outcomes if outcome.import_id]
    rows = summaries.summaries(conn, ids)
    # Of two files with one content, the first says how its import went.
    print_imports(slug, rows, {outcome.import_id: outcome.outcome for outcome in reversed(outcomes)})
    _print_notes(outcomes, rows)
    _print_counted("Commonest errors", summaries.commonest_causes(conn, ids, SHOWN_CAUSES))
    _print_counted("Rows wait for", summaries.waiting_for(conn, ids, SHOWN_CAUSES))
    elsewhere = summaries.count_waiting(conn, contractor_id) - sum(row.waiting for row in rows)
    if (resumes_at := leases.resumes_at(conn, contractor_id)) is not None:
        waiting = summaries.count_waiting(conn, contractor_id)
        wait = f"{counted(waiting, 'record waits', 'records wait')} until {leases.in_words(resumes_at)}"
        _print(f"  {wait}; a schedule of Dagster goes on then.")
    if elsewhere:
        wait = counted(elsewhere, "row of other imports waits", "rows of other imports wait")
        _print(f"  {wait} too: `mep contractor show {slug}` lists them.")
    failed = any(not outcome.import_id and outcome.outcome in ("failed", "held") for outcome in outcomes)
    return not failed and not elsewhere and not any(row.waiting or row.status == "failed" for row in rows)


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
    _console().print(table)


def _print(line: str) -> None:
    _console().print(Text(line), soft_wrap=True)


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPE_COLUMNS)
