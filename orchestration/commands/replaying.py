"""`mep replay`: an import's stored rows, judged again. Thin: calls, prints."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assets.counting import counted
from orchestration import settings
from orchestration.console import LEFT, database, json_option, operator, print_json, say

if TYPE_CHECKING:
    from assets.replaying.making import Begun, Of
    from assets.replaying.replay import Replay, Sample
    from orchestration.summary import RunSummary

SHOWN = 5


@click.command()
@click.argument("import_id", metavar="IMPORT")
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="The mapping file that counts, instead of the contractor's own.",
)  # fmt: skip
@click.option("--apply", is_flag=True, help="Let the rows that differ take effect, and send them.")
@json_option
def replay(import_id: str, mapping: Path | None, *, apply: bool, as_json: bool) -> None:
    """Judge the stored rows of IMPORT by today's mapping and rules, and say which results would differ.

    IMPORT is an id, or the eight characters of it that `mep contractor show` prints. Nobody has to find its file again,
    and without --apply nothing changes. With it, the rows that differ become an import of their own, linked to the rows
    that they correct, and update the records that these are in Coperniq. Rows that were corrected, or that a later file
    has brought, are left alone (docs/replay.md). Ends with 0 when nothing differs, or all that did has been applied,
    with 3 when something differs still, be it left alone, or rows of the contractor wait.

    Settings: DATABASE_URL, COPERNIQ_API_URL, COPERNIQ_API_KEY, COPERNIQ_COMPANY_ID, COPERNIQ_REQUESTS_PER_DAY,
    MEP_INBOX, MEP_OUTBOX, MEP_MAPPINGS, MEP_DATE_ORDER.

    \b
    mep replay 1b9d6bcd
    mep replay 1b9d6bcd --mapping Contact.yaml --json
    mep replay 1b9d6bcd --mapping Contact.yaml --apply
    """  # noqa: D301 - click's own sign for lines that stay as they are
    import dagster as dg

    from assets.replaying.making import Begun, Replaying
    from orchestration import migrations, screen
    from orchestration.resources import resources

    with dg.build_resources(resources()) as given, screen.progress() as tell:
        with given.database.connect() as conn:
            migrations.require_current(conn, settings.MIGRATIONS)
            of = _of(conn, import_id)
        made = Replaying(given.database, given.plans.mappings, given.date_order, given.coperniq, given.limits)
        if apply:
            begun = made.begin(of, mapping, operator("replay"), say, tell)
        else:
            begun = Begun(None, made.look(of, mapping, say, tell))
    told = _applied(of, begun) if begun.import_id else None
    if as_json:
        print_json(_document(begun, told))
    else:
        _print(begun, told)
    if _is_left(begun.replay, told, apply=apply):
        sys.exit(LEFT)


def _of(conn: Any, import_id: str) -> Of:
    from assets.coperniq import rolling_back
    from assets.replaying.making import Of

    found = rolling_back.named(conn, import_id)
    return Of(found.id, found.contractor_id, found.slug, found.import_name)


def _applied(of: Of, begun: Begun) -> RunSummary:
    """Carry out what was registered, by the job that any import is carried out by."""
    from orchestration import runs, screen, summary

    with runs.instance(settings.load().database_url) as opened, screen.progress() as watch:
        outcomes = runs.import_contractor(opened, of.slug, (), watch=watch, only_go_on=True)
    replayed = runs.FileOutcome(f"Replay of {of.import_name}", str(begun.import_id), "replayed", None)
    with database() as conn:
        return summary.of_run(conn, of.slug, of.contractor_id, [replayed, *outcomes])


def _is_left(replay: Replay | None, told: RunSummary | None, *, apply: bool) -> bool:
    """Say whether something differs still, or waits; what a former command began says nothing of what differs."""
    if told and not told.finished:
        return True
    return replay is not None and bool(replay.kept if apply else replay.differing)


def _document(begun: Begun, told: RunSummary | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"replay": None}
    if begun.replay:
        shown["replay"] = asdict(begun.replay)
        # Not what differs, but what is sealed: a row runs also where one that differs is told to be its duplicate.
        del shown["replay"]["reading"], shown["replay"]["record_numbers"]
    return {**shown, "applied_as": begun.import_id, "run": told.document() if told else None}


def _print(begun: Begun, told: RunSummary | None) -> None:
    from orchestration import summary

    if begun.replay:
        _print_replay(begun.replay)
    else:
        click.echo("A replay that was begun before was gone on with; ask again to see whether anything differs still.")
    if told:
        summary.print_run(told)


def _print_replay(done: Replay) -> None:
    from assets.replaying.replay import LEFT_ALONE

    click.echo(f"{done.import_name} as {done.coperniq_type}, {counted(done.rows, 'row')}:")
    for old, new, rows in done.statuses:
        click.echo(f"  {rows:>9,} {old}" + (f" -> {new}" if old != new else ""))
    for reason, rows in done.left.items():
        click.echo(f"  {rows:>9,} left alone: {LEFT_ALONE[reason]}")
    if not done.differing:
        click.echo("Nothing differs.")
        return
    click.echo(f"{counted(done.differing, 'row differs', 'rows differ')}:")
    for name, rows in done.fields:
        click.echo(f"  {rows:>9,} × {name}")
    for sample in done.samples[:SHOWN]:
        _print_sample(sample)
    if done.planned and done.sending:
        outcomes = ", ".join(f"{rows:,} {name}" for name, rows in done.planned.counts.items() if rows)
        click.echo(f"Of those that run: {outcomes}. {done.sending.stopped or done.sending.said}")


def _print_sample(sample: Sample) -> None:
    statuses = f"{sample.old_status} -> {sample.new_status}"
    click.echo(f"    row {sample.row}: {statuses}{f': {sample.said}' if sample.said else ''}")
    for one in sample.changed:
        before, after = ("nothing" if value is None else f'"{value}"' for value in (one.before, one.after))
        click.echo(f"        {one.field}: {before} -> {after}")
