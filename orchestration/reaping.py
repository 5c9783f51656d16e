"""The sensor that frees what dead runs held, and has their work begun again.

What belongs here: how a dead run is told from a living one, and whose work is begun again. What does not: what a new
run does with what it finds, which is every run's own affair: an import that stands at `processing` is read from the
start, and what may have been sent is looked up in Coperniq before anything is sent again. A lease ends by itself.
"""

import json
import time
from datetime import UTC, datetime

import dagster as dg
from dagster import DagsterInstance, DagsterRun
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

from assets import leases
from assets.counting import counted
from assets.csv_imports import store as imports
from assets.csv_imports.definitions import ImportFiles
from assets.database import Database
from orchestration import backoff

EVERY_SECONDS = 15
OVERDUE_SECONDS = 15.0
"""So long after its lease has ended, at two looks, a run that did not give it back is dead, or as good as that: at one
alone it may be a run that could not renew it, because the database or the whole machine stood still."""
SILENT_SECONDS = 600.0
"""So long after the last word of a run that holds nothing it is asked for."""
ANSWER_SECONDS = 5


def reaper(job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Make the sensor: it fails runs that are dead, and starts the job for contractors whose imports were left.

    What was left to be sent is `resume_sending`'s.
    """

    @dg.sensor(
        name="reap_dead_runs",
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Fail runs whose process is gone, and go on with the imports that they left.",
    )
    def evaluate(
        context: dg.SensorEvaluationContext, database: dg.ResourceParam[Database]
    ) -> list[dg.RunRequest] | dg.SkipReason:
        instance = context.instance
        with database.connect() as conn:
            overdue, left = leases.overdue(conn), imports.due(conn)
        late = [by for by, seconds in overdue.items() if seconds >= OVERDUE_SECONDS]
        late_before: list[str] = json.loads(context.cursor or "[]")
        context.update_cursor(json.dumps(late))
        reaped = 0
        for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
            by = leases.by_run(run.run_id)
            reason = None if by in late and by not in late_before else dead_because(instance, run, overdue.get(by))
            if reason is not None:
                instance.report_run_failed(run, reason)
                context.log.warning(f"run {run.run_id[:8]}: {reason}")
                reaped += 1
        due = backoff.startable(instance, left, datetime.now(UTC))
        # What lies in the folder may still be being written: it is the inbox sensor's.
        requests = [dg.RunRequest(partition_key=slug, run_config=ImportFiles(only_go_on=True).of_run()) for slug in due]
        said = f"{counted(reaped, 'dead run')} failed." if reaped else "No run is dead."
        return requests or dg.SkipReason(f"{said} No import was left that could be gone on with now.")

    return evaluate


def dead_because(instance: DagsterInstance, run: DagsterRun, overdue: float | None) -> str | None:
    """Say why a started run is dead; None for one that may be alive.

    A run that is wrongly taken for dead harms nothing: its lease keeps another from working beside it, and it can not
    write what it is not entitled to.

    Args:
        instance: Dagster's.
        run: The run.
        overdue: For how many seconds the lease is over that it holds; None where it holds none.
    """
    if overdue is not None:
        if overdue < OVERDUE_SECONDS:
            return None
        return f"Its process is gone: it has not renewed its lease on the contractor for {overdue:.0f} s."
    last = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
    silent = time.time() - last[0].timestamp if last else 0.0
    if silent < SILENT_SECONDS or _is_carried(run):
        return None
    return f"Its process is gone: it holds no lease, and has said nothing for {silent:.0f} s."


def _is_carried(run: DagsterRun) -> bool:
    """Say whether what started a run still has it: a code server is asked; of other launchers Dagster asks itself."""
    if GRPC_INFO_TAG not in run.tags:
        return run.remote_job_origin is not None
    server = json.loads(run.tags[GRPC_INFO_TAG])
    client = DagsterGrpcClient(
        host=server["host"], port=server.get("port"), socket=server.get("socket"), use_ssl=server.get("use_ssl", False)
    )
    try:
        said = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id), timeout=ANSWER_SECONDS)
    except DagsterUserCodeUnreachableError:
        return False
    return deserialize_value(said, CanCancelExecutionResult).can_cancel
