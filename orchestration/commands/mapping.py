"""`mep mapping`: what contractors' columns mean, suggested for a person to edit, and checked."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assets.catalogue import BY_NAME
from assets.errors import PipelineError
from orchestration import settings
from orchestration.console import json_option, print_json

if TYPE_CHECKING:
    from assets.csv_imports.mapping.deciding import Known
    from assets.record_types import RecordType


class MappingError(PipelineError):
    """Say why no mapping file was written or checked."""


@click.group()
def mapping() -> None:
    """Suggest and check the mapping files that say what a contractor's columns mean."""


@mapping.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--contractor", "slug", metavar="CONTRACTOR",
    help="Whose file it is: counts its mapping file and its earlier imports too.",
)  # fmt: skip
@click.option("--type", "type_name", type=click.Choice(list(BY_NAME)), help="What it holds.")
@click.option("--write", is_flag=True, help="Write mappings/CONTRACTOR/TYPE.yaml instead of printing.")
@click.option("--force", is_flag=True, help="With --write: replace the file that is there.")
@json_option
def suggest(file: Path, slug: str | None, type_name: str | None, *, write: bool, force: bool, as_json: bool) -> None:
    """Draft a mapping file from the headers of FILE, with a reason for each column (docs/mapping.md).

    The draft holds headers and names of fields, no value of any row. Without --contractor no database is needed.

    Settings: DATABASE_URL, MEP_MAPPINGS.

    \b
    mep mapping suggest Contact.csv
    mep mapping suggest "All customers.xlsx" --type Contact --contractor acme-hvac --write
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from assets.csv_imports import inbox
    from assets.csv_imports.files.reading import open_file
    from assets.csv_imports.mapping.deciding import decide, fits, map_headers
    from assets.csv_imports.mapping.drafting import draft
    from assets.csv_imports.mapping.nearest import holds_data
    from assets.text import printable

    if write and not slug:
        raise click.UsageError("--write needs --contractor: a mapping file belongs to one.")
    record_type = BY_NAME[type_name] if type_name else inbox.type_of(file.name)
    if record_type is None:
        raise click.UsageError(f"{printable(file.name)} fits no type: say with --type what it holds.")
    known = _known(slug, record_type)
    with open_file(inbox.inspect(file), lambda cells: fits(record_type, cells, known)) as opened:
        if holds_data(opened.headers):
            map_headers(record_type, opened.headers, known)  # a row of data is no header, and says so
        text = draft(decide(record_type, opened.headers, known), printable(file.name), known.override)
    written = _write(_folder(slug) / f"{record_type.name}.yaml", text, force=force) if write and slug else None
    if as_json:
        print_json({"type": record_type.name, "draft": text, "written": written})
    elif written:
        click.echo(f"wrote {written}")
    else:
        click.echo(text, nl=False)


@mapping.command()
@click.argument("slug", metavar="CONTRACTOR")
@json_option
def check(slug: str, *, as_json: bool) -> None:
    """Check the mapping files of CONTRACTOR (docs/mapping.md).

    No database is needed. Ends with 0 when every file is good, with 1 when a file is wrong.

    Settings: MEP_MAPPINGS.

    \b
    mep mapping check acme-hvac
    """  # noqa: D301
    from assets.csv_imports.judging import validations
    from assets.csv_imports.mapping import overrides
    from assets.csv_imports.mapping.deciding import rules_of

    folder = _folder(slug)
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    checked: list[dict[str, str | None]] = []
    for path in files:
        record_type = BY_NAME.get(path.stem) if path.suffix == ".yaml" else None
        try:
            if record_type is None:
                raise MappingError(
                    f"{slug}/{path.name} is not read: name it {', '.join(f'{n}.yaml' for n in BY_NAME)}."
                )
            override = overrides.load(folder, record_type)
            validations.check(record_type, rules_of(override) if override else [])
            checked.append({"file": f"{slug}/{path.name}", "error": None})
        except PipelineError as error:
            shown = str(error)
            said = shown if shown.startswith(slug) else f"{slug}/{path.name}: {shown}"
            checked.append({"file": f"{slug}/{path.name}", "error": said})
    _print_checked(checked, f"{folder} holds no mapping files", as_json=as_json)
    if any(one["error"] for one in checked):
        sys.exit(1)


def _print_checked(checked: list[dict[str, str | None]], nothing: str, *, as_json: bool) -> None:
    if as_json:
        print_json(checked)
        return
    for one in checked:
        click.echo(one["error"] or f"{one['file']} is good", err=bool(one["error"]))
    if not checked:
        click.echo(nothing)


def _known(slug: str | None, record_type: RecordType) -> Known:
    from assets.contractors import store as contractors
    from assets.csv_imports.columns import Columns
    from assets.csv_imports.mapping import overrides
    from assets.csv_imports.mapping.deciding import Known
    from assets.database import Database

    if slug is None:
        return Known()
    with Database(settings.database_url()).connect() as conn:
        given = partial(overrides.load, _folder(slug))
        return Columns(conn, contractors.get(conn, slug).id, given).known(record_type)


def _folder(slug: str) -> Path:
    from assets.contractors.store import SLUG

    if not SLUG.fullmatch(slug):
        raise MappingError(f'"{slug[:80]}" is no slug: `mep contractor list` shows those of the contractors.')
    return settings.mappings_folder() / slug


def _write(path: Path, text: str, *, force: bool) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise MappingError(f"{path} is there already: edit it, or replace it with --force.") from None
    except OSError as error:
        raise MappingError(f"{path} cannot be written ({error.strerror}): check the folder's permissions.") from None
    return path
