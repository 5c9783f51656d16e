"""What commands share: the database, who runs a command, how each answers a program, and exit codes.

What belongs here: what several modules of commands need. What does not: a command, and what runs say (`terminal`).
"""

from __future__ import annotations

import contextlib
import getpass
import json
from typing import TYPE_CHECKING, Any

import click

from orchestration import settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager

    from psycopg import Connection

LEFT = 3
"""Exit code where something is left to do or to look at. 0 is done, 1 failed, 2 a wrong call, 130 interrupted."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


yes_option = click.option("--yes", is_flag=True, help="Do not ask; --json needs it.")


def print_json(document: Any) -> None:
    """Print a document of JSON on standard output; what JSON has no type for, such as an id or a time, as text.

    A command prints one, as the last that it does; one that fails before that prints another in its place (`endings`).
    What runs until it is stopped prints one once it runs.
    """
    text = json.dumps(document, default=str, indent=2, ensure_ascii=False)
    # What a terminal would obey rather than show, such as a change of the direction of writing.
    click.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))


def say(line: str) -> None:
    """Say on standard error how far it is."""
    click.echo(f"  {line}", err=True)


def require_word(*, as_json: bool, given: bool, options: str = "--yes") -> None:
    """Refuse a program that has not said beforehand what it would be asked.

    Raises:
        click.UsageError: Naming the options that say it.
    """
    if as_json and not given:
        raise click.UsageError(f"--json asks nothing: give {options} with it.")


def confirm(question: str, *, yes: bool, as_json: bool) -> None:
    """Ask before something that cannot be undone, unless it was said already; a program is asked nothing.

    Raises:
        click.UsageError: When a program has not said it.
        click.Abort: When a person says no.
    """
    require_word(as_json=as_json, given=yes)
    if not yes:
        click.confirm(question, abort=True)


def database() -> AbstractContextManager[Connection[Any]]:
    """Connect to the product's database, whatever its migrations."""
    from assets.database import Database

    return Database(settings.database_url()).connect()


@contextlib.contextmanager
def migrated_database() -> Generator[Connection[Any], None, None]:
    """Connect to the product's database; refuse one whose migrations are not current."""
    from orchestration import migrations

    with database() as conn:
        migrations.require_current(conn, settings.MIGRATIONS)
        yield conn


def operator(command: str) -> str:
    """Name who runs a command, for whatever says who did something."""
    try:
        return f"mep {command} ({getpass.getuser()})"
    except (OSError, KeyError):
        return f"mep {command}"
