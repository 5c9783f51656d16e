"""What a shell completes: commands and options as click knows them, contractors and imports from the database.

What belongs here: which words stand for what, and asking for them. What does not: the shells' scripts, which are
click's.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from assets.text import printable
from orchestration.console import database

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    Words = list[tuple[str, str]]
    """What may be written, each with what it stands for."""

SECONDS = 1
"""Whoever presses a key does not wait for a database."""


def complete(command: click.Command) -> click.Command:
    """Have the database complete a command's contractors and imports, and those of the commands below it."""
    for parameter in command.params:
        known = KNOWN.get((parameter.metavar or "").strip("[].").upper())
        if known is not None and parameter.type is click.STRING:
            parameter.type = _Known(known)
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        complete(below)
    return command


class _Known(click.types.StringParamType):
    """Text that the database knows what may stand for."""

    def __init__(self, words: Callable[[Connection[Any]], Words]) -> None:
        self.words = words

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete from the database, if it answers in time; else nothing, and nothing is said."""
        return [CompletionItem(word, help=help_) for word, help_ in _asked(self.words) if word.startswith(incomplete)]


def _contractors(conn: Connection[Any]) -> Words:
    from assets.contractors import store

    return [(one.slug, printable(one.name)) for one in store.every(conn)]


def _imports(conn: Connection[Any]) -> Words:
    from assets.csv_imports import summaries

    return [(short, printable(name)) for short, name in summaries.latest(conn)]


KNOWN = {"CONTRACTOR": _contractors, "IMPORT": _imports}
"""By the metavar of an argument or option."""


def _asked(words: Callable[[Connection[Any]], Words]) -> Words:
    found: Words = []

    def ask() -> None:
        # Into somebody's command line belongs no error, whichever it is.
        with contextlib.suppress(Exception), database() as conn:
            found.extend(words(conn))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(SECONDS)
    return list(found)
