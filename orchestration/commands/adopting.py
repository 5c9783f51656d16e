"""`mep adopt`: entering what Coperniq has already. Thin: calls, prints."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from assets.counting import counted
from orchestration.commands.sending import work
from orchestration.console import LEFT, json_option, operator, print_json, say

if TYPE_CHECKING:
    from assets.coperniq.adopting import Adopted


@click.command()
@click.argument("slug", metavar="CONTRACTOR")
@json_option
def adopt(slug: str, *, as_json: bool) -> None:
    """Make known what CONTRACTOR's company has in Coperniq already, before its first import; nothing is written there.

    Reads every record of the company, a hundred a request. From then on a row with the key of one of them updates it
    instead of creating it a second time, rows may name it as their parent, and contacts are compared with it
    (docs/sending.md, docs/duplicates.md). May be called again; what is known stays as it is. A company that other
    contractors have records in is not read: whose they are is not known. Ends with 0 when every type that can be sent
    was read, with 3 when something was not read or not compared (a used-up quota, an outage).

    Settings: DATABASE_URL, COPERNIQ_API_URL, COPERNIQ_API_KEY, COPERNIQ_COMPANY_ID, COPERNIQ_REQUESTS_PER_DAY.

    \b
    mep adopt acme-hvac
    mep adopt acme-hvac --json
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from assets import leased, leases
    from assets.contractors import store as contractors
    from assets.coperniq.adopting import Adoption
    from assets.likeness import reviewing
    from assets.likeness.searching import Comparison
    from orchestration import screen

    by = operator("adopt")
    with work() as (database, client), screen.progress() as tell:
        with database.connect() as conn:
            contractor = contractors.get(conn, slug)
        with leases.held(database, contractor.id, by) as lease, leased.connect(database, lease) as conn:
            read = Adoption(conn, client, lease, by, say, tell).run()
            is_whole = all(done.stopped is None for done in read.values())
            # A contact is compared with its sites, so when these are known.
            is_compared = is_whole and Comparison(conn, contractor.id, tell).run().is_whole
            pairs = reviewing.count_open(conn, contractor.id)
    if as_json:
        types: list[dict[str, Any]] = [{"type": name, **asdict(done)} for name, done in read.items()]
        print_json({"contractor": slug, "types": types, "compared": is_compared, "open_pairs": pairs})
    else:
        for name, done in read.items():
            click.echo(_line(name, done))
        if is_whole and not is_compared:
            click.echo("Not all customers are compared yet: the next run goes on with it.")
        if pairs:
            click.echo(f"{counted(pairs, 'pair is', 'pairs are')} probably one customer: `mep duplicates list {slug}`.")
    if not is_compared:
        sys.exit(LEFT)


def _line(name: str, done: Adopted) -> str:
    if done.missing:
        return f"{name}: not read. {done.missing}"
    line = f"{name}: {done.read:,} read, {done.new:,} of them new here"
    return f"{line}. {done.stopped}" if done.stopped else line
