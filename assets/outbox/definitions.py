"""The Dagster asset `outbox`: what is handed back of a contractor's imports. Thin: writing it is in `handing_back`."""

import time
from pathlib import Path
from typing import Any

import dagster as dg

from assets import charts, fix_files, leases, reporting
from assets.catalogue import TYPES
from assets.contractors import store as contractors
from assets.counting import counted
from assets.database import Database
from assets.markdown import table
from assets.observing import observed
from assets.outbox import paths, store
from assets.outbox.handing_back import hand_back
from assets.partitions import CONTRACTORS
from assets.text import printable

SHOWN = 50
"""Imports whose files are named."""
ADDED = {
    fix_files.ROW: "Which row of which import it is.",
    fix_files.PROBLEM: "What is wrong with it.",
    fix_files.TO_DO: "What to do about it.",
}
"""What a fix file has besides the columns of the contractor's file."""


@dg.asset(
    deps=[dg.AssetKey(["coperniq", record_type.slug]) for record_type in TYPES],
    partitions_def=CONTRACTORS,
    group_name="review",
    kinds={"csv", "excel", "html"},
    metadata={
        "dagster/column_schema": dg.TableSchema(
            [dg.TableColumn(name, "string", description=said) for name, said in ADDED.items()]
        )
    },
    description="The rows that each import leaves to be corrected, as a fix file, and a report of what became of it.",
)
def outbox(
    context: dg.AssetExecutionContext,
    database: dg.ResourceParam[Database],
    outbox_folder: dg.ResourceParam[Path],
    outbox_url: dg.ResourceParam[str | None],
) -> dg.MaterializeResult[Any]:
    """Hand back every import of the contractor whose results changed since it was handed back last."""
    began = time.monotonic()
    with database.connect() as conn:
        contractor = contractors.get(conn, context.partition_key)
        with (
            observed(context, context.asset_key),
            leases.held(database, contractor.id, leases.by_run(context.run.run_id)),
        ):
            handed_back = list(hand_back(conn, contractor.id, contractor.slug, outbox_folder))
            left = store.left(conn, contractor.id)
    seconds = time.monotonic() - began
    for one in handed_back:
        said = f"{one.to_correct:,} rows to correct" if one.to_correct else "nothing to correct"
        context.log.info(f"{printable(one.file)}: {said}{f'; no workbook, as {one.note}' if one.note else ''}")
    if left:
        context.log.info(f"Left to later runs, those that changed last first: {counted(left, 'import')}.")
    counts = {
        "with rows to correct": sum(one.to_correct > 0 for one in handed_back),
        "with nothing to correct": sum(one.to_correct == 0 for one in handed_back),
    }
    files = [(one.file, path.name, path) for one in handed_back[:SHOWN] for path in one.paths]
    reports = [path for _, name, path in files if name == paths.REPORT]
    return dg.MaterializeResult(
        metadata={
            **reporting.report(
                "imports handed back",
                counts,
                seconds,
                charts.bars("imports by what is left to do", {"imports": counts} if handed_back else {}),
            ),
            "left to later runs": dg.MetadataValue.int(left),
            "rows to correct": dg.MetadataValue.int(sum(one.to_correct for one in handed_back)),
            "handed back": dg.MetadataValue.md(table(("file", "result", "path"), files)),
            **({"newest report": _linked(reports[0], outbox_folder, outbox_url)} if reports else {}),
        }
    )


def _linked(path: Path, outbox_folder: Path, outbox_url: str | None) -> dg.MetadataValue[Any]:
    """Give a file of the outbox as a link, or as its path where it is served nowhere."""
    if outbox_url is None:
        return dg.MetadataValue.path(path.resolve())
    return dg.MetadataValue.url(paths.address(outbox_url, outbox_folder, path))
