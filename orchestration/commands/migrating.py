"""`mep migrate`: the database's schema, brought forward, back, and listed. Thin: calls, prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from orchestration import settings
from orchestration.console import confirm, database, json_option, print_json, yes_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestration.migrations import Applied


NOTHING = {"applied": "nothing to apply", "rolled back": "nothing to roll back"}


@click.group()
def migrate() -> None:
    """Apply, roll back or list the migrations of the database."""


@migrate.command()
@click.option(
    "--with", "options", multiple=True, metavar="OPTION", help="Also one of migrations/optional, such as partitioning."
)
@json_option
def up(options: tuple[str, ...], *, as_json: bool) -> None:
    """Apply the migrations that are pending, each in one transaction with its ledger row (docs/deployment.md).

    \b
    mep migrate up
    mep migrate up --with partitioning
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from orchestration import migrations

    with database() as connection:
        applied = migrations.up(connection, settings.MIGRATIONS, options)
    _print("applied", applied, as_json=as_json)


@migrate.command()
@click.option("--to", type=click.IntRange(min=0), default=0, help="The last one that stays.")
@yes_option
@json_option
def down(to: int, *, yes: bool, as_json: bool) -> None:
    """Roll migrations back, those that were chosen first, then the latest; tables go with their data.

    \b
    mep migrate down --to 22
    """  # noqa: D301
    from orchestration import migrations

    confirm("This drops tables with their data. Roll back?", yes=yes, as_json=as_json)
    with database() as connection:
        undone = migrations.down(connection, settings.MIGRATIONS, to=to)
    _print("rolled back", undone, as_json=as_json)


@migrate.command()
@json_option
def status(*, as_json: bool) -> None:
    """List the migrations and which of them are applied.

    \b
    mep migrate status
    """  # noqa: D301
    from orchestration import migrations

    with database() as connection:
        states = migrations.status(connection, settings.MIGRATIONS)
    if as_json:
        print_json([asdict(item) for item in states])
    for item in [] if as_json else states:
        click.echo(f"{item.version}  {item.name:<40} {item.condition}")


def _print(done: str, found: Sequence[Applied], *, as_json: bool) -> None:
    if as_json:
        print_json({done.replace(" ", "_"): [asdict(item) for item in found]})
    else:
        click.echo("\n".join(f"{done} {item.version} {item.name}" for item in found) or NOTHING[done])
