"""The job `plan_import`: what `mep plan` does, as a run of Dagster's.

What belongs here: its configuration, and what Dagster keeps of a plan, which are numbers. What does not: making a plan
(`assets.planning`).
"""

from typing import Any

import dagster as dg
from pydantic import Field

from assets import leases, markdown
from assets.contractors import store as contractors
from assets.csv_imports.definitions import csv_import_records
from assets.observing import observed
from assets.partitions import CONTRACTORS
from assets.planning.forecast import OUTCOMES, Forecast
from assets.planning.making import Planning
from assets.run_tags import CONTRACTOR
from orchestration.resources import resources

PLAN_JOB = "plan_import"


class PlanFiles(dg.Config):
    """Which files to plan: absolute paths, or where they lie in the inbox; empty for all in the contractor's folder."""

    files: list[str] = Field(default_factory=list)


@dg.op(
    required_resource_keys={"database", "inbox", "date_order", "coperniq", "limits", "plans", "watch"},
    description="Foresee the import of a contractor's files, without changing anything, and seal the plan.",
)
def plan_files(context: dg.OpExecutionContext, config: PlanFiles) -> None:
    """Make a plan, and say how many rows would become what."""
    context.instance.add_run_tags(context.run.run_id, {CONTRACTOR: context.partition_key})
    planning = planning_with(context.resources)
    by = leases.by_run(context.run.run_id)
    # Nothing is materialized: the asset whose rows are foreseen is the one to be seen at work.
    with observed(context, csv_import_records.key, context.resources.watch) as tell:
        plan_id, forecast = planning.make(context.partition_key, config.files, by, context.log.info, tell)
    command = f"mep import {context.partition_key} --plan {plan_id}"
    context.log.info(f"To import this: {command}" if plan_id else "There is no file that can be imported.")
    context.add_output_metadata(_numbers(plan_id, forecast))


def planning_with(given: Any) -> Planning:
    """Return what makes plans, with the resources of a run."""
    return Planning(
        given.database, given.inbox, given.plans.mappings, given.date_order, given.coperniq, given.limits, given.plans
    )


def require(slug: str, plan_id: str) -> None:
    """Make sure, before there is a run, that a contractor's plan holds.

    Raises:
        PlanError: When there is no such plan.
        PlanMoved: When what it rests on is another one now.
    """
    needed = {name: made for name, made in resources().items() if name in ("database", "inbox", "plans")}
    with dg.build_resources(needed) as given, given.database.connect() as conn:
        given.plans.require(conn, contractors.get(conn, slug), given.inbox, plan_id)


def _numbers(plan_id: str | None, forecast: Forecast) -> dict[str, dg.MetadataValue[Any]]:
    """Return what Dagster keeps of a plan: no value of any row."""
    rows = [
        (one.file, one.coperniq_type or "?", "failed" if one.is_refused else one.outcome,
         *(one.counts.get(name, 0) for name in OUTCOMES))
        for one in forecast.imports
    ]  # fmt: skip
    sending = forecast.sending
    return {
        "plan": dg.MetadataValue.text(plan_id or "none"),
        "rows": dg.MetadataValue.md(markdown.table(("file", "type", "outcome", *OUTCOMES), rows)),
        **{name: dg.MetadataValue.int(number) for name, number in forecast.totals().items()},
        "requests": dg.MetadataValue.int(sending.requests),
        "look-ups": dg.MetadataValue.int(sending.lookups),
        "days": dg.MetadataValue.int(sending.days),
        "sending": dg.MetadataValue.text(sending.stopped or sending.said),
    }


def planning_job() -> dg.JobDefinition:
    """Make the job; it takes no lease, so no run of the contractor waits for it."""

    @dg.job(
        name=PLAN_JOB,
        partitions_def=CONTRACTORS,
        executor_def=dg.in_process_executor,
        description="Plan what an import of a contractor's files would do; nothing is written but the plan.",
    )
    def job() -> None:
        plan_files()

    return job
