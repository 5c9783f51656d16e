"""The Dagster assets of imports: `csv_imports` and `csv_import_records`. Thin: what happens is in `importing`."""

import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from assets import charts, leased, leases, outbox, reporting
from assets.contractors import store as contractors
from assets.csv_imports import arrivals, importing, registering, store, summaries
from assets.csv_imports.inbox import SUFFIXES, Inbox, in_order
from assets.database import Database
from assets.markdown import table
from assets.partitions import CONTRACTORS
from assets.run_tags import tag_run
from assets.text import printable

SHOWN_CAUSES = 10
_PASSED_OVER = f"only {', '.join(SUFFIXES[:-1])} and {SUFFIXES[-1]} files are read"


class ImportFiles(dg.Config):
    """Which files to import.

    Attributes:
        files: Absolute paths of files, or where they lie in the inbox, such as `acme/Contact.csv`; empty for all that
            lie in the contractor's folder.
        retry: Whether files that failed before, or whose import was rolled back, are imported again.
        only_go_on: Whether no file is looked at: what earlier runs registered and left is gone on with, and no more.
    """

    files: list[str] = Field(default_factory=list)
    retry: bool = False
    only_go_on: bool = False

    def of_run(self) -> dict[str, Any]:
        """Return the configuration of a run that imports these."""
        return {"ops": {csv_imports.op.name: {"config": self.model_dump()}}}


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
    inbox: dg.ResourceParam[Inbox],
    mappings_folder: dg.ResourceParam[Path],
) -> dg.MaterializeResult[Any]:
    """Find a contractor's files, hash them and register each once."""
    began = time.monotonic()
    with database.connect() as conn:
        contractor = contractors.get(conn, context.partition_key)
        listed = [] if config.only_go_on else inbox.files(contractor.slug)
        sources = [inbox.source(file) for file in config.files] or [file.source for file in in_order(listed)]
        wanted = set(sources)
        with (
            leases.held(database, contractor.id, performed_by(context)) as lease,
            leased.connect(database, lease) as held,
            arrivals.taken(conn, contractor.id, [file for file in listed if file.source in wanted]) as refusals,
        ):
            registered = registering.register_files(
                held, contractor.id, inbox, sources, performed_by(context), retry=config.retry,
                mappings=mappings_folder / contractor.slug,
            )  # fmt: skip
            refusals |= {file.source: file.note or file.outcome for file in registered if file.is_refused}
        types = summaries.types(conn, [file.import_id for file in registered if file.import_id])
    seconds = time.monotonic() - began
    if not config.files:
        registered += [
            registering.Registered(printable(file.name), None, "passed over", _PASSED_OVER)
            for file in listed
            if not file.is_read
        ]
    tag_run(context, files=(file.file for file in registered), types=types)
    for file in registered:
        context.log.info(f"{file.file}: {file.outcome}{f' ({file.note})' if file.note else ''}")
    rows = [(file.file, file.outcome, file.note or "") for file in registered]
    outcomes = dict(Counter(file.outcome for file in registered))
    refused = Counter(file.note or file.outcome for file in registered if not file.import_id)
    return dg.MaterializeResult(
        metadata={
            **reporting.report(
                "files",
                outcomes,
                seconds,
                charts.bars("files by outcome", {"files": outcomes} if outcomes else {}),
                refused.most_common(SHOWN_CAUSES),
            ),
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
    inbox: dg.ResourceParam[Inbox],
    outbox_folder: dg.ResourceParam[Path],
    mappings_folder: dg.ResourceParam[Path],
    date_order: dg.ResourceParam[str | None],
) -> dg.MaterializeResult[Any]:
    """Read, map, judge and write every row of the contractor's unfinished imports."""
    with database.connect() as conn:
        contractor = contractors.get(conn, context.partition_key)
        with (
            leases.held(database, contractor.id, performed_by(context)) as lease,
            leased.connect(database, lease) as held,
        ):
            read = [
                importing.read_import(
                    held,
                    contractor.id,
                    inbox,
                    found,
                    context.log.info,
                    partial(leased.connect, database, lease),
                    date_order,
                    mappings_folder / contractor.slug,
                )
                for found in store.unfinished(held, contractor.id)
            ]
        ids = [contents.import_id for contents in read]
        statuses = summaries.statuses(conn, ids)
        causes = summaries.commonest_causes(conn, ids, SHOWN_CAUSES)
        doubts = summaries.doubts(conn, ids)
    seconds = sum(contents.seconds for contents in read)
    results = [
        (contents.file, path.name, path)
        for contents in read
        for path in outbox.handed_back(outbox_folder, contractor.slug, contents.import_id)
    ]
    failed = [(contents.file, contents.failure) for contents in read if contents.failure]
    return dg.MaterializeResult(
        metadata={
            **reporting.report(
                "records",
                summaries.in_all(statuses),
                seconds,
                charts.bars("records by status, for each import", statuses),
                causes,
            ),
            "doubtful files": dg.MetadataValue.md(table(("file", "warning"), doubts)),
            "files that failed": dg.MetadataValue.md(table(("file", "reason"), failed)),
            **({"to correct": dg.MetadataValue.md(table(("file", "result", "path"), results))} if results else {}),
        }
    )


def performed_by(context: dg.AssetExecutionContext) -> str:
    """Name the run, for the columns that say who did something."""
    return leases.by_run(context.run.run_id)
