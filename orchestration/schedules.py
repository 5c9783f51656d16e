"""When runs start by themselves: for whom, and when. What a run does stands with its job."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.analytics.definitions import Rebuilding
from assets.catalogue import TYPES
from assets.coperniq import findings, plan
from assets.coperniq import store as sending
from assets.coperniq.limits import Limits
from assets.coperniq.transport import Transport
from assets.counting import counted
from assets.database import Database
from assets.forms import exports
from orchestration import backoff

NIGHTLY = "0 8 * * *"
"""In UTC: the small hours from the Atlantic to the Pacific."""
SPARED = 10
"""The comparison begins by itself where it takes at most this part of a day's requests: a tenth."""
BEFORE_THAT = "30 7 * * *"
EVERY_TEN_MINUTES = "*/10 * * * *"


def sync_check_nightly(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Make the schedule of the comparison: a run a night, where that leaves most of a day's requests to imports."""

    @dg.schedule(
        name="sync_check_nightly",
        job=job,
        cron_schedule=NIGHTLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Compare Coperniq with what was sent, for every active contractor, where few requests do.",
    )
    def evaluate(
        context: dg.ScheduleEvaluationContext,
        database: dg.ResourceParam[Database],
        limits: dg.ResourceParam[Limits],
    ) -> dg.RunRequest | dg.SkipReason:
        with database.connect() as conn:
            needed = plan.count_pages(findings.count_sent(conn))
        if not needed:
            return dg.SkipReason("Nothing of an active contractor is in Coperniq: there is nothing to compare.")
        allowed = limits.allowance()
        spared = min(allowed.per_day // SPARED, allowed.left_today)
        if allowed.per_day and needed > spared:
            return dg.SkipReason(
                f"Comparing takes about {counted(needed, 'request')}, and a night may spend {spared:,} of the day's "
                f"{allowed.per_day:,}: start the job {job.name} by hand on a day without imports."
            )
        return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%d}")

    return evaluate


def rebuild_nightly(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Make the schedule that rebuilds and tests the views once a night, whether data came or not.

    It is the net below `automation`: what a view is made of may change without an asset, time alone fails a test, and
    what is broken in data that came long ago is found by looking at everything.
    """
    return dg.ScheduleDefinition(
        name="rebuild_nightly",
        job=job,
        cron_schedule=BEFORE_THAT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        run_config=dg.RunConfig(ops={"analytics": Rebuilding(everything=True)}),
        description="Rebuild the views and test all of the data with dbt, whether data came or not.",
    )


def resume_sending(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Make the schedule that goes on where a day's quota, an outage or a dead run has left records to be sent."""

    @dg.schedule(
        name="resume_sending",
        job=job,
        cron_schedule=EVERY_TEN_MINUTES,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Send what waits, for contractors whose records may be sent again or who have approved forms.",
    )
    def evaluate(
        context: dg.ScheduleEvaluationContext,
        database: dg.ResourceParam[Database],
        coperniq: dg.ResourceParam[Transport],
    ) -> list[dg.RunRequest] | dg.SkipReason:
        at = context.scheduled_execution_time
        sent = [record_type for record_type in TYPES if coperniq.missing(record_type) is None]
        with database.connect() as conn:
            waiting = {*sending.due(conn, at, sent), *exports.due(conn)}
        requests = [
            dg.RunRequest(run_key=f"{slug} {at.isoformat()}", partition_key=slug)
            for slug in backoff.startable(context.instance, waiting, at)
        ]
        return requests or dg.SkipReason("Nothing that could be sent now waits.")

    return evaluate
