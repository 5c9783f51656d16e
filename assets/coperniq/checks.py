"""The Dagster checks of what was sent, and how grave each failure is. Thin: see `health` and `checking`.

In a contractor's partition a check asks about that contractor alone. The comparison with Coperniq is the one that costs
requests: it is made for all contractors, once a night.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets import catalogue, leases
from assets.alerts.causes import ADVICE, Cause
from assets.alerts.rules import Rule
from assets.contractors import store as contractors
from assets.coperniq import findings, health, store
from assets.coperniq.checking import Check
from assets.coperniq.findings import Kind
from assets.coperniq.limits import POOL
from assets.coperniq.transport import Transport
from assets.database import Database
from assets.observing import observed
from assets.record_types import RecordType

SHOWN_FIELDS = 10
RULES = (
    Rule(
        "nothing_in_flight_is_stuck",
        "No request is open whose run is gone. An error that blocks nothing: a run is just what settles it.",
        dg.AssetCheckSeverity.ERROR,
        {Cause.STUCK: health.stuck},
    ),
    Rule(
        "nothing_waits_for_longer_than_a_day",
        "What could be sent is sent within a day. A warning: waiting is allowed, and nothing is lost by it.",
        dg.AssetCheckSeverity.WARN,
        {Cause.WAITING: health.waiting},
    ),
    Rule(
        "every_sent_row_has_its_lineage",
        "Every row that has a Coperniq id has a row of data_lineage with the same one, in the imports sent within a "
        "day. An error that blocks nothing: the rows are in Coperniq already.",
        dg.AssetCheckSeverity.ERROR,
        {Cause.LINEAGE: health.without_lineage},
    ),
)
TYPES = {dg.AssetKey(["coperniq", record_type.slug]): record_type.name for record_type in catalogue.TYPES}


@dg.multi_asset_check(
    name="sending_is_well",
    specs=[rule.spec(asset) for asset in TYPES for rule in RULES],
    description="Ask the database about what was sent and what waits, and raise an alert for what is not well.",
    can_subset=True,
)
def sending_checks(
    context: dg.AssetCheckExecutionContext, database: dg.ResourceParam[Database]
) -> Iterator[dg.AssetCheckResult]:
    """Ask each rule's question once for all types, of the run's contractor or else of all."""
    chosen = context.selected_asset_check_keys
    with database.connect() as conn, observed(context, next(iter(TYPES))):
        for rule in RULES:
            assets = [asset for asset in TYPES if dg.AssetCheckKey(asset, rule.name) in chosen]
            found = rule.breaches(conn, context.run) if assets else []
            for asset in assets:
                yield rule.result(asset, [one for one in found if one.type_name == TYPES[asset]])


def _check_for(record_type: RecordType) -> dg.AssetChecksDefinition:
    # A check of one partition is a preview in Dagster: it compares every contractor, and says what it found of each.
    @dg.asset_check(
        asset=dg.AssetKey(["coperniq", record_type.slug]),
        name="agrees_with_coperniq",
        pool=POOL,
        description=f"Coperniq has the contractors' {record_type.plural} as they were sent, and no others. "
        f"A warning: what differs may be meant. {ADVICE[Cause.DRIFT].to_do} "
        "What could not be compared to the end does not pass.",
    )
    def compare(
        context: dg.AssetCheckExecutionContext,
        database: dg.ResourceParam[Database],
        coperniq: dg.ResourceParam[Transport],
    ) -> dg.AssetCheckResult:
        by = leases.by_run(context.run.run_id)
        counts, fields, requests = Counter({kind.value: 0 for kind in Kind}), Counter[str](), 0
        found: dict[str, Any] = {}
        asset = dg.AssetKey(["coperniq", record_type.slug])
        with database.connect() as conn, observed(context, asset) as tell:
            for contractor in contractors.every(conn):
                scope = store.Scope(contractor.id, record_type)
                if not contractor.is_active or not findings.anything_sent(conn, scope):
                    continue
                done = Check(conn, coperniq, scope, by, tell).run()
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


COMPARISONS = [_check_for(record_type) for record_type in catalogue.TYPES]
