"""`mep import`: a contractor's files and approved forms, by the job that sensors run too. Thin: calls, prints."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from orchestration import settings
from orchestration.console import LEFT, database, json_option, migrated_database, print_json


@click.command("import")
@click.argument("contractor_slug", metavar="CONTRACTOR")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--plan", default="", show_default=False, metavar="ID",
    help="The files of a plan that `mep plan` has made, as it was made.",
)  # fmt: skip
@json_option
def import_files(contractor_slug: str, files: tuple[Path, ...], plan: str, *, as_json: bool) -> None:
    """Import a contractor's files and approved forms, and send what can be sent.

    Without FILES, the files are those in its inbox folder (docs/arrival.md, docs/files.md). Ends with 0 when every row
    has been sent or has a final reason, with 3 when rows wait (an outage, a quota, a missing parent), forms are held,
    or a file failed, with 1 when the run itself failed, or nothing was begun because what was planned has moved.

    Settings: DATABASE_URL, COPERNIQ_API_URL, COPERNIQ_API_KEY, COPERNIQ_COMPANY_ID, COPERNIQ_REQUESTS_PER_DAY,
    MEP_INBOX, MEP_OUTBOX, MEP_MAPPINGS, MEP_DATE_ORDER.

    \b
    mep import acme-hvac
    mep import acme-hvac Contact.csv "Sites 2026.xlsx" --json
    mep import acme-hvac --plan 0123456789abcdef
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from assets.contractors import store as contractors
    from orchestration import planning, runs, screen, summary

    if plan and files:
        raise click.UsageError("--plan names the files: give either.")
    given = settings.load()
    with migrated_database() as connection:
        contractors.get(connection, contractor_slug)
    if plan:
        planning.require(contractor_slug, plan)
    with runs.instance(given.database_url) as opened, screen.progress() as watch:
        outcomes = runs.import_contractor(opened, contractor_slug, files, watch=watch, plan=plan)
    with database() as connection:
        contractor_id = contractors.get(connection, contractor_slug).id
        told = summary.of_run(connection, contractor_slug, contractor_id, outcomes)
    if as_json:
        print_json(told.document())
    else:
        if not outcomes:
            click.echo(f"Nothing to import: {given.inbox}/{contractor_slug} holds no file, and no form was approved.")
        summary.print_run(told)
    if not told.finished:
        sys.exit(LEFT)
