"""`mep erase`: removing a person's values. Thin: calls, asks, prints."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from assets.counting import counted
from assets.text import one_line
from orchestration import settings
from orchestration.console import LEFT, confirm, json_option, operator, print_json, require_word, yes_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assets.database import Database
    from assets.erasing.erasing import Address, Found, Left

SHOWN = 20
"""Records, and lines of a file, that are printed; --json has all."""


@click.command()
@click.option("--email", required=True, metavar="ADDRESS", help="The person's e-mail address.")
@click.option("--contractor", "slug", metavar="CONTRACTOR", help="Only of this contractor; else of all of them.")
@yes_option
@click.option("--dry-run", is_flag=True, help="Print how much would be erased, and change nothing.")
@json_option
def erase(email: str, slug: str | None, *, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Erase a person's values from the database and the outbox; rows, counts and hashes of keys stay.

    A person is known by an e-mail address: his contacts, all that hangs on them, and the forms that name him. How much
    of what that is comes first, without any value. Coperniq's own copy and the files that were imported are left, and
    named with what to do (docs/personal-data.md). Run it as the owner of the tables or the service role; the address
    itself stays in your shell's history. Ends with 0 when nothing is left of the person, with 3 when Coperniq or a
    file still has something, or --dry-run has found something, with 1 when nothing could be erased. What was
    interrupted is completed by the same command.

    Settings: DATABASE_URL, MEP_INBOX, MEP_OUTBOX.

    \b
    mep erase --email ann@example.com --dry-run
    mep erase --email ann@example.com
    mep erase --email ann@example.com --contractor acme-hvac --yes --json
    """  # noqa: D301 - click's own sign for lines that stay as they are
    import dagster as dg

    from assets.contractors import store as contractors
    from assets.database import Database
    from assets.erasing import erasing
    from orchestration import migrations, screen
    from orchestration.resources import resources

    require_word(as_json=as_json, given=yes or dry_run, options="--yes or --dry-run")
    database = Database(settings.database_url())
    with database.connect() as conn:
        migrations.require_current(conn, settings.MIGRATIONS)
        if slug is not None:
            contractors.get(conn, slug)
        person = erasing.address(conn, email)
        with screen.progress() as tell:
            found = erasing.find(conn, person, slug, tell)
        if dry_run or not as_json:
            _print_found(found, as_json=as_json)
        if dry_run:
            sys.exit(LEFT if any(one.any for one in found) else 0)
        if any(one.any for one in found):
            erasing.require_settled(conn, found)
            confirm("What is erased cannot be had back. Go on?", yes=yes, as_json=as_json)
        _erase(database, person, found)
        made = resources()
        with dg.build_resources({"inbox": made["inbox"]}) as given:
            left = [erasing.left(conn, person, one.whose, given.inbox) for one in found]
    left = [one for one in left if one.counts]
    _print_left(left, as_json=as_json)
    if any(one.in_coperniq or one.files for one in left):
        sys.exit(LEFT)


def _erase(database: Database, of: Address, found: Sequence[Found]) -> None:
    from assets.erasing import erasing
    from assets.progress import Progress
    from orchestration import screen
    from orchestration.ownership import as_owner_of

    outbox = settings.outbox_folder()
    done, total, began = 0, sum(one.counts["rows"] for one in found), time.monotonic()
    with screen.progress() as tell:
        for one in found:
            tell(Progress(_named(one), "erased", done, began, total))
            erasing.erase(database, of, one.whose, outbox, operator("erase"), lambda: as_owner_of(outbox))
            done += one.counts["rows"]


def _print_found(found: Sequence[Found], *, as_json: bool) -> None:
    if as_json:
        print_json({"found": [{"contractor": _named(one), "counts": one.counts} for one in found]})
        return
    if not any(one.any for one in found):
        click.echo("Nothing is known by that address.")
    for one in found:
        if one.any:
            click.echo(f"{_named(one)}:")
            _print_counts(one.counts)
        for erasure in one.erased:
            click.echo(f"{_named(one)}: erased {erasure.erased_at:%F %T %Z}.")
        if one.whose.signs_in:
            click.echo(f"{_named(one)} signs in with that address itself: that is left as it is.")


def _print_left(left: Sequence[Left], *, as_json: bool) -> None:
    if as_json:
        said = [
            {
                "contractor": _named(one), "counts": one.counts, "in_coperniq": one.in_coperniq,
                "files": [asdict(held) for held in one.files],
            }
            for one in left
        ]  # fmt: skip
        print_json({"erased": said})
        return
    for one in left:
        click.echo(f"{_named(one)}: erased.")
        if one.in_coperniq:
            click.echo(f"  {counted(len(one.in_coperniq), 'record')} left in Coperniq: delete them there by hand, or")
            click.echo("  `mep rollback` the import when all of it is to go:")
            _print_some(one.in_coperniq)
        for held in one.files:
            lines = ", ".join(map(str, held.lines[:SHOWN])) + (" …" if len(held.lines) > SHOWN else "")
            click.echo(f"  left in a file: {one_line(held.source, 300)}, lines {lines or 'unknown'}:")
            click.echo("  delete the file, or these lines of it; what was imported of it stays")


def _print_counts(counts: Mapping[str, int]) -> None:
    for what, number in counts.items():
        if number:
            click.echo(f"  {number:>7,} {what}")


def _print_some(lines: Sequence[str]) -> None:
    for line in lines[:SHOWN]:
        click.echo(f"          {line}")
    if len(lines) > SHOWN:
        click.echo(f"          … and {len(lines) - SHOWN:,} more: --json names all")


def _named(one: Any) -> str:
    return one.whose.slug or one.whose.name
