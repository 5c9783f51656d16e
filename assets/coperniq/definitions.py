"""The Dagster assets `coperniq/<type>`: one for each type, parents before children. Thin: sending is in `deliver`."""

import time
from typing import Any
from uuid import UUID

import dagster as dg
from psycopg import Connection

from assets import catalogue, charts, conservation, leases, reporting
from assets.alerts.causes import ADVICE, Cause
from assets.contractors import store as contractors
from assets.coperniq import figures, plan, store
from assets.coperniq.deliver import Delivery
from assets.coperniq.limits import POOL, Limits
from assets.coperniq.transport import Transport
from assets.database import Database
from assets.errors import PipelineError
from assets.observing import observed
from assets.partitions import CONTRACTORS
from assets.progress import Tell
from assets.record_types import RecordType
from assets.run_tags import tag_run

SHOWN_CODES = 10
SHOWN_AS = {"created": "created", "updated": "updated", "deleted": "deleted", "rejected": "refused"}


def _asset_for(record_type: RecordType) -> dg.AssetsDefinition:
    parents = [dg.AssetKey(["coperniq", parent.slug]) for parent in catalogue.parents(record_type)]

    @dg.asset(
        key=["coperniq", record_type.slug],
        deps=[dg.AssetKey("csv_import_records"), dg.AssetKey("form_exports"), *parents],
        partitions_def=CONTRACTORS,
        group_name="coperniq",
        pool=POOL,
        kinds={"graphql"},
        description=f"The contractor's {record_type.plural} in Coperniq: every sendable row once, audited and traced.",
    )
    def send(
        context: dg.AssetExecutionContext,
        database: dg.ResourceParam[Database],
        coperniq: dg.ResourceParam[Transport],
        limits: dg.ResourceParam[Limits],
        watch: dg.ResourceParam[Tell],
    ) -> dg.MaterializeResult[Any]:
        planned: dict[str, Any] = {}
        with database.connect() as conn:
            contractor = contractors.get(conn, context.partition_key)
            _require_all_rows(conn, contractor.id)
            if not parents:  # This one goes before all others.
                unsent = [
                    of_import
                    for of_import in store.unsent(conn, contractor.id)
                    if coperniq.missing(catalogue.BY_NAME[of_import.coperniq_type]) is None
                ]
                said = plan.sentence(
                    unsent,
                    coperniq.batch,
                    lambda name: coperniq.requests(catalogue.BY_NAME[name]),
                    limits.allowance(),
                )
                context.log.info(said)
                tag_run(context, types=[of_import.coperniq_type for of_import in unsent])
                planned["plan"] = dg.MetadataValue.text(said)
            scope = store.Scope(contractor.id, record_type)
            by = leases.by_run(context.run.run_id)
            since, began = store.clock(conn), time.monotonic()
            with observed(context, context.asset_key, watch) as tell, leases.held(database, contractor.id, by) as lease:
                done = Delivery(conn, coperniq, lease, scope, by, context.log.info, tell=tell).run()
            seconds = time.monotonic() - began
            latencies = figures.latencies(conn, scope, by, since)
            open_records = store.counts(conn, scope)
            missing = store.count_waited_for(conn, scope)
        return dg.MaterializeResult(
            metadata=planned
            | {
                **reporting.report(
                    "records",
                    {shown: done.records[name] for name, shown in SHOWN_AS.items()},
                    seconds,
                    charts.columns("latency of the API", str(latencies), latencies.over_time)
                    if latencies
                    else charts.NOTHING,
                    # Of Coperniq's words none: they may quote a record.
                    done.refusals.most_common(SHOWN_CODES),
                ),
                "requests": dg.MetadataValue.int(done.requests),
                "not in Coperniq": dg.MetadataValue.json(open_records),
                "missing parents": dg.MetadataValue.int(missing),
                "stopped because": dg.MetadataValue.text(done.stopped or "nothing was left to do"),
            }
        )

    return send


def _require_all_rows(conn: Connection[Any], contractor_id: UUID) -> None:
    """Refuse to send where an import lost or doubled rows, also for who starts an asset without the check before it.

    Raises:
        PipelineError: For the first such import.
    """
    for lost in conservation.not_adding_up(conn, contractor_id):
        raise PipelineError(f"{lost.said}. Nothing is sent. {ADVICE[Cause.CONSERVATION].to_do}")


COPERNIQ_ASSETS = [_asset_for(record_type) for record_type in catalogue.TYPES]
