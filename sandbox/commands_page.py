"""Writing the pages of all commands into `docs/commands.md`: `make commands`, after a command changed.

What belongs here: the order of the pages. What does not: a page (`orchestration.manual`). What the file says before
them is written by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestration import manual, settings
from orchestration.cli import mep

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = settings.ROOT / manual.ALL_COMMANDS
BELOW = "<!-- Written by `make commands`: -->\n"
WIDTH = 100


def commands(group: click.Group, above: click.Context) -> Iterator[click.Context]:
    """Yield the context of each command of a group, and of those below it, by name."""
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        if command is not None:
            context = command.context_class(command, info_name=name, parent=above, terminal_width=WIDTH)
            yield from commands(command, context) if isinstance(command, click.Group) else [context]


def every() -> list[click.Context]:
    """Return the context of each command of `mep`."""
    return list(commands(mep, mep.context_class(mep, info_name="mep", **mep.context_settings)))


def document(said_before: str) -> str:
    """Give the file's text: what it says before the pages, as it is, and every page."""
    written, _, _ = said_before.partition(BELOW)
    pages = (f"## `{context.command_path}`\n\n```text\n{context.get_help()}\n```\n" for context in every())
    return "\n".join([written + BELOW, *pages])


def main() -> None:
    """Write the file."""
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
