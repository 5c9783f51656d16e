"""The command line `mep`. Thin: reads settings, calls, prints; `--help` documents every command.

Commands of other packages join through the entry points `mep.commands`, so that the product never imports the sandbox.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assets.errors import PipelineError
from orchestration import settings
from orchestration.alerts_cli import alerts
from orchestration.console import migrated_database
from orchestration.field_mapping_cli import field_mapping
from orchestration.forms_cli import form
from orchestration.mapping_cli import mapping
from orchestration.sending_cli import resolve, rollback, sync_check
from orchestration.serving_cli import serve
from orchestration.templates_cli import templates

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from psycopg import Connection

NOT_FINISHED = 3


class Commands(click.Group):
    """The product's commands, and those that other packages register."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List every command by name."""
        return sorted({*super().list_commands(ctx), *(point.name for point in entry_points(group="mep.commands"))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing the package that it comes from."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for point in entry_points(group="mep.commands", name=cmd_name):
            return point.load()
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def mep() -> None:
    """Bring contractors' CSV exports through PostgreSQL into Coperniq.

    Settings come from the environment or from .env; .env.example documents them.
    """


for command in (alerts, field_mapping, form, mapping, resolve, rollback, serve, sync_check, templates):
    mep.add_command(command)


@mep.group()
def migrate() -> None:
    """Apply, roll back or list the migrations of the database."""


@migrate.command()
@click.option(
    "--with", "options", multiple=True, metavar="OPTION", help="Also one of migrations/optional, such as partitioning."
)
def up(options: tuple[str, ...]) -> None:
    """Apply the migrations that are pending, each in one transaction with its ledger row."""
    from orchestration import migrations

    with _database() as connection:
        applied = migrations.up(connection, settings.MIGRATIONS, options)
    click.echo("\n".join(f"applied {item.version} {item.name}" for item in applied) or "nothing to apply")


@migrate.command()
@click.option("--to", type=click.IntRange(min=0), default=0, show_default=True, help="The last one that stays.")
@click.confirmation_option("--yes", prompt="This drops tables with their data. Roll back?")
def down(to: int) -> None:
    """Roll migrations back: those that were chosen first, then the latest."""
    from orchestration import migrations

    with _database() as connection:
        undone = migrations.down(connection, settings.MIGRATIONS, to=to)
    click.echo("\n".join(f"rolled back {item.version} {item.name}" for item in undone) or "nothing to roll back")


@migrate.command()
def status() -> None:
    """List the migrations and which of them are applied."""
    from orchestration import migrations

    with _database() as connection:
        states = migrations.status(connection, settings.MIGRATIONS)
    for item in states:
        click.echo(f"{item.version}  {item.name:<40} {item.condition}")


@mep.group()
def contractor() -> None:
    """Register and list the contractors that the pipeline serves."""


@contractor.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="The company's name.")
@click.option("--email", required=True, help="The e-mail address with which the contractor signs in.")
@click.option("--trade", "trades", multiple=True, help="hvac, plumbing, electrical, solar …; may be repeated.")
@click.option("--preset", help="What kind of contractor it is, such as hvac_residential: decides about its templates.")
def add_contractor(slug: str, name: str, email: str, trades: tuple[str, ...], preset: str | None) -> None:
    """Register a contractor; SLUG names its folder in the inbox.

    With --preset its markets, phases and templates are those of the preset, and its trades too where none are given.
    """
    from assets.contractors import store

    with migrated_database() as connection:
        changed = store.add(connection, slug, name, email, list(trades), preset)
    click.echo(f"{slug} is registered" if changed else f"{slug} was registered already")


@contractor.command("set")
@click.argument("slug")
@click.option("--rejected-share", type=click.FloatRange(0, 1), help="Share of an import's rows, from 0 to 1.")
@click.option("--active/--inactive", "active", default=None, help="Whether anything of it is taken and sent by itself.")
def set_contractor(slug: str, rejected_share: float | None, active: bool | None) -> None:  # noqa: FBT001 - click's
    """Set how many rows of an import may be rejected before somebody is told, or let a contractor rest (--inactive)."""
    from assets.contractors import store

    if rejected_share is None and active is None:
        raise click.UsageError("Say what to set: --rejected-share, --active or --inactive.")
    with migrated_database() as connection:
        if rejected_share is not None:
            store.set_rejected_share(connection, slug, rejected_share)
            click.echo(f"somebody is told when more than {rejected_share:.1%} of an import of {slug} are rejected")
        if active is not None:
            store.set_active(connection, slug, active=active)
            click.echo(f"{slug} is {'active' if active else 'inactive: no run is started for it'}")


@contractor.command("list")
def list_contractors() -> None:
    """List the contractors."""
    from assets.contractors import store

    with migrated_database() as connection:
        for found in store.every(connection):
            click.echo(
                f"{found.slug:<24} {found.name:<40} {found.preset or '-':<24} {found.email or ''}"
                f"{'' if found.is_active else '  (inactive)'}"
            )


@contractor.command("show")
@click.argument("slug")
def show_contractor(slug: str) -> None:
    """Show a contractor and its imports."""
    from assets.contractors import store
    from assets.csv_imports import summaries
    from orchestration import summary

    with migrated_database() as connection:
        found = store.get(connection, slug)
        rows = summaries.summaries(connection, summaries.of_contractor(connection, found.id))
    click.echo(f"{found.name} <{found.email or ''}>, trades: {', '.join(found.trades) or 'none'}")
    click.echo(f"registered {found.created_at:%Y-%m-%d}, {'active' if found.is_active else 'inactive'}")
    click.echo(f"somebody is told when more than {found.rejected_share:.1%} of an import are rejected")
    summary.print_imports(slug, rows, {})


@mep.command("import")
@click.argument("contractor_slug", metavar="CONTRACTOR")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_files(contractor_slug: str, files: tuple[Path, ...]) -> None:
    """Import a contractor's files and approved forms, and send what can be sent.

    Without FILES, the files are those in its inbox folder. Ends with 0 when every row has been sent or has a final
    reason, with 3 when rows wait (an outage, a quota, a missing parent), forms are held, or a file failed, with 1 when
    the run itself failed, with 2 for a wrong call.
    """
    from assets.contractors import store as contractors
    from orchestration import runs, summary

    given = settings.load()
    with migrated_database() as connection:
        contractors.get(connection, contractor_slug)
    with runs.instance(given.database_url) as opened:
        outcomes = runs.import_contractor(opened, contractor_slug, files)
    if not outcomes:
        click.echo(f"Nothing to import: {given.inbox}/{contractor_slug} holds no file, and no form was approved.")
    with _database() as connection:
        contractor_id = contractors.get(connection, contractor_slug).id
        finished = summary.print_run(connection, contractor_slug, contractor_id, outcomes)
    if not finished:
        sys.exit(NOT_FINISHED)


def _database() -> AbstractContextManager[Connection[Any]]:
    from assets.database import Database

    return Database(settings.database_url()).connect()


def main() -> None:
    """Run `mep`; an error that was foreseen is one line on standard error."""
    try:
        mep(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("mep: stopped; run the same command again to go on", err=True)
        sys.exit(130)
    except PipelineError as error:
        click.echo(f"mep: {error}", err=True)
        sys.exit(1)
