"""The command line documents itself, and says what is wrong in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from orchestration.cli import mep

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPECTED = {
    "alerts", "contractor add", "contractor list", "contractor set", "contractor show", "demo",
    "field-mapping confirm", "field-mapping ignore", "field-mapping list", "form approve", "form list", "form reject",
    "form show", "import", "mapping check", "mapping suggest", "migrate down", "migrate status", "migrate up",
    "resolve", "rollback", "sandbox reset", "serve", "sync-check", "templates check", "templates sync", "up",
}  # fmt: skip


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def test_these_are_the_commands() -> None:
    assert {name for name, _ in commands(mep)} == EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_command_documents_itself(name: str) -> None:
    result = CliRunner().invoke(mep, [*name.split(), "--help"])
    command = dict(commands(mep))[name]
    assert result.exit_code == 0
    assert command.help
    undocumented = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert undocumented == []
