"""The Dagster assets `coperniq/<type>`: one for each type, parents before children. Thin: sending is in `deliver`."""

from typing import Any

import dagster as dg

from assets import catalogue
from assets.catalogue import RecordType
from assets.contractors import store as contractors
from assets.coperniq import store
from assets.coperniq.client import CoperniqClient
from assets.coperniq.deliver import Delivery
from assets.database import Database
from assets.partitions import CONTRACTORS


def _asset_for(record_type: RecordType) -> dg.AssetsDefinition:
    parents = [dg.AssetKey(["coperniq", parent.slug]) for parent in catalogue.parents(record_type)]

    @dg.asset(
        key=["coperniq", record_type.slug],
        deps=[dg.AssetKey("csv_import_records"), *parents],
        partitions_def=CONTRACTORS,
        group_name="coperniq",
        kinds={"graphql"},
        description=f"The contractor's {record_type.plural} in Coperniq: every sendable row once, audited and traced.",
    )
    def send(
        context: dg.AssetExecutionContext,
        database: dg.ResourceParam[Database],
        coperniq: dg.ResourceParam[CoperniqClient],
    ) -> dg.MaterializeResult[Any]:
        with database.connect() as conn:
            contractor = contractors.get(conn, context.partition_key)
            scope = store.Scope(contractor.id, record_type)
            by = f"mep-pipeline run {context.run.run_id[:8]}"
            with database.contractor_lock(contractor.id):
                done = Delivery(conn, coperniq, scope, by, context.log.info).run()
            open_records = store.counts(conn, scope)
            missing = store.count_waited_for(conn, scope)
        return dg.MaterializeResult(
            metadata={
                "created": dg.MetadataValue.int(done.records["created"]),
                "updated": dg.MetadataValue.int(done.records["updated"]),
                "refused": dg.MetadataValue.int(done.records["rejected"]),
                "requests": dg.MetadataValue.int(done.requests),
                "not in Coperniq": dg.MetadataValue.json(open_records),
                "stopped because": dg.MetadataValue.text(done.stopped or "nothing was left to do"),
                "missing parents": dg.MetadataValue.int(missing),
            }
        )

    return send


COPERNIQ_ASSETS = [_asset_for(record_type) for record_type in catalogue.TYPES]
