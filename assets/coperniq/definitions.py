"""The Dagster assets `coperniq/<type>`: one for each type, parents before children. Thin: sending is in `deliver`."""

from collections import Counter
from typing import Any

import dagster as dg

from assets import catalogue, leases
from assets.catalogue import RecordType
from assets.contractors import store as contractors
from assets.coperniq import findings, plan, store
from assets.coperniq.checking import Check
from assets.coperniq.deliver import Delivery
from assets.coperniq.findings import Kind
from assets.coperniq.limits import Limits
from assets.coperniq.transport import Transport
from assets.database import Database
from assets.partitions import CONTRACTORS

SHOWN_FIELDS = 10


def _asset_for(record_type: RecordType) -> dg.AssetsDefinition:
    parents = [dg.AssetKey(["coperniq", parent.slug]) for parent in catalogue.parents(record_type)]

    @dg.asset(
        key=["coperniq", record_type.slug],
        deps=[dg.AssetKey("csv_import_records"), dg.AssetKey("form_exports"), *parents],
        partitions_def=CONTRACTORS,
        group_name="coperniq",
        kinds={"graphql"},
        description=f"The contractor's {record_type.plural} in Coperniq: every sendable row once, audited and traced.",
    )
    def send(
        context: dg.AssetExecutionContext,
        database: dg.ResourceParam[Database],
        coperniq: dg.ResourceParam[Transport],
        limits: dg.ResourceParam[Limits],
    ) -> dg.MaterializeResult[Any]:
        planned: dict[str, Any] = {}
        with database.connect() as conn:
            contractor = contractors.get(conn, context.partition_key)
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
                planned["plan"] = dg.MetadataValue.text(said)
            scope = store.Scope(contractor.id, record_type)
            by = f"mep-pipeline run {context.run.run_id[:8]}"
            with leases.held(database, contractor.id, by) as lease:
                done = Delivery(conn, coperniq, lease, scope, by, context.log.info).run()
            open_records = store.counts(conn, scope)
            missing = store.count_waited_for(conn, scope)
        return dg.MaterializeResult(
            metadata=planned
            | {
                "created": dg.MetadataValue.int(done.records["created"]),
                "updated": dg.MetadataValue.int(done.records["updated"]),
                "deleted": dg.MetadataValue.int(done.records["deleted"]),
                "refused": dg.MetadataValue.int(done.records["rejected"]),
                "requests": dg.MetadataValue.int(done.requests),
                "not in Coperniq": dg.MetadataValue.json(open_records),
                "stopped because": dg.MetadataValue.text(done.stopped or "nothing was left to do"),
                "missing parents": dg.MetadataValue.int(missing),
            }
        )

    return send


COPERNIQ_ASSETS = [_asset_for(record_type) for record_type in catalogue.TYPES]


def _check_for(record_type: RecordType) -> dg.AssetChecksDefinition:
    # A check of one partition is a preview in Dagster: it compares every contractor, and says what it found of each.
    @dg.asset_check(
        asset=dg.AssetKey(["coperniq", record_type.slug]),
        name="agrees_with_coperniq",
        description=f"Coperniq has the contractors' {record_type.plural} as they were sent, and no others. "
        "What could not be compared to the end does not pass.",
    )
    def compare(
        context: dg.AssetCheckExecutionContext,
        database: dg.ResourceParam[Database],
        coperniq: dg.ResourceParam[Transport],
    ) -> dg.AssetCheckResult:
        by = f"mep-pipeline run {context.run.run_id[:8]}"
        counts, fields, requests = Counter({kind.value: 0 for kind in Kind}), Counter[str](), 0
        found: dict[str, Any] = {}
        with database.connect() as conn:
            for contractor in contractors.every(conn):
                scope = store.Scope(contractor.id, record_type)
                if not contractor.is_active or not findings.anything_sent(conn, scope):
                    continue
                done = Check(conn, coperniq, scope, by, context.log.info).run()
                current = findings.count(conn, scope)
                counts.update(current)
                fields.update(dict(findings.commonest_fields(conn, scope)))
                requests += done.requests
                found[contractor.slug] = {**current, "compared": done.read, "stopped": done.stopped}
        return dg.AssetCheckResult(
            passed=not any(counts.values()) and not any(one["stopped"] for one in found.values()),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                **{kind: dg.MetadataValue.int(records) for kind, records in counts.items()},
                "fields that differ most": dg.MetadataValue.json(dict(fields.most_common(SHOWN_FIELDS))),
                "contractors": dg.MetadataValue.json(found),
                "requests": dg.MetadataValue.int(requests),
            },
        )

    return compare


COPERNIQ_CHECKS = [_check_for(record_type) for record_type in catalogue.TYPES]
