"""`mep completion`: the script by which a shell completes commands, options, contractors and imports."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

VARIABLE = "_MEP_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script with which SHELL completes what is typed after `mep`.

    Contractors and imports are completed from the database, where it answers within a second. Zsh finds the script
    where its folder is in `fpath`: `fpath+=~/.zfunc` stands in ~/.zshrc before `compinit`.

    \b
    mep completion bash > ~/.local/share/bash-completion/completions/mep
    mep completion zsh > ~/.zfunc/_mep
    mep completion fish > ~/.config/fish/completions/mep.fish
    """  # noqa: D301
    root = click.get_current_context().find_root()
    script = get_completion_class(shell)
    if script is not None:
        click.echo(script(root.command, {}, root.info_name or "mep", VARIABLE).source(), nl=False)
