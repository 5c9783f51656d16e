"""The Dagster assets of forms: `coperniq_field_mapping` and `form_exports`. Thin: see `field_mapping`, `exporting`."""

import time
from collections import Counter
from typing import Any

import dagster as dg

from assets import charts, leased, leases, markdown, reporting
from assets.contractors import store as contractors
from assets.counting import counted
from assets.csv_imports import summaries
from assets.database import Database
from assets.forms import exports, field_mapping
from assets.forms.exporting import Export
from assets.observing import observed
from assets.partitions import CONTRACTORS
from assets.progress import Tell
from assets.run_tags import tag_run

SHOWN_CAUSES = 10


@dg.asset(
    deps=["template_fields"],
    group_name="forms",
    kinds={"postgres"},
    description="One row for each field of Coperniq, and one more for each template field that fills it.",
)
def coperniq_field_mapping(
    context: dg.AssetExecutionContext, database: dg.ResourceParam[Database]
) -> dg.MaterializeResult[Any]:
    """Follow the catalogue and the templates; what a human said stays."""
    began = time.monotonic()
    with database.connect() as conn, observed(context, context.asset_key):
        synced = field_mapping.sync(conn)
        seconds = time.monotonic() - began
        mapped = field_mapping.every(conn)
    asked = [one for one in mapped if one.source == "proposed"]
    context.log.info(f"field mapping: {synced.added} added, {synced.changed} changed, {synced.removed} removed")
    rows = [
        (one.template_field_name, f"{one.coperniq_type}.{one.coperniq_field_name}", f"{one.confidence:.2f}")
        for one in sorted(asked, key=lambda one: (one.confidence, one.template_field_name))
    ]
    sources = sorted({one.source for one in mapped})
    by_type = {
        name: {source: Counter(one.source for one in mapped if one.coperniq_type == name)[source] for source in sources}
        for name in sorted({one.coperniq_type for one in mapped})
    }
    return dg.MaterializeResult(
        metadata={
            **reporting.report(
                "fields",
                {"added": synced.added, "changed": synced.changed, "removed": synced.removed},
                seconds,
                charts.bars("template fields by whose word it is what they fill, for each type", by_type),
            ),
            "proposed": dg.MetadataValue.int(len(asked)),
            "least sure": dg.MetadataValue.md(markdown.table(("template field", "fills", "confidence"), rows[:50])),
        }
    )


@dg.asset(
    deps=["csv_import_records", coperniq_field_mapping, "mep_form_submissions"],
    partitions_def=CONTRACTORS,
    group_name="forms",
    kinds={"polars", "pandera", "postgres"},
    description="One row for each record that an approved form was made into: forms go to Coperniq as rows of imports.",
)
def form_exports(
    context: dg.AssetExecutionContext,
    database: dg.ResourceParam[Database],
    form_confidence: dg.ResourceParam[float],
    date_order: dg.ResourceParam[str | None],
    watch: dg.ResourceParam[Tell],
) -> dg.MaterializeResult[Any]:
    """Make rows of imports of the contractor's approved forms; hold those of which a human is to be asked something."""
    by, began = leases.by_run(context.run.run_id), time.monotonic()
    with database.connect() as conn:
        contractor = contractors.get(conn, context.partition_key)
        with (
            observed(context, context.asset_key, watch) as tell,
            leases.held(database, contractor.id, by) as lease,
            leased.connect(database, lease) as holding,
        ):
            done = Export(holding, contractor.id, by, form_confidence, context.log.info, date_order, tell).run()
        held = exports.questions(conn, contractor.id)
        seconds = time.monotonic() - began
        ids = [one.id for one in done.imports]
        statuses = {
            one.coperniq_type or "": summaries.in_all(summaries.statuses(conn, [one.id])) for one in done.imports
        }
        causes = summaries.commonest_causes(conn, ids, SHOWN_CAUSES)
    tag_run(context, types=statuses)
    for question, forms in held.items():
        context.log.warning(f"{counted(forms, 'form waits', 'forms wait')}: {question}")
    return dg.MaterializeResult(
        metadata={
            "forms": dg.MetadataValue.int(done.forms),
            **reporting.report(
                "records",
                summaries.in_all(statuses),
                seconds,
                charts.bars("records by status, for each type", statuses),
                causes,
            ),
            "held": dg.MetadataValue.int(sum(held.values())),
            "questions": dg.MetadataValue.md(markdown.table(("question", "forms"), list(held.items()))),
            "registered": dg.MetadataValue.json(
                [
                    {"file": one.import_name, "import": str(one.id), "outcome": "new", "note": None}
                    for one in done.imports
                ]
                + [
                    {"file": counted(forms, "form"), "import": "", "outcome": "held", "note": question}
                    for question, forms in held.items()
                ]
            ),
        }
    )
