"""The Dagster assets of imports: `csv_imports` and `csv_import_records`. Thin: what happens is in `importing`."""

from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from assets import leases
from assets.contractors import store as contractors
from assets.csv_imports import importing, inbox, registering, store, summaries
from assets.database import Database
from assets.markdown import table
from assets.partitions import CONTRACTORS
from assets.text import printable

SHOWN_CAUSES = 10
_PASSED_OVER = f"only {', '.join(inbox.SUFFIXES[:-1])} and {inbox.SUFFIXES[-1]} files are read"


class ImportFiles(dg.Config):
    """Which files to import.

    Attributes:
        files: Paths of files; empty for all that lie in the contractor's inbox folder. Named files that failed before
            are tried again.
    """

    files: list[str] = Field(default_factory=list)


@dg.asset(
    partitions_def=CONTRACTORS,
    group_name="imports",
    kinds={"csv", "postgres"},
    description="One row for each file that a contractor sent, registered once by its content.",
)
def csv_imports(
    context: dg.AssetExecutionContext,
    config: ImportFiles,
    database: dg.ResourceParam[Database],
    inbox_folder: dg.ResourceParam[Path],
    mappings_folder: dg.ResourceParam[Path],
) -> dg.MaterializeResult[Any]:
    """Find a contractor's files, hash them and register each once."""
    with database.connect() as conn:
        contractor = contractors.get(conn, context.partition_key)
        paths = [Path(file) for file in config.files] or inbox.find(inbox_folder, contractor.slug)
        with leases.held(database, contractor.id, performed_by(context)):
            registered = registering.register_files(
                conn, contractor.id, inbox_folder, paths, performed_by(context), retry=bool(config.files),
                mappings=mappings_folder / contractor.slug,
            )  # fmt: skip
    if not config.files:
        registered += [
            registering.Registered(printable(path.name), None, "passed over", _PASSED_OVER)
            for path in inbox.passed_over(inbox_folder, contractor.slug)
        ]
    for file in registered:
        context.log.info(f"{file.file}: {file.outcome}{f' ({file.note})' if file.note else ''}")
    rows = [(file.file, file.outcome, file.note or "") for file in registered]
    return dg.MaterializeResult(
        metadata={
            "files": dg.MetadataValue.int(len(registered)),
            "outcomes": dg.MetadataValue.json(dict(Counter(file.outcome for file in registered))),
            "what was found": dg.MetadataValue.md(table(("file", "outcome", "note"), rows)),
            "registered": dg.MetadataValue.json(
                [
                    {"file": f.file, "import": str(f.import_id or ""), "outcome": f.outcome, "note": f.note}
                    for f in registered
                ]
            ),
        }
    )


@dg.asset(
    deps=[csv_imports],
    partitions_def=CONTRACTORS,
    group_name="imports",
    kinds={"polars", "pandera", "postgres"},
    description="One row for each physical record of a file, with its status and what is wrong with it.",
)
def csv_import_records(
    context: dg.AssetExecutionContext,
    database: dg.ResourceParam[Database],
    inbox_folder: dg.ResourceParam[Path],
    mappings_folder: dg.ResourceParam[Path],
    date_order: dg.ResourceParam[str | None],
) -> dg.MaterializeResult[Any]:
    """Read, map, judge and write every row of the contractor's unfinished imports."""
    with database.connect() as conn:
        contractor = contractors.get(conn, context.partition_key)
        with leases.held(database, contractor.id, performed_by(context)):
            read = [
                importing.read_import(
                    conn,
                    contractor.id,
                    inbox_folder,
                    found,
                    context.log.info,
                    database.connect,
                    date_order,
                    mappings_folder / contractor.slug,
                )
                for found in store.unfinished(conn, contractor.id)
            ]
        ids = [contents.import_id for contents in read]
        statuses = summaries.count_statuses(conn, ids)
        causes = summaries.commonest_causes(conn, ids, SHOWN_CAUSES)
        doubts = summaries.doubts(conn, ids)
    records = sum(contents.records for contents in read)
    seconds = sum(contents.seconds for contents in read)
    failed = [(contents.file, contents.failure) for contents in read if contents.failure]
    return dg.MaterializeResult(
        metadata={
            "records": dg.MetadataValue.int(records),
            "records by status": dg.MetadataValue.json(statuses),
            "records per second": dg.MetadataValue.int(round(records / seconds) if records else 0),
            "commonest errors": dg.MetadataValue.md(table(("error", "records"), causes)),
            "doubtful files": dg.MetadataValue.md(table(("file", "warning"), doubts)),
            "files that failed": dg.MetadataValue.md(table(("file", "reason"), failed)),
        }
    )


@dg.asset_check(
    asset=csv_import_records,
    blocking=True,
    description="Attempted = valid + warning + error + duplicate + skipped, for every finished import.",
)
def every_record_has_one_status(database: dg.ResourceParam[Database]) -> dg.AssetCheckResult:
    """Count the rows of each finished import against what the import says of itself."""
    with database.connect() as conn:
        broken = summaries.imports_that_do_not_add_up(conn)
    return dg.AssetCheckResult(
        passed=not broken,
        description=f"{len(broken)} imports do not add up: {', '.join(broken[:10])}" if broken else None,
    )


def performed_by(context: dg.AssetExecutionContext) -> str:
    """Name the run, for the columns that say who did something."""
    return f"mep-pipeline run {context.run.run_id[:8]}"
