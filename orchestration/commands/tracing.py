"""`mep trace`: the whole way of a record. Thin: calls, prints."""

from __future__ import annotations

from dataclasses import asdict

import click

from orchestration.console import json_option, migrated_database, print_json


@click.command()
@click.argument("what", metavar="EMAIL|ID")
@click.option("--contractor", "slug", metavar="CONTRACTOR", help="Only records of this contractor.")
@json_option
def trace(what: str, slug: str | None, *, as_json: bool) -> None:
    """Show the way of a record: its file, cells, transformations, requests and answers, and what came of it since.

    It is known by an e-mail address, a phone or another natural key, by its id in Coperniq, or by the id of its record
    or of a row. Where several records are, all of them are shown. Cells are shown as the file has them: personal data.
    docs/lineage.md says what stands where. Ends with 1 when no record is found.

    \b
    mep trace ann@example.com
    mep trace 1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed --json
    mep trace "303-555-0188" --contractor acme-hvac
    """  # noqa: D301
    from assets.contractors import store as contractors
    from assets.lineage import tracing
    from orchestration.traces import print_traces

    with migrated_database() as conn:
        contractor_id = contractors.get(conn, slug).id if slug else None
        found = tracing.trace(conn, what, contractor_id)
    if as_json:
        print_json({"asked": what, "records": [asdict(one) for one in found]})
    else:
        print_traces(found)
