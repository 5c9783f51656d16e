"""Retention: the daily run that removes what is old, and Dagster's own old runs among it.

What belongs here: when it runs, and which runs of Dagster go. What does not: how long things are kept
(`assets.retention.rules`), files and the audit log. Ticks of sensors and schedules are Dagster's to forget:
`retention` in `dagster.yaml` says when.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as checks
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from psycopg import Connection

from assets.csv_imports.definitions import csv_imports
from assets.csv_imports.inbox import Inbox
from assets.observing import observed
from assets.retention import clearing, rules, store
from assets.retention.rules import Keep

RETENTION_JOB = "retention"
DAILY = "30 9 * * *"
"""In UTC: when the nightly comparison is over."""
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
PAGE = 200
Made = tuple[dg.AssetKey, str | None, int]
"""An asset, its partition, and where in the event log it stands."""


@dg.op(
    required_resource_keys={"database", "inbox", "keep"},
    description="Remove runs, processed files and entries of the audit log that are older than the settings say.",
)
def remove_what_is_old(context: dg.OpExecutionContext) -> None:
    """Remove what is old, and say how much of what."""
    resources = context.resources
    # Nothing is materialized: the asset whose files go is the one to be seen at work.
    with resources.database.connect() as conn, observed(context, csv_imports.key):
        removed = remove(conn, context.instance, resources.inbox, resources.keep, datetime.now(UTC))
    context.log.info("Removed " + ", ".join(f"{number:,} {what}" for what, number in removed.items()) + ".")
    context.add_output_metadata(removed)


def remove(
    conn: Connection[Any], instance: dg.DagsterInstance, inbox: Inbox, keep: Keep, now: datetime
) -> dict[str, int]:
    """Remove what is old at a time, a bounded number of each kind; a line in `retention_log` says so.

    Args:
        conn: In autocommit mode.
        instance: Dagster's.
        inbox: Where processed files lie.
        keep: For how long things are kept.
        now: The time.

    Returns:
        How many went, by what they are.
    """
    removed = {"runs": 0, "entries of the audit log": 0, "files": 0}
    if before := rules.limit(keep.events, now):
        removed["runs"] = forget_runs(instance, before)
        forget_checks(instance, before)
        store.note(conn, "runs", before, removed["runs"])
    if before := rules.limit(keep.log, now):
        removed["entries of the audit log"] = store.forget_sync_log(conn, before, rules.MOST_ENTRIES)
    # Last: an inbox that does not answer holds up nothing else.
    if before := rules.limit(keep.files, now):
        removed["files"] = clearing.clear(conn, inbox, before, rules.MOST_FILES)
        store.note(conn, "files", before, removed["files"])
    return removed


def retention_job() -> dg.JobDefinition:
    """Make the job; it has a run of its own, so that no contractor waits for it."""

    @dg.job(
        name=RETENTION_JOB,
        executor_def=dg.in_process_executor,
        description="Remove what is old: Dagster's runs, processed files, the audit log.",
    )
    def job() -> None:
        remove_what_is_old()

    return job


def retention_daily(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Make the schedule: a run a day, unless everything is kept for ever."""

    @dg.schedule(
        name="retention_daily",
        job=job,
        cron_schedule=DAILY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Remove what is older than MEP_KEEP_EVENTS_DAYS, MEP_KEEP_FILES_DAYS and MEP_KEEP_LOG_DAYS say.",
    )
    def evaluate(context: dg.ScheduleEvaluationContext, keep: dg.ResourceParam[Keep]) -> dg.RunRequest | dg.SkipReason:
        if keep.for_ever:
            return dg.SkipReason("Everything is kept for ever: the three settings MEP_KEEP_…_DAYS are 0.")
        return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%d}")

    return evaluate


def forget_runs(instance: dg.DagsterInstance, before: datetime, most: int = rules.MOST_RUNS) -> int:
    """Delete runs that ended before a time, with their events and logs; return how many.

    A run stays while it is the last that materialised an asset or a partition of one: what Dagster shows of that asset,
    and what its automation goes by, is in that run's events.
    """
    removed = 0
    for page in _finished(instance, before):
        made = {run_id: _made(instance, run_id) for run_id in page}
        kept = _latest(instance, made)
        for run_id in page:
            if run_id in kept:
                continue
            instance.compute_log_manager.delete_logs(prefix=[run_id])
            instance.delete_run(run_id)
            removed += 1
            if removed == most:
                return removed
    return removed


def forget_checks(instance: dg.DagsterInstance, before: datetime) -> None:
    """Delete what checks said before a time, but for each one's last word: Dagster keeps that when it deletes a run."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return
    newer = checks.alias()
    said_again = sqlalchemy.exists().where(
        newer.c.asset_key == checks.c.asset_key,
        newer.c.check_name == checks.c.check_name,
        newer.c.partition.is_not_distinct_from(checks.c.partition),
        newer.c.id > checks.c.id,
    )
    old = checks.c.create_timestamp < before.astimezone(UTC).replace(tzinfo=None)
    with storage.index_connection() as conn:
        conn.execute(sqlalchemy.delete(checks).where(old, said_again))


def _finished(instance: dg.DagsterInstance, before: datetime) -> Iterator[list[str]]:
    """Yield finished runs, the oldest first, some at a time; those that were yielded may be deleted meanwhile."""
    found = dg.RunsFilter(statuses=FINISHED, updated_before=before)
    cursor: str | None = None
    while page := [
        record.dagster_run.run_id
        for record in instance.get_run_records(found, limit=PAGE, ascending=True, cursor=cursor)
    ]:
        yield page
        # A run that was deleted is no place to go on from.
        there = [record.dagster_run.run_id for record in instance.get_run_records(dg.RunsFilter(run_ids=page))]
        cursor = max(there, key=page.index, default=cursor)


def _made(instance: dg.DagsterInstance, run_id: str) -> list[Made]:
    """List what a run materialised."""
    records = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records
    events = ((record.storage_id, record.event_log_entry.get_dagster_event()) for record in records)
    return [(event.asset_key, event.partition, place) for place, event in events if event.asset_key]


def _latest(instance: dg.DagsterInstance, made: dict[str, list[Made]]) -> set[str]:
    """Return those of the runs that made the latest materialisation of something."""
    partitions: dict[dg.AssetKey, set[str]] = defaultdict(set)
    for key, partition, _ in (one for each in made.values() for one in each):
        partitions[key] |= {partition} if partition else set()
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    newest = {
        key: instance.get_latest_storage_id_by_partition(key, kind, names) if names else {}
        for key, names in partitions.items()
    }
    whole = {key: instance.get_latest_materialization_event(key) for key in partitions}
    kept: set[str] = set()
    for run_id, each in made.items():
        last_of_all = any((event := whole[key]) is not None and event.run_id == run_id for key, *_ in each)
        if last_of_all or any(newest[key].get(partition or "") == place for key, partition, place in each):
            kept.add(run_id)
    return kept
