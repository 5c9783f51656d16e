"""When runs start by themselves: for whom, and when. What a run does stands with its job."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.catalogue import TYPES
from assets.contractors import store as contractors
from assets.coperniq import store as sending
from assets.coperniq.transport import Transport
from assets.database import Database
from assets.forms import exports
from assets.partitions import CONTRACTORS

NIGHTLY = "0 8 * * *"
"""In UTC: the small hours from the Atlantic to the Pacific."""
EVERY_TEN_MINUTES = "*/10 * * * *"
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]  # fmt: skip


def sync_check_nightly(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Make the schedule of the comparison: a run a night, while there is an active contractor."""

    @dg.schedule(
        name="sync_check_nightly",
        job=job,
        cron_schedule=NIGHTLY,
        execution_timezone="UTC",
        description="Compare Coperniq with what was sent, for every active contractor.",
    )
    def evaluate(
        context: dg.ScheduleEvaluationContext, database: dg.ResourceParam[Database]
    ) -> dg.RunRequest | dg.SkipReason:
        with database.connect() as conn:
            active = any(contractor.is_active for contractor in contractors.every(conn))
        if not active:
            return dg.SkipReason("No active contractor is registered: `mep contractor add` registers one.")
        return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%d}")

    return evaluate


def resume_sending(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Make the schedule that goes on where a day's quota, an outage or a dead run has left records to be sent."""

    @dg.schedule(
        name="resume_sending",
        job=job,
        cron_schedule=EVERY_TEN_MINUTES,
        execution_timezone="UTC",
        description="Send what waits, for contractors whose records may be sent again or who have approved forms.",
    )
    def evaluate(
        context: dg.ScheduleEvaluationContext,
        database: dg.ResourceParam[Database],
        coperniq: dg.ResourceParam[Transport],
    ) -> list[dg.RunRequest] | dg.SkipReason:
        known = set(context.instance.get_dynamic_partitions(CONTRACTORS.name or ""))
        sent = [record_type for record_type in TYPES if coperniq.missing(record_type) is None]
        with database.connect() as conn:
            waiting = {*sending.due(conn, context.scheduled_execution_time, sent), *exports.due(conn)}
        due = sorted(waiting & known)
        under_way = {
            run.tags.get("dagster/partition") for run in context.instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
        }
        requests = [
            dg.RunRequest(run_key=f"{slug} {context.scheduled_execution_time.isoformat()}", partition_key=slug)
            for slug in due
            if slug not in under_way
        ]
        return requests or dg.SkipReason("Nothing that could be sent now waits.")

    return evaluate
