"""The command line `mep`. Thin: reads settings, calls, prints; `--help` documents every command.

Commands of other packages join through the entry points `mep.commands`, so that the product never imports the sandbox.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import click

from orchestration import completion as completing
from orchestration import endings, manual
from orchestration.commands.adopting import adopt
from orchestration.commands.alerts import alerts
from orchestration.commands.completion import completion
from orchestration.commands.contractors import contractor
from orchestration.commands.duplicates import duplicates
from orchestration.commands.erasing import erase
from orchestration.commands.field_mapping import field_mapping
from orchestration.commands.forms import form
from orchestration.commands.importing import import_files
from orchestration.commands.mapping import mapping
from orchestration.commands.migrating import migrate
from orchestration.commands.planning import plan
from orchestration.commands.replaying import replay
from orchestration.commands.reporting import report
from orchestration.commands.sending import resolve, sync_check
from orchestration.commands.serving import serve
from orchestration.commands.templates import templates
from orchestration.commands.tracing import trace
from orchestration.commands.undoing import rollback


class Commands(click.Group):
    """The product's commands, and those that other packages register; each with a manual page, and completed."""

    context_class = manual.ManualContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List every command by name."""
        return sorted({*super().list_commands(ctx), *(point.name for point in entry_points(group="mep.commands"))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing the package that it comes from."""
        found = super().get_command(ctx, cmd_name)
        for point in () if found else entry_points(group="mep.commands", name=cmd_name):
            found = point.load()
        return completing.complete(manual.dressed(found)) if found else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called; where there is none, name the one that may be meant, whoever's it is."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=self.list_commands(ctx), ctx=ctx) from None


@click.group(
    cls=Commands,
    context_settings={"help_option_names": [*manual.HELP], "max_content_width": manual.WIDTH, "show_default": True},
)
@click.version_option(package_name="mep-pipeline", message="mep %(version)s")
@click.option("--debug", is_flag=True, expose_value=False, help="Before a command: print a traceback of any error.")
def mep() -> None:
    """Bring contractors' CSV exports through PostgreSQL into Coperniq.

    Settings come from the environment or from .env; .env.example documents them. What a command answers goes to
    standard output, with --json as one JSON document; what it says on the way goes to standard error. NO_COLOR, or
    a standard output that is no terminal, keeps colours and bars away.

    Exit codes: 0 done, 1 failed, 2 a wrong call, 3 something is left to do or to look at, 130 interrupted.
    """


for command in (
    adopt, alerts, completion, contractor, duplicates, erase, field_mapping, form, import_files, mapping, migrate, plan,
    replay, report, resolve, rollback, serve, sync_check, templates, trace,
):  # fmt: skip
    mep.add_command(command)


def main() -> None:
    """Run `mep`; whatever ends it early is one line on standard error."""
    code: object = 0
    written_to = sys.stdout
    try:
        try:
            mep(prog_name="mep", standalone_mode=False)
        except SystemExit as ended:
            # When nobody reads any more, click puts another standard output into the place of the first.
            code = ended.code if sys.stdout is written_to else endings.NOBODY_READS
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        code = endings.end(error, sys.argv[1:])
    sys.exit(code)
