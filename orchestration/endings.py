"""How a command that did not get through ends: one line that says what to do, an exit code, and JSON for programs.

What belongs here: what each kind of error says. What does not: raising them, and `3`, with which a command itself ends
where something is left (`console.LEFT`).
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import sys
import traceback
from typing import TYPE_CHECKING

import click

from assets.errors import PipelineError, place
from assets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED = 1
INTERRUPTED = 130
NOBODY_READS = 141
"""What a shell calls a process that wrote to a pipe nobody reads any more, such as that of `| head`."""
LONGEST = 1_000


def end(error: BaseException, arguments: Sequence[str]) -> int:
    """Say in one line why a command ended early; return its exit code.

    Args:
        error: What ended it.
        arguments: What it was called with; with `--json` among them the line is a JSON document on standard output,
            too, and with `--debug` before the command a traceback stands before it.
    """
    if "--debug" in itertools.takewhile(lambda argument: argument.startswith("-"), arguments):
        traceback.print_exception(error)
    if isinstance(error, BrokenPipeError):
        _write_no_more()
        return NOBODY_READS
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    line, code = _said(error)
    with contextlib.suppress(OSError):
        click.echo(f"mep: {line}", err=True)
    if "--json" in itertools.takewhile(lambda argument: argument != "--", arguments):
        with contextlib.suppress(OSError):
            click.echo(json.dumps({"error": line, "exit_code": code}, indent=2, ensure_ascii=False))
    try:
        sys.stdout.flush()
    except OSError:
        _write_no_more()
    return code


def _said(error: BaseException) -> tuple[str, int]:
    # Both take their time to import: not for every command's start.
    import psycopg
    import requests

    from assets.database import foreseen

    match error:
        case click.UsageError():
            return one_line(_of_a_call(error), LONGEST), error.exit_code
        case click.ClickException():
            return one_line(error.format_message(), LONGEST), error.exit_code
        case click.Abort() | KeyboardInterrupt():
            return "stopped; run the same command again to go on", INTERRUPTED
        case PipelineError():
            return str(error), FAILED
        case psycopg.Error():
            return str(foreseen(error)), FAILED
        case requests.RequestException():
            # Its own words may hold an address with a password in it.
            return (
                f"a server does not answer as it should ({type(error).__name__}): check COPERNIQ_API_URL and the "
                "network, then run the same command again to go on.",
                FAILED,
            )
        case OSError():
            return _of_the_system(error), FAILED
        case _:
            return _unforeseen(error), FAILED


def _of_a_call(error: click.UsageError) -> str:
    what, context = error.format_message().strip(), error.ctx
    if context is None:
        return what
    path = context.command_path
    match error:
        case click.NoSuchOption(option_name="--debug"):
            mep, _, command = path.partition(" ")
            return f"--debug stands before the command: `{mep} --debug {command} …`."
        case click.NoSuchOption(option_name="--json") if isinstance(context.command, click.Group):
            return f"--json stands after the command: `{path} COMMAND … --json`."
        case _:
            return f"{what}{'' if what.endswith(('.', '?')) else '.'} `{path} --help` says what it takes."


def _of_the_system(error: OSError) -> str:
    what = f": {one_line(os.fsdecode(error.filename), LONGEST)}" if isinstance(error.filename, str | bytes) else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"the disk is full{what}: make room, then run the same command again to go on."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{os.strerror(error.errno)}{what}: check its owner and its permissions, then run the command again."
        case errno.ENOENT | errno.EISDIR | errno.ENOTDIR | errno.ENAMETOOLONG if what:
            return f"{os.strerror(error.errno)}{what}: check the path."
        case errno.EMFILE | errno.ENFILE | errno.ENOMEM:
            return f"{os.strerror(error.errno)}: the machine has no room for more, wait or raise the limit."
        case _:
            return _unforeseen(error)


def _unforeseen(error: BaseException) -> str:
    # Its words may hold values of a row; where it was raised does not.
    return (
        f"an error that nobody foresaw ({place(error)}): run the same command as `mep --debug …` and report what it "
        "prints, without what is personal in it."
    )


def _write_no_more() -> None:
    """Let what is still to be written go nowhere: Python writes it at the end, and complains where it cannot."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
