"""The Dagster checks of imports, and how grave each failure is. Thin: what they ask is in `health`.

In a contractor's partition a check asks about that contractor alone, so that one's failure never holds up another.
"""

from collections.abc import Iterator

import dagster as dg

from assets import conservation
from assets.alerts.causes import Cause
from assets.alerts.rules import Rule
from assets.csv_imports import health
from assets.database import Database
from assets.observing import observed

IMPORTS, RECORDS = dg.AssetKey("csv_imports"), dg.AssetKey("csv_import_records")
RULES = {
    IMPORTS: [
        Rule(
            "every_file_was_read",
            "No import failed within a day, unless its file came again, and no file of the inbox is refused. A "
            "warning: the contractor's other files are read and sent.",
            dg.AssetCheckSeverity.WARN,
            {Cause.IMPORT_FAILED: health.failed, Cause.FILE_REFUSED: health.refused},
        ),
        Rule(
            "no_import_is_stuck",
            "No import waits to be read or entered while no run works on it. An error that blocks nothing: a run is "
            "just what it needs.",
            dg.AssetCheckSeverity.ERROR,
            {Cause.STUCK: health.stuck},
        ),
    ],
    RECORDS: [
        Rule(
            "every_record_has_one_status",
            "Attempted = valid + warning + error + duplicate + skipped, for every import that was finished within a "
            "day or is not sent to its end. An error that blocks: where rows were lost or doubled, nothing of the "
            "contractor is sent.",
            dg.AssetCheckSeverity.ERROR,
            {Cause.CONSERVATION: conservation.not_adding_up},
            blocking=True,
        ),
        Rule(
            "few_rows_are_rejected",
            "Of no import finished within a day more rows were rejected than the contractor's threshold lets "
            "(mep_contractor_configs.rejected_share, a tenth unless set). A warning: the good rows are sent.",
            dg.AssetCheckSeverity.WARN,
            {Cause.REJECTED_SHARE: health.rejected},
        ),
    ],
}


@dg.multi_asset_check(
    name="imports_are_well",
    specs=[rule.spec(asset) for asset, rules in RULES.items() for rule in rules],
    description="Ask the database about the contractor's imports, and raise an alert for what is not well.",
    can_subset=True,
)
def import_checks(
    context: dg.AssetCheckExecutionContext, database: dg.ResourceParam[Database]
) -> Iterator[dg.AssetCheckResult]:
    """Ask each rule's question, of the run's contractor or else of all."""
    chosen = context.selected_asset_check_keys
    with database.connect() as conn, observed(context, RECORDS):
        for asset, rules in RULES.items():
            for rule in rules:
                if dg.AssetCheckKey(asset, rule.name) in chosen:
                    yield rule.result(asset, rule.breaches(conn, context.run))
