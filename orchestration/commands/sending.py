"""`mep sync-check`, `mep resolve`: what operators do about what was sent. Thin: calls, prints."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Any

import click

from assets.catalogue import BY_NAME, TYPES
from assets.text import minute
from orchestration import settings
from orchestration.console import LEFT, json_option, operator, print_json, say

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.transport import Transport
    from assets.coperniq.unsettled import Unsettled
    from assets.database import Database


@click.command("sync-check")
@click.argument("slug", metavar="CONTRACTOR")
@click.option("--type", "type_name", type=click.Choice(list(BY_NAME)), help="One type; else all that were sent.")
@json_option
def sync_check(slug: str, type_name: str | None, *, as_json: bool) -> None:
    """Compare Coperniq with what was sent for CONTRACTOR; nothing is written there.

    Reads every record of the company, a hundred a request: missing ones, those changed there, and those unknown to us
    stand in the table coperniq_findings from then on (docs/sending.md). Ends with 0 when Coperniq has what was
    sent, with 3 when Coperniq has something else, or the comparison ended early (a used-up quota, an outage).

    Settings: DATABASE_URL, COPERNIQ_API_URL, COPERNIQ_API_KEY, COPERNIQ_COMPANY_ID, COPERNIQ_REQUESTS_PER_DAY.

    \b
    mep sync-check acme-hvac
    mep sync-check acme-hvac --type Contact --json
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from assets.contractors import store as contractors
    from assets.coperniq import findings
    from assets.coperniq.checking import Check
    from assets.coperniq.store import Scope
    from orchestration import screen

    shown: list[dict[str, Any]] = []
    with work() as (database, client), database.connect() as conn, screen.progress() as tell:
        contractor = contractors.get(conn, slug)
        for record_type in [BY_NAME[type_name]] if type_name else TYPES:
            scope = Scope(contractor.id, record_type)
            if type_name is None and not findings.anything_sent(conn, scope):
                continue
            done = Check(conn, client, scope, operator("sync-check"), tell).run()
            shown.append(
                {
                    "type": record_type.name, "compared": done.read, "requests": done.requests,
                    **findings.count(conn, scope), "fields": dict(findings.commonest_fields(conn, scope)),
                    "stopped": done.stopped,
                }
            )  # fmt: skip
    if as_json:
        print_json({"contractor": slug, "types": shown})
    else:
        click.echo("\n".join(map(_checked, shown)) or f"Nothing was sent for {slug} yet.")
    if any(one["stopped"] or one["missing"] or one["changed"] or one["unknown"] for one in shown):
        sys.exit(LEFT)


@click.command()
@click.argument("slug", metavar="[CONTRACTOR]", required=False)
@click.option("--sent", nargs=2, metavar="RECORD COPERNIQ_ID", help="Coperniq has RECORD, as COPERNIQ_ID.")
@click.option("--not-sent", metavar="RECORD", help="Coperniq does not have RECORD: it is sent by the next run.")
@json_option
def resolve(slug: str | None, sent: tuple[str, str] | None, not_sent: str | None, *, as_json: bool) -> None:
    """Settle records of which nobody knows whether Coperniq has them; without CONTRACTOR, list those of all.

    With CONTRACTOR, each is looked up in Coperniq again, and what is still in doubt is listed. --sent and --not-sent
    settle one by what you found in Coperniq yourself; Coperniq is asked first, and nothing is created from here
    (docs/sending.md). Ends with 0 when no record is in doubt any more, with 3 when a record is in doubt.

    Settings: DATABASE_URL, COPERNIQ_API_URL, COPERNIQ_API_KEY, COPERNIQ_COMPANY_ID.

    \b
    mep resolve
    mep resolve acme-hvac
    mep resolve acme-hvac --not-sent 0198c5a2-7d1e-7c1b-9b7e-5f0f6f0d1a11
    """  # noqa: D301
    from assets.contractors import store as contractors
    from assets.coperniq import unsettled

    if (sent and not_sent) or (slug is None and (sent or not_sent)):
        raise click.UsageError("Give CONTRACTOR, and one of --sent and --not-sent.")
    with work() as (database, client), database.connect() as conn:
        contractor_id = contractors.get(conn, slug).id if slug else None
        if contractor_id is not None:
            doubtful = unsettled.every(conn, contractor_id)
            _settle(database, client, conn, contractor_id, doubtful, sent, not_sent)
        left = unsettled.every(conn, contractor_id)
    if as_json:
        print_json([{**asdict(one), "since": f"{one.since.astimezone(UTC):%FT%TZ}"} for one in left])
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
                    say(f"Coperniq has other values than were sent: {', '.join(differing)}.")
            elif not_sent:
                found = resolving.not_sent(ids[0])
                say(f"Coperniq has it after all, as {found}." if found else "It is sent by the next run.")
            else:
                resolving.look_up(ids)


@contextlib.contextmanager
def work() -> Generator[tuple[Database, Transport], None, None]:
    """Give the database, up to date, and Coperniq, under the key's limits: the same as runs are given."""
    import dagster as dg

    from orchestration import migrations
    from orchestration.resources import resources

    with dg.build_resources(resources()) as given:
        with given.database.connect() as conn:
            migrations.require_current(conn, settings.MIGRATIONS)
        yield given.database, given.coperniq


def _checked(one: Mapping[str, Any]) -> str:
    fields = ", ".join(f"{name} {records:,}" for name, records in one["fields"].items())
    changed = f"{one['changed']:,} changed there{f' ({fields})' if fields else ''}"
    line = (
        f"{one['type']}: {one['compared']:,} compared, {one['missing']:,} missing, {changed}, "
        f"{one['unknown']:,} unknown to us"
    )
    return f"{line}. {one['stopped']}" if one["stopped"] else line
