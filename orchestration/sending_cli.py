"""`mep sync-check`, `mep resolve`, `mep rollback`: what operators do about what was sent. Thin: calls, asks, prints."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Any

import click

from assets.catalogue import BY_NAME, TYPES
from assets.counting import counted
from assets.text import minute
from orchestration import settings
from orchestration.console import operator

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.rolling_back import RolledBack
    from assets.coperniq.transport import Transport
    from assets.coperniq.undoing import Import, User
    from assets.coperniq.unsettled import Unsettled
    from assets.database import Database

LEFT = 3
"""Exit code where something is left to do or to look at."""


@click.command("sync-check")
@click.argument("slug", metavar="CONTRACTOR")
@click.option("--type", "type_name", type=click.Choice(list(BY_NAME)), help="One type; else all that were sent.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def sync_check(slug: str, type_name: str | None, *, as_json: bool) -> None:
    """Compare Coperniq with what was sent for CONTRACTOR; nothing is written there.

    Reads every record of the company, a hundred a request: missing ones, those changed there, and those unknown to us
    stand in the table coperniq_findings from then on. Ends with 0 when the two agree, with 3 when they do not or the
    comparison ended early (a used-up quota, an outage), with 1 when it failed, with 2 for a wrong call.
    """
    from assets.contractors import store as contractors
    from assets.coperniq import findings
    from assets.coperniq.checking import Check
    from assets.coperniq.store import Scope

    shown: list[dict[str, Any]] = []
    with _work() as (database, client), database.connect() as conn:
        contractor = contractors.get(conn, slug)
        for record_type in [BY_NAME[type_name]] if type_name else TYPES:
            scope = Scope(contractor.id, record_type)
            if type_name is None and not findings.anything_sent(conn, scope):
                continue
            done = Check(conn, client, scope, operator("sync-check"), _say).run()
            shown.append(
                {
                    "type": record_type.name, "compared": done.read, "requests": done.requests,
                    **findings.count(conn, scope), "fields": dict(findings.commonest_fields(conn, scope)),
                    "stopped": done.stopped,
                }
            )  # fmt: skip
    if as_json:
        click.echo(json.dumps({"contractor": slug, "types": shown}, indent=2))
    else:
        click.echo("\n".join(map(_checked, shown)) or f"Nothing was sent for {slug} yet.")
    if any(one["stopped"] or one["missing"] or one["changed"] or one["unknown"] for one in shown):
        sys.exit(LEFT)


@click.command()
@click.argument("slug", metavar="[CONTRACTOR]", required=False)
@click.option("--sent", nargs=2, metavar="RECORD COPERNIQ_ID", help="Coperniq has RECORD, as COPERNIQ_ID.")
@click.option("--not-sent", metavar="RECORD", help="Coperniq does not have RECORD: it is sent by the next run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def resolve(slug: str | None, sent: tuple[str, str] | None, not_sent: str | None, *, as_json: bool) -> None:
    """Settle records of which nobody knows whether Coperniq has them; without CONTRACTOR, list those of all.

    With CONTRACTOR, each is looked up in Coperniq again, and what is still in doubt is listed. --sent and --not-sent
    settle one by what you found in Coperniq yourself; Coperniq is asked first, and nothing is created from here. Ends
    with 0 when nothing is in doubt any more, with 3 when something is, with 1 when it failed, with 2 for a wrong call.
    """
    from assets.contractors import store as contractors
    from assets.coperniq import unsettled

    if (sent and not_sent) or (slug is None and (sent or not_sent)):
        raise click.UsageError("Give CONTRACTOR, and one of --sent and --not-sent.")
    with _work() as (database, client), database.connect() as conn:
        contractor_id = contractors.get(conn, slug).id if slug else None
        if contractor_id is not None:
            doubtful = unsettled.every(conn, contractor_id)
            _settle(database, client, conn, contractor_id, doubtful, sent, not_sent)
        left = unsettled.every(conn, contractor_id)
    if as_json:
        click.echo(
            json.dumps(
                [{**asdict(one), "id": str(one.id), "since": f"{one.since.astimezone(UTC):%FT%TZ}"} for one in left],
                indent=2,
            )
        )
    for one in [] if as_json else left:
        row = f"row {one.record_number} of {one.import_name}" if one.import_name else "no row"
        click.echo(f"{one.contractor}  {one.coperniq_type}  {one.id}  {row}, key {one.key}, sent {minute(one.since)}")
        click.echo(f"    {one.why}")
    if left:
        sys.exit(LEFT)
    if not as_json:
        click.echo("Nothing is in doubt.")


def _settle(
    database: Database,
    client: Transport,
    conn: Connection[Any],
    contractor_id: UUID,
    doubtful: list[Unsettled],
    sent: tuple[str, str] | None,
    not_sent: str | None,
) -> None:
    from assets import leases
    from assets.coperniq.resolving import ResolveError, Resolving
    from assets.coperniq.store import Scope

    by = operator("resolve")
    wanted = sent[0] if sent else not_sent
    chosen = [one for one in doubtful if wanted in (None, str(one.id))]
    if wanted is not None and not chosen:
        raise ResolveError(f"{wanted} is no record of this contractor that is in doubt: `mep resolve` lists them.")
    with leases.held(database, contractor_id, by) as lease:
        for record_type in TYPES:
            ids = [one.id for one in chosen if one.coperniq_type == record_type.name]
            resolving = Resolving(conn, client, lease, Scope(contractor_id, record_type), by)
            if not ids:
                continue
            if sent:
                differing = resolving.sent(ids[0], sent[1])
                if differing:
                    _say(f"Coperniq has other values than were sent: {', '.join(differing)}.")
            elif not_sent:
                found = resolving.not_sent(ids[0])
                _say(f"Coperniq has it after all, as {found}." if found else "It is sent by the next run.")
            else:
                resolving.look_up(ids)


@click.command()
@click.argument("import_id", metavar="IMPORT")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; asks nothing, so it needs --yes.")
def rollback(import_id: str, *, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Undo IMPORT: delete from Coperniq what it created and nobody has changed since; the rest is left and named.

    IMPORT is an id, or the eight characters of it that `mep contractor show` prints. Ends with 0 when nothing of the
    import is left in Coperniq, with 3 when something is, with 1 when the rollback failed, with 2 for a wrong call. What
    was interrupted is completed by the same command.
    """
    from assets import leases
    from assets.coperniq import rolling_back

    if as_json and not (yes or dry_run):
        raise click.UsageError("--json asks nothing: give --yes or --dry-run with it.")
    with _work() as (database, client), database.connect() as conn:
        of = rolling_back.find(conn, import_id)
        if of.status == rolling_back.ROLLED_BACK:
            _print_rolled_back(of, rolling_back.RolledBack(), "is rolled back already", as_json=as_json)
            return
        planned = rolling_back.plan(conn, of)
        if not as_json:
            click.echo(f"{of.import_name}, import {of.id}:")
            _print_counts(planned.counts, planned.users)
        elif dry_run:
            click.echo(
                json.dumps({"import": str(of.id), "plan": planned.counts, "used_by": _used(planned.users)}, indent=2)
            )
        if dry_run:
            return
        if not yes:
            click.confirm("Those to be deleted are compared with Coperniq first. Go on?", abort=True)
        by = operator("rollback")
        with leases.held(database, of.contractor_id, by) as lease:
            done = rolling_back.Rollback(conn, client, lease, of, by, _say).run()
    _print_rolled_back(of, done, "is not rolled back as a whole" if done.left else "is rolled back", as_json=as_json)
    if done.left:
        sys.exit(LEFT)


@contextlib.contextmanager
def _work() -> Generator[tuple[Database, Transport], None, None]:
    """Give the database, up to date, and Coperniq, under the key's limits: the same as runs are given."""
    import dagster as dg

    from orchestration import migrations
    from orchestration.resources import resources

    with dg.build_resources(resources()) as given:
        with given.database.connect() as conn:
            migrations.require_current(conn, settings.MIGRATIONS)
        yield given.database, given.coperniq


def _say(line: str) -> None:
    click.echo(f"  {line}", err=True)


def _checked(one: Mapping[str, Any]) -> str:
    fields = ", ".join(f"{name} {records:,}" for name, records in one["fields"].items())
    changed = f"{one['changed']:,} changed there{f' ({fields})' if fields else ''}"
    line = (
        f"{one['type']}: {one['compared']:,} compared, {one['missing']:,} missing, {changed}, "
        f"{one['unknown']:,} unknown to us"
    )
    return f"{line}. {one['stopped']}" if one["stopped"] else line


def _print_rolled_back(of: Import, done: RolledBack, state: str, *, as_json: bool) -> None:
    if as_json:
        said = {
            "import": str(of.id), "rolled_back": not done.left, "deleted": done.deleted, "gone": done.gone,
            "withdrawn": done.withdrawn, "again": done.again, "left": done.left, "used_by": _used(done.users),
            "stopped": done.stopped,
        }  # fmt: skip
        click.echo(json.dumps(said, indent=2))
        return
    gone = f", {done.gone:,} that somebody else had deleted" if done.gone else ""
    click.echo(
        f"{of.import_name} {state}: {counted(done.deleted, 'record')} deleted{gone}, {done.withdrawn:,} withdrawn."
    )
    if done.again:
        rows = counted(done.again, "row of another import has its", "rows of other imports have their")
        click.echo(f"{rows} turn again: the next `mep import` sends what this one had replaced.")
    if done.left:
        click.echo("Left in Coperniq:")
        _print_counts(done.left, done.users)
    if done.stopped:
        click.echo(f"Stopped early: {done.stopped} Run the same command again to go on.")


def _print_counts(counts: Mapping[Any, int], users: list[User]) -> None:
    for standing, records in counts.items():
        click.echo(f"  {records:>7,} {standing}")
    for user in users:
        whose = f"{user.import_name}, import {str(user.import_id)[:8]}" if user.import_id else "Coperniq from before"
        click.echo(f"          used by {user.records:,} × {user.coperniq_type} of {whose}: roll that back first")


def _used(users: list[User]) -> list[dict[str, Any]]:
    return [
        {"type": user.coperniq_type, "import": str(user.import_id) if user.import_id else None, "records": user.records}
        for user in users
    ]
