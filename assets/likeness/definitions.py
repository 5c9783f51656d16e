"""The Dagster asset `possible_duplicates`. Thin: what happens is in `searching`."""

import time
from typing import Any

import dagster as dg

from assets import charts, leased, leases, reporting
from assets.contractors import store as contractors
from assets.database import Database
from assets.likeness import reviewing
from assets.likeness.searching import Comparison
from assets.observing import observed
from assets.partitions import CONTRACTORS
from assets.progress import Tell

SHOWN_REASONS = 10
AFTER_ALL_OTHERS = {"dagster/priority": "-1"}
"""Of the steps that could run next, the executor takes another: neither sending nor a fix file waits for a comparison.

No dependency, which would keep customers from being compared while Coperniq is away.
"""


@dg.asset(
    deps=["csv_import_records", "form_exports"],
    partitions_def=CONTRACTORS,
    group_name="review",
    kinds={"postgres"},
    op_tags=AFTER_ALL_OTHERS,
    description="One row for each pair of contacts that are probably one customer: offered for review, never merged.",
)
def possible_duplicates(
    context: dg.AssetExecutionContext, database: dg.ResourceParam[Database], watch: dg.ResourceParam[Tell]
) -> dg.MaterializeResult[Any]:
    """Compare the contractor's customers that came or changed with all others."""
    by, began = leases.by_run(context.run.run_id), time.monotonic()
    with database.connect() as conn:
        contractor = contractors.get(conn, context.partition_key)
        with (
            observed(context, context.asset_key, watch) as tell,
            leases.held(database, contractor.id, by) as lease,
            leased.connect(database, lease) as holding,
        ):
            done = Comparison(holding, contractor.id, tell).run()
        left = reviewing.count_open(conn, contractor.id)
    seconds = time.monotonic() - began
    if not done.is_whole:
        context.log.warning(f"Comparing customers took {seconds:.0f} s, and is not done: the next run goes on with it.")
    reasons = {reason: {"pairs": pairs} for reason, pairs in done.reasons.most_common(SHOWN_REASONS)}
    return dg.MaterializeResult(
        metadata={
            **reporting.report(
                "pairs",
                {"newly offered": done.offered, "known or not alike": done.pairs - done.offered},
                seconds,
                charts.bars("pairs that are alike, by why", reasons),
            ),
            "customers compared": dg.MetadataValue.int(done.customers),
            "open": dg.MetadataValue.int(left),
        }
    )
