"""`mep rollback`: undoing an import. Thin: calls, asks, prints."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from assets.counting import counted
from assets.text import one_line
from orchestration import settings
from orchestration.commands.sending import work
from orchestration.console import LEFT, confirm, json_option, operator, print_json, require_word, say, yes_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from psycopg import Connection

    from assets.coperniq.leaving import Record
    from assets.coperniq.rolling_back import Plan, RolledBack
    from assets.coperniq.undoing import FixFile, Import, User

SHOWN = 10
"""Records that were left and are printed; the file has all of them."""
MOST_CHARACTERS = 200


@click.command()
@click.argument("import_id", metavar="IMPORT")
@yes_option
@click.option("--dry-run", is_flag=True, help="Print the plan, and change nothing.")
@json_option
def rollback(import_id: str, *, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Undo IMPORT: delete from Coperniq what it created and nobody has changed since; the rest is left and named.

    IMPORT is an id, or the eight characters of it that `mep contractor show` prints. The plan comes first, with a few
    records of each kind. What is left stands in rollback.csv in the import's folder of MEP_OUTBOX, a line for each
    record with the reason and what to do (docs/sending.md). Ends with 0 when nothing of the import is left in Coperniq,
    with 3 when something is left in Coperniq. What was interrupted is completed by the same command.

    Settings: DATABASE_URL, COPERNIQ_API_URL, COPERNIQ_API_KEY, COPERNIQ_COMPANY_ID, MEP_OUTBOX.

    \b
    mep rollback 1b9d6bcd --dry-run
    mep rollback 1b9d6bcd
    mep rollback 1b9d6bcd --yes --json
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from assets import leases
    from assets.coperniq import rolling_back
    from orchestration import screen

    require_word(as_json=as_json, given=yes or dry_run, options="--yes or --dry-run")
    with work() as (database, client), database.connect() as conn:
        of = rolling_back.find(conn, import_id)
        done, state = rolling_back.RolledBack(), "is rolled back already"
        if of.status != rolling_back.ROLLED_BACK:
            if dry_run or not as_json:
                _print_plan(of, rolling_back.plan(conn, of), as_json=as_json)
            if dry_run:
                return
            confirm("Those to be deleted are compared with Coperniq first. Go on?", yes=yes, as_json=as_json)
        by = operator("rollback")
        with leases.held(database, of.contractor_id, by) as lease:
            if of.status != rolling_back.ROLLED_BACK:
                with screen.progress() as tell:
                    done = rolling_back.Rollback(conn, client, lease, of, by, say, tell=tell).run()
                state = "is not rolled back as a whole" if done.left else "is rolled back"
            path, left = _report(conn, of, done, as_json=as_json)
    _print_rolled_back(of, done, state, path, left, as_json=as_json)
    if done.left:
        sys.exit(LEFT)


def _report(conn: Connection[Any], of: Import, done: RolledBack, *, as_json: bool) -> tuple[Path | None, list[Record]]:
    """Write what was left, in the place of what an earlier rollback left; return the file, and what is to be shown."""
    from assets.coperniq import leaving, rolling_back
    from assets.outbox import paths, rollback_file
    from orchestration.ownership import as_owner_of

    shown: list[Record] = []

    def cells(left: Iterable[Record]) -> Iterator[list[object]]:
        for one in left:
            if as_json or len(shown) < SHOWN:
                shown.append(one)
            yield one.cells

    outbox = settings.outbox_folder()
    with as_owner_of(outbox):
        folder = paths.folder(outbox, of.slug, of.id)
        return rollback_file.write(folder, leaving.COLUMNS, cells(rolling_back.left(conn, of, done))), shown


def _print_plan(of: Import, planned: Plan, *, as_json: bool) -> None:
    if as_json:
        samples = {standing: [asdict(one) for one in some] for standing, some in planned.samples.items()}
        print_json(
            {
                "import": str(of.id), "plan": planned.counts, "samples": samples, "used_by": _used(planned.users),
                "fix_files": _fix_files(planned.fix_files),
            }
        )  # fmt: skip
        return
    click.echo(f"{of.import_name}, import {of.id}:")
    for standing, records in planned.counts.items():
        click.echo(f"  {records:>7,} {standing}")
        _print_records(planned.samples.get(standing, ()))
    _print_users(planned.users)
    for one in _fix_files(planned.fix_files):
        kind = "" if one["is_replay"] else "fix file "  # a replay's name says that it is one
        click.echo(
            f"          {kind}{one_line(one['import_name'], MOST_CHARACTERS)}, import {one['import_id'][:8]}"
            f" ({counted(one['put_right'], 'row')} put right, {one['in_coperniq']:,} in Coperniq,"
            f" {one['to_send']:,} to be sent) {one['became']}. {one['what_to_do']}"
        )


def _print_rolled_back(
    of: Import, done: RolledBack, state: str, path: Path | None, left: Sequence[Record], *, as_json: bool
) -> None:
    if as_json:
        said = {
            "import": str(of.id), "rolled_back": not done.left, "deleted": done.deleted, "gone": done.gone,
            "withdrawn": done.withdrawn, "again": done.again, "left": done.left, "used_by": _used(done.users),
            "stopped": done.stopped, "records": [asdict(one) for one in left], "file": path,
        }  # fmt: skip
        print_json(said)
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
        _print_left(done.left, done.users, left)
        click.echo(f"Each of them, why and what to do: {path}")
    if done.stopped:
        click.echo(f"Stopped early: {done.stopped} Run the same command again to go on.")


def _print_left(counts: Mapping[Any, int], users: Sequence[User], left: Sequence[Record]) -> None:
    for standing, records in counts.items():
        click.echo(f"  {records:>7,} {standing}")
        _print_records([one for one in left if one.standing is standing])
    _print_users(users)


def _print_records(records: Iterable[Record]) -> None:
    for one in records:
        known = ", ".join(filter(None, (f"row {one.row:,}", one.key, one.coperniq_id)))
        click.echo(f"          {one_line(f'{known}: {one.why}', MOST_CHARACTERS)}")


def _print_users(users: Iterable[User]) -> None:
    for user in users:
        whose = f"{user.import_name}, import {str(user.import_id)[:8]}" if user.import_id else "Coperniq from before"
        click.echo(f"          used by {user.records:,} × {user.coperniq_type} of {whose}: roll that back first")


def _fix_files(found: Iterable[FixFile]) -> list[dict[str, Any]]:
    from assets.coperniq import leaving

    return [
        {
            **asdict(one),
            "import_id": str(one.import_id),
            **dict(zip(("became", "what_to_do"), leaving.of_fix_file(one), strict=True)),
        }
        for one in found
    ]


def _used(users: Iterable[User]) -> list[dict[str, Any]]:
    return [
        {"type": user.coperniq_type, "import": str(user.import_id) if user.import_id else None, "records": user.records}
        for user in users
    ]
