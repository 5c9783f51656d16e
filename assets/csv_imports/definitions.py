"""The Dagster assets of imports: `csv_imports` and `csv_import_records`. Thin: what happens is in `importing`."""

import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from assets import charts, leased, leases, reporting
from assets.contractors import store as contractors
from assets.csv_imports import arrivals, importing, registering, store, summaries
from assets.csv_imports.inbox import SUFFIXES, Inbox, in_order
from assets.csv_imports.planned import Plans
from assets.database import Database
from assets.markdown import table
from assets.observing import observed
from assets.partitions import CONTRACTORS
from assets.progress import Tell
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
        plan: The id of a sealed plan, whose files are imported instead of these, if everything is as it was planned.
    """

    files: list[str] = Field(default_factory=list)
    retry: bool = False
    only_go_on: bool = False
    plan: str = ""

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
    plans: dg.ResourceParam[Plans],
) -> dg.MaterializeResult[Any]:
    """Find a contractor's files, hash them and register each once."""
    began = time.monotonic()
    with database.connect() as conn, observed(context, context.asset_key):
        contractor = contractors.get(conn, context.partition_key)
        listed = [] if config.only_go_on else inbox.files(contractor.slug)
        with (
            leases.held(database, contractor.id, performed_by(context)) as lease,
            leased.connect(database, lease) as held,
        ):
            # Nobody else changes what a plan rests on while the lease is held.
            planned = plans.require(held, contractor, inbox, config.plan) if config.plan else None
            named = list(planned.files) if planned else [inbox.source(file) for file in config.files]
            sources = named or [file.source for file in in_order(listed)]
            wanted = set(sources)
            with arrivals.taken(conn, contractor.id, [file for file in listed if file.source in wanted]) as refusals:
                registered = registering.register_files(
                    held, contractor.id, inbox, sources, performed_by(context),
                    retry=planned.retry if planned else config.retry, mappings=mappings_folder / contractor.slug,
                    hashes=planned.files if planned else None,
                )  # fmt: skip
                refusals |= {file.source: file.note or file.outcome for file in registered if file.is_refused}
        types = summaries.types(conn, [file.import_id for file in registered if file.import_id])
    seconds = time.monotonic() - began
    if not named:
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
    mappings_folder: dg.ResourceParam[Path],
    date_order: dg.ResourceParam[str | None],
    watch: dg.ResourceParam[Tell],
) -> dg.MaterializeResult[Any]:
    """Read, map, judge and write every row of the contractor's unfinished imports."""
    with database.connect() as conn:
        contractor = contractors.get(conn, context.partition_key)
        with (
            observed(context, context.asset_key, watch) as tell,
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
                    tell,
                )
                for found in store.unfinished(held, contractor.id)
            ]
        ids = [contents.import_id for contents in read]
        statuses = summaries.statuses(conn, ids)
        causes = summaries.commonest_causes(conn, ids, SHOWN_CAUSES)
        doubts = summaries.doubts(conn, ids)
    seconds = sum(contents.seconds for contents in read)
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
        }
    )


def performed_by(context: dg.AssetExecutionContext) -> str:
    """Name the run, for the columns that say who did something."""
    return leases.by_run(context.run.run_id)
