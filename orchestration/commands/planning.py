"""`mep plan`: what an import would do, before anything happens. Thin: calls, prints."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assets.counting import counted
from assets.text import printable
from orchestration import settings
from orchestration.console import LEFT, json_option, operator, print_json, say

if TYPE_CHECKING:
    from assets.planning.forecast import Forecast, PlannedImport, Sending

SHOWN_FIELDS = 5
SHOWN_UPDATES = 3


@click.command()
@click.argument("slug", metavar="CONTRACTOR")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def plan(slug: str, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Say what an import of CONTRACTOR's FILES would do, and seal that as a plan; nothing is imported or sent.

    Without FILES, the files are those in its inbox folder. Reads them as an import does and takes as long, on copies of
    the tables that only this command sees; Coperniq is asked nothing. `mep import CONTRACTOR --plan ID` then imports
    exactly this, or says what has moved (docs/planning.md). Ends with 0 when every row would be sent or is there, with
    3 when rows are rejected or would wait, or a file would fail, with 1 when planning itself failed.

    Settings: DATABASE_URL, COPERNIQ_API_URL, COPERNIQ_API_KEY, COPERNIQ_COMPANY_ID, COPERNIQ_REQUESTS_PER_DAY,
    MEP_INBOX, MEP_PLANS, MEP_MAPPINGS, MEP_DATE_ORDER.

    \b
    mep plan acme-hvac
    mep plan acme-hvac Contact.csv "Sites 2026.xlsx" --json
    """  # noqa: D301 - click's own sign for lines that stay as they are
    import dagster as dg

    from orchestration import migrations, screen
    from orchestration.planning import planning_with
    from orchestration.resources import resources

    with dg.build_resources(resources()) as given, screen.progress() as tell:
        with given.database.connect() as conn:
            migrations.require_current(conn, settings.MIGRATIONS)
        named = [str(file.absolute()) for file in files]
        plan_id, forecast = planning_with(given).make(slug, named, operator("plan"), say, tell)
    if as_json:
        print_json(_document(slug, plan_id, forecast))
    else:
        _print(slug, plan_id, forecast)
    totals = forecast.totals()
    if totals["rejected"] or totals["waiting"] or any(one.is_refused for one in forecast.imports):
        sys.exit(LEFT)


def _document(slug: str, plan_id: str | None, forecast: Forecast) -> dict[str, Any]:
    return {
        "plan": plan_id,
        "contractor": slug,
        "rows": forecast.totals(),
        "imports": [asdict(one) for one in forecast.imports],
        "sending": asdict(forecast.sending),
    }


def _print(slug: str, plan_id: str | None, forecast: Forecast) -> None:
    if not forecast.imports:
        click.echo(f"Nothing to plan: the inbox of {slug} holds no file.")
    for one in forecast.imports:
        _print_import(one)
    if forecast.imports:
        _print_sending(forecast.sending)
    if plan_id:
        click.echo(f"Plan {plan_id}. To import exactly this: mep import {slug} --plan {plan_id}")


def _print_import(one: PlannedImport) -> None:
    of_type = f" as {one.coperniq_type}" if one.coperniq_type else ""
    note = f" ({one.note})" if one.note else ""
    click.echo(f"{one.file}{of_type}: {'would fail' if one.failure else one.outcome}{note}")
    if one.failure:
        click.echo(f"    {one.failure}")
    if not one.counts or one.failure:
        return
    rows = ", ".join(f"{number:,} {name}" for name, number in one.counts.items() if number)
    warned = f"; {one.warned:,} of them repaired or doubtful" if one.warned else ""
    click.echo(f"    {counted(sum(one.counts.values()), 'row')}: {rows or 'none'}{warned}")
    for doubt in one.doubts:
        click.echo(f"    doubtful: {doubt}")
    click.echo(f"    columns: {', '.join(map(_column, one.columns))}")
    for title, found in (("rejected", one.causes), ("waiting for", one.waits_for), ("changes", one.changed_fields)):
        for what, number in found:
            click.echo(f"    {title}: {number:,} × {what}")
    shown = list(dict.fromkeys(difference.row for difference in one.differences))[:SHOWN_UPDATES]
    for difference in (difference for difference in one.differences if difference.row in shown):
        before = "nothing" if difference.before is None else f'"{difference.before}"'
        click.echo(f'    row {difference.row}: {difference.field} {before} -> "{difference.after}"')
    for outcome, samples in one.samples.items():
        for sample in samples if outcome != "updated" else ():
            values = ", ".join(f"{name}={value}" for name, value in list(sample.values.items())[:SHOWN_FIELDS])
            click.echo(f"    {outcome}, row {sample.row}: {sample.said or values}")


def _column(column: Any) -> str:
    header = printable(column.header) or "(the mapping file)"
    if column.field is None:
        return f"{header} (not sent)"
    sure = f" {column.confidence:.0%}" if column.confidence is not None and column.confidence < 1 else ""
    return f"{header} -> {column.field} ({column.source or 'a part'}{sure})"


def _print_sending(sending: Sending) -> None:
    if sending.stopped:
        click.echo(f"Nothing would be sent: {sending.stopped}")
        return
    click.echo(f"Sending: {sending.said}")
    if sending.lookups:
        names = counted(sending.names, "parent that no row has is", "parents that no row has are")
        click.echo(f"    before, {names} looked up in Coperniq, with {counted(sending.lookups, 'request')} or more;")
        click.echo("    rows whose parent is found there go as well")
    if sending.earlier:
        records = counted(sending.earlier, "record", "records")
        click.echo(f"    {records} of earlier imports among them")
