"""`mep templates`: the YAML files that forms are made from, checked, and brought into the database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from assets.counting import counted
from orchestration import settings
from orchestration.console import migrated_database


@click.group()
def templates() -> None:
    """Check the YAML files of form templates, and bring them into the database."""


@templates.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
def check(folder: Path | None) -> None:
    """Check every file of FOLDER, which is that of the settings when left out; ends with 1 when one is wrong.

    Reads files and nothing else: no database is needed.
    """
    from assets.templates import reading

    found = reading.look(folder or settings.templates_folder())
    faults = sorted(found.faults + [fault for file in found.files for fault in reading.interpret(file).faults])
    for fault in faults:
        click.echo(str(fault), err=True)
    faulty = len({fault.file for fault in faults})
    good = len(found.files) - len({fault.file for fault in faults} & {file.shown for file in found.files})
    counts = [counted(good, "template is good", "templates are good")]
    counts += [counted(faulty, "file is not", "files are not")] if faulty else []
    click.echo(", ".join(counts))
    if faults:
        sys.exit(1)


@templates.command()
def sync() -> None:
    """Bring the templates into the database; ends with 1 when a file was left out for a fault.

    A template whose file is gone is retired, one whose file is wrong stays as it is. Contractors with a preset get the
    templates of their trades and phases.
    """
    from orchestration import runs

    with migrated_database():
        pass
    with runs.instance(settings.database_url()) as opened:
        synced = runs.sync_templates(opened)
    click.echo(str(synced))
    if synced.faults:
        click.echo(
            "Some files were left out: the warnings above name them, and so does `mep templates check`.", err=True
        )
        sys.exit(1)
