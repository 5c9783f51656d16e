"""What a run that failed gives somebody to hear: one alert, or none where another says it already.

What belongs here: reading a failed run's last events. What does not: when they are read (`alerting`), and what an alert
is (`assets.alerts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG

from assets.alerts.causes import Alert, Cause, without_personal_data
from assets.analytics.project import DbtFailed
from assets.contractors import store as contractors
from assets.coperniq.deliver import KeyRefused
from assets.counting import counted
from assets.errors import PipelineError
from assets.partitions import contractor_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from dagster_shared.error import SerializableErrorInfo
    from psycopg import Connection

SHOWN_TESTS = 5
BLOCKED = "DagsterAssetCheckFailedError"
"""What ends a run in which a blocking check failed; the check has raised an alert of its own."""


def alert(
    conn: Connection[Any], instance: dg.DagsterInstance, run: dg.DagsterRun, event: dg.DagsterEvent
) -> Alert | None:
    """Return the alert of a run; None where nobody has to hear of it, or has heard.

    Args:
        conn: To the product's database.
        instance: Dagster's.
        run: The run.
        event: With which it failed.
    """
    # Dagster itself tries it again; a run of the command line it cannot.
    if run.tags.get(WILL_RETRY_TAG) == "true" and run.remote_job_origin is not None:
        return None
    # A run whose process is gone has no more than a sentence of the daemon.
    error = _cause(event.job_failure_data.error) if event.event_specific_data else None
    name = error.cls_name if error else None
    if name == BLOCKED:
        return None
    if name == KeyRefused.__name__:
        return Alert(Cause.KEY_REFUSED, "api_key", "coperniq", _said(event, error), run_id=run.run_id)
    if name == DbtFailed.__name__ and (tests := list(_failed_tests(instance, run))):
        return _of_tests(run, tests)
    slug = contractor_of(run)
    return Alert(
        Cause.RUN_FAILED,
        "job",
        f"{run.job_name} {slug}" if slug else run.job_name,
        f"{run.job_name}: {_said(event, error)}",
        contractor_id=_id(conn, slug) if slug else None,
        run_id=run.run_id,
    )


def _cause(error: SerializableErrorInfo | None) -> SerializableErrorInfo | None:
    """Return what was raised, rather than what Dagster wrapped it in."""
    while error and error.cause and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    return error


def _said(event: dg.DagsterEvent, error: SerializableErrorInfo | None) -> str:
    """Say why a run failed: in the words of an error that the product raises on purpose, else by the error's class.

    The words of any other may hold a row's values.
    """
    if error is None:
        return without_personal_data(event.message or "its process died.")
    if error.cls_name in _foreseen(PipelineError):
        return without_personal_data(error.message.partition(": ")[2])
    return f"it met {error.cls_name}, which nobody foresaw."


def _foreseen(kind: type[PipelineError]) -> set[str]:
    return {kind.__name__}.union(*map(_foreseen, kind.__subclasses__()))


def _failed_tests(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterator[tuple[str, int]]:
    """Yield the names of the data tests that failed, with how many rows break each one's rule."""
    found = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    for record in found.records:
        test = record.event_log_entry.get_dagster_event().asset_check_evaluation_data
        if not test.passed and test.severity is dg.AssetCheckSeverity.ERROR:
            rows: Any = test.metadata.get("rows that break the rule")
            yield test.check_name, int(rows.value) if rows else 0


def _of_tests(run: dg.DagsterRun, failed: list[tuple[str, int]]) -> Alert:
    names = ", ".join(name for name, _ in failed[:SHOWN_TESTS])
    more = f" and {len(failed[SHOWN_TESTS:]):,} more" if failed[SHOWN_TESTS:] else ""
    said = f"{counted(len(failed), 'data test')} failed: {names}{more}."
    return Alert(Cause.DBT_TESTS, "job", run.job_name, said, sum(rows for _, rows in failed), run_id=run.run_id)


def _id(conn: Connection[Any], slug: str) -> UUID | None:
    try:
        return contractors.get(conn, slug).id
    except contractors.ContractorError:
        return None
