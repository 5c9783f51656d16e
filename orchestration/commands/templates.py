"""`mep templates`: the YAML files that forms are made from, checked, and brought into the database."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from assets.counting import counted
from orchestration import settings
from orchestration.console import json_option, migrated_database, print_json


@click.group()
def templates() -> None:
    """Check the YAML files of form templates, and bring them into the database."""


@templates.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@json_option
def check(folder: Path | None, *, as_json: bool) -> None:
    """Check every file of FOLDER, which is that of the settings when left out (docs/templates.md).

    Reads files and nothing else: no database is needed. Ends with 0 when every file is good, with 1 when a
    file is wrong.

    Settings: MEP_TEMPLATES.

    \b
    mep templates check
    mep templates check ~/drafts --json
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from assets.templates import reading

    found = reading.look(folder or settings.templates_folder())
    faults = sorted(found.faults + [fault for file in found.files for fault in reading.interpret(file).faults])
    faulty = len({fault.file for fault in faults})
    good = len(found.files) - len({fault.file for fault in faults} & {file.shown for file in found.files})
    if as_json:
        print_json({"good": good, "faulty": faulty, "faults": [asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            click.echo(str(fault), err=True)
        counts = [counted(good, "template is good", "templates are good")]
        counts += [counted(faulty, "file is not", "files are not")] if faulty else []
        click.echo(", ".join(counts))
    if faults:
        sys.exit(1)


@templates.command()
@json_option
def sync(*, as_json: bool) -> None:
    """Bring the templates into the database (docs/templates.md).

    A template whose file is gone is retired, one whose file is wrong stays as it is. Contractors with a preset get the
    templates of their trades and phases. Ends with 0 when every file was taken, with 1 when a file was left out for
    a fault.

    Settings: DATABASE_URL, MEP_TEMPLATES.

    \b
    mep templates sync
    """  # noqa: D301
    from orchestration import runs

    with migrated_database():
        pass
    with runs.instance(settings.database_url()) as opened:
        synced = runs.sync_templates(opened)
    if as_json:
        print_json(asdict(synced))
    else:
        click.echo(str(synced))
    if synced.faults:
        click.echo(
            "Some files were left out: the warnings above name them, and so does `mep templates check`.", err=True
        )
        sys.exit(1)
