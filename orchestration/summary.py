"""What a run did, for a terminal: a table of imports, the commonest errors in words, what rows wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assets.csv_imports import store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection

    from assets.csv_imports.store import Summary
    from orchestration.runs import FileOutcome, Rebuilt

SHOWN_CAUSES = 8
COUNTS = ("attempted", "success", "failed", "duplicate", "skipped", "sent", "waiting", "refused")
SHOWN_ALWAYS = ("attempted", "success", "failed", "duplicate", "sent", "waiting")
PIPE_COLUMNS = 250
_STATES = {"success": "imported", "partial_success": "imported"}


def print_run(conn: Connection[Any], slug: str, outcomes: Sequence[FileOutcome]) -> bool:
    """Print what became of a run's files; say whether all of their rows are sent or have a final reason."""
    ids = [UUID(outcome.import_id) for outcome in outcomes if outcome.import_id]
    rows = store.summaries(conn, ids)
    # Of two files with one content, the first says how its import went.
    print_imports(slug, rows, {outcome.import_id: outcome.outcome for outcome in reversed(outcomes)})
    for outcome in outcomes:
        if outcome.outcome == "already imported" and outcome.note:
            _print(f"  {outcome.file}: already imported {outcome.note}")
        elif not outcome.import_id:
            _print(f"  {outcome.file}: {outcome.outcome}: {outcome.note}")
    for row in rows:
        if row.reason:
            _print(f"  {row.import_name}: failed: {row.reason}")
    causes = store.commonest_causes(conn, ids, SHOWN_CAUSES)
    if causes:
        _print("  Commonest errors:")
        for cause, records in causes:
            _print(f"    {records:>6,} × {cause}")
    waiting = store.waiting_for(conn, ids, SHOWN_CAUSES)
    if waiting:
        _print("  Rows wait for:")
        for what, records in waiting:
            _print(f"    {records:>6,} × {what or 'their turn'}")
    failed = any(not outcome.import_id and outcome.outcome == "failed" for outcome in outcomes)
    return not failed and not any(row.waiting or row.status == "failed" for row in rows)


def print_analytics(rebuilt: Rebuilt) -> None:
    """Print the result of dbt."""
    _print(f"dbt: {rebuilt.views} views rebuilt, {rebuilt.passed} data tests passed, {len(rebuilt.failed)} failed")
    for name in rebuilt.failed:
        _print(f"  failed: {name}")


def print_imports(slug: str, rows: Sequence[Summary], outcomes: Mapping[str, str]) -> None:
    """Print a table of imports, one line each."""
    shown = [name for name in COUNTS if name in SHOWN_ALWAYS or any(getattr(row, name) for row in rows)]
    table = Table(title=f"Imports of {slug}", title_justify="left", title_style="bold")
    for name in ("file", "type", "state"):
        table.add_column(name, overflow="fold")
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        state = outcomes.get(str(row.id), "imported")
        if state in ("new", "resumed", "imported"):
            state = _STATES.get(row.status, row.status)
        counts = [f"{getattr(row, name):,}" for name in shown]
        # File names are anyone's text: no markup is read from them.
        table.add_row(Text(row.import_name), row.coperniq_type or "?", state, *counts)
    _console().print(table)


def _print(line: str) -> None:
    _console().print(Text(line), soft_wrap=True)


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPE_COLUMNS)
