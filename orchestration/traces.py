"""A trace for a terminal: what a record is now, then each of its rows in order of time, in tables of a page's width.

What belongs here: how a trace looks. What does not: what it says (`assets.lineage`).
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from assets.text import one_line
from orchestration import screen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from assets.lineage.trace import Attempt, Cell, Finding, Row, Trace

WIDTH = 100
MOST_CHARACTERS = 300
"""Of a cell, which is anyone's text: `--json` has all of it."""
SHORT_ID = 8


def print_traces(traces: Sequence[Trace]) -> None:
    """Print traces, one after the other."""
    console = screen.console()
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    for place, trace in enumerate(traces):
        if place:
            console.print()
        console.print(_line(_title(trace), bold=True))
        for line in _state(trace):
            console.print(_line(f"  {line}"))
        for number, row in enumerate(trace.rows, 1):
            _print_row(console, number, row)
        if trace.findings:
            console.print(_findings(trace.findings))


def _title(trace: Trace) -> str:
    return f"{trace.type} {_shown(trace.key or 'without a key')} of {trace.contractor}"


def _state(trace: Trace) -> list[str]:
    if trace.record is None:
        return ["not among the records that are sent, or not any more"]
    record = trace.record
    there = f", {record.coperniq_id} in Coperniq" if record.coperniq_id else ""
    waits = f", waits for {_shown(record.waiting_for)}" if record.waiting_for else ""
    called = [f"called {_shown(', '.join(sorted(record.names)))}"] if record.names else []
    return [f"now {record.state}{there}{waits}", f"record {record.id}", *called]


def _print_row(console: Console, number: int, row: Row) -> None:
    line = f", line {row.line_number:,}" if row.line_number else ""
    console.print()
    console.print(_line(f"{number}. {_shown(row.file.name)}, row {row.record_number:,}{line}: {row.status}", bold=True))
    for name, said in _facts(row):
        console.print(_line(f"   {name:<9} {said}"))
    if row.erased_at is None:
        console.print(_cells(row.cells))
    if row.attempts:
        console.print(_attempts(row.attempts))
    for name, said in _outcome(row):
        console.print(_line(f"   {name:<9} {said}"))


def _facts(row: Row) -> list[tuple[str, str]]:
    file = row.file
    rules = f"version {file.rules_version}" if file.rules_version else "of a version that nobody noted"
    own = f", and the contractor's mapping file {file.mapping}" if file.mapping else ""
    facts = [
        ("import", f"{file.import_id}, {file.status}, registered {_at(file.registered_at)}"),
        ("file", _shown(file.path or "none: its rows came another way")),
        ("sha256", file.sha256 or "none"),
        ("row", f"{row.id}{f', of form {row.form_id}' if row.form_id else ''}"),
        ("judged", _at(row.judged_at) if row.judged_at else "at a time that nobody noted"),
        ("rules", f"{rules}{own}"),
        *([("erased", f"{_at(row.erased_at)}: its values are a person's who asked for it")] if row.erased_at else []),
    ]
    links = (("corrects", row.corrects), ("corrected", row.corrected_by), ("replaced", row.replaced_by))
    return [*facts, *((name, f"{'' if name == 'corrects' else 'by '}row {one}") for name, one in links if one)]


def _outcome(row: Row) -> list[tuple[str, str]]:
    said = [("message", _shown(row.message))] if row.message else []
    if row.sent is None:
        return [*said, ("Coperniq", row.coperniq_id)] if row.coperniq_id else said
    sent = row.sent
    score = f", score {sent.score}" if sent.score is not None else ""
    deleted = f", deleted {_at(sent.deleted_at)}" if sent.deleted_at else ""
    return [
        *said,
        ("Coperniq", f"{sent.coperniq_id}, company {sent.company}, first {_at(sent.first_at)}{score}{deleted}"),
    ]


def _cells(cells: Sequence[Cell]) -> Table:
    table = _table("column", "cell", "transformation", "field", "value")
    for one in cells:
        table.add_row(
            _text(one.column if one.column is not None else "(constant)"), _text(one.cell),
            _text(one.transformation), _text(one.field or "(not sent)"), _text(one.value),
        )  # fmt: skip
    return table


def _attempts(attempts: Sequence[Attempt]) -> Table:
    table = _table("request", "what", "HTTP", "ms", "rows", "answer")
    for one in attempts:
        answer = " ".join(filter(None, (one.status, one.error_code, one.error_message, one.transaction_id)))
        table.add_row(
            _at(one.completed_at), one.operation, str(one.http_status or "none"), str(one.milliseconds or 0),
            f"{one.records_successful:,} of {one.records_processed:,}", _text(answer),
        )  # fmt: skip
    return table


def _findings(findings: Sequence[Finding]) -> Table:
    table = _table("sync-check", "found", "last", "resolved", "fields")
    for one in findings:
        resolved = _at(one.resolved_at) if one.resolved_at else "no"
        table.add_row(one.kind, _at(one.found_at), _at(one.confirmed_at), resolved, _text(", ".join(one.fields or ())))
    return table


def _table(*columns: str) -> Table:
    table = Table(title_justify="left", padding=(0, 1))
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _line(text: str, *, bold: bool = False) -> Text:
    # File names and cells are anyone's text: no markup is read from them.
    return Text(text, style="bold" if bold else "", overflow="fold")


def _text(value: Any) -> Text:
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return Text(_shown("" if value is None else str(value)))


def _shown(text: str) -> str:
    return one_line(text, MOST_CHARACTERS)


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%F %T}"
