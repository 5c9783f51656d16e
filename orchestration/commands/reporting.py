"""`mep report`: what an office is handed of an import. Thin: finds the import, writes, opens."""

from __future__ import annotations

import click

from orchestration import settings
from orchestration.console import json_option, migrated_database, operator, print_json


@click.command()
@click.argument("import_id", metavar="IMPORT")
@click.option("--no-open", is_flag=True, help="Only write it; open no browser.")
@json_option
def report(import_id: str, *, no_open: bool, as_json: bool) -> None:
    """Write the report of IMPORT afresh, and open it in the browser where there is one.

    One HTML file in English and Spanish that needs no network: what came in, what was sent, what was not and why, what
    was repaired (docs/reports.md). IMPORT is an id, or the eight characters of it that `mep contractor show` prints.
    The path of the file is printed; with --json nothing is opened. While another run works for the
    contractor it waits, a minute at most.

    Settings: DATABASE_URL, MEP_OUTBOX.

    \b
    mep report 0f8fad5b
    mep report 0f8fad5b --no-open
    """  # noqa: D301
    from assets import leases
    from assets.contractors import store as contractors
    from assets.coperniq import rolling_back
    from assets.database import Database
    from assets.outbox import paths
    from assets.outbox import report as reports
    from orchestration.ownership import as_owner_of

    with migrated_database() as conn:
        of = rolling_back.named(conn, import_id)
        outbox = settings.outbox_folder()
        # Nobody erases, between reading and writing, what is to be written.
        held = leases.held(Database(settings.database_url()), of.contractor_id, operator("report"))
        with held, as_owner_of(outbox):
            folder = paths.folder(outbox, contractors.slug_of(conn, of.contractor_id), of.id)
            written = reports.write(conn, of.id, folder).resolve()
    if as_json:
        print_json({"import": of.id, "report": written})
        return
    click.echo(written)
    if not no_open:
        click.launch(written.as_uri())
