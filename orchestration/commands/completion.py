"""`mep completion`: the script by which a shell completes commands, options, contractors and imports."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from orchestration.console import json_option, print_json

VARIABLE = "_MEP_COMPLETE"
SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@json_option
def completion(shell: str, *, as_json: bool) -> None:
    """Print the script with which SHELL completes what is typed after `mep`.

    Contractors and imports are completed from the database, where it answers within a second. Zsh finds the script
    where its folder is in `fpath`: `fpath+=~/.zfunc` stands in ~/.zshrc before `compinit`.

    \b
    mep completion bash > ~/.local/share/bash-completion/completions/mep
    mep completion zsh > ~/.zfunc/_mep
    mep completion fish > ~/.config/fish/completions/mep.fish
    """  # noqa: D301
    root = click.get_current_context().find_root()
    script = SHELLS[shell](root.command, {}, root.info_name or "mep", VARIABLE).source()
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script, nl=False)
