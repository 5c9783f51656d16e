"""What is drawn on a terminal: consoles with or without escape sequences, and how far a piece of work is.

What belongs here: whether there is a terminal, and what NO_COLOR, FORCE_COLOR and TERM say of it. What does not: what
is said (`summary`, `assets.progress`), and Dagster's lines (`terminal`).
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from rich import progress as rich_progress
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Generator

    from assets.progress import Progress, Tell

PIPE_COLUMNS = 250
LINE_SECONDS = 10.0
"""Between two lines that say how far the work is, where there is no bar."""


def console(*, stderr: bool = False) -> Console:
    """Give a console; without a terminal, or with NO_COLOR or TERM=dumb, no escape sequence comes out of it.

    FORCE_COLOR makes a terminal of whatever it is; NO_COLOR is stronger.
    """
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_COLUMNS
    found = Console(highlight=False, stderr=stderr, width=width)
    if found.is_terminal and not found.is_dumb_terminal and not found.no_color:
        return found
    return Console(highlight=False, stderr=stderr, width=width, color_system=None, force_terminal=False)


@contextlib.contextmanager
def progress() -> Generator[Tell, None, None]:
    """Give what shows how far work is: a bar where standard error is a terminal, else a line now and then."""
    if not (sys.stderr.isatty() and console(stderr=True).is_terminal):
        yield _Lines().take
        return
    # File names are anyone's text: no markup is read from them.
    columns = (
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(),
        rich_progress.TextColumn("{task.fields[counts]}, {task.fields[pace]}", markup=False),
    )
    # Dagster leads this process's standard error into a file while a step is at work: the terminal stays the bar's.
    # What else is said there meanwhile stands above the bar.
    with (
        os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8") as terminal,
        rich_progress.Progress(
            *columns, console=Console(file=terminal, highlight=False), transient=True, redirect_stdout=False
        ) as bar,
    ):
        yield _Bar(bar).take


@dataclass
class _Lines:
    """Says how far a piece of work is, a line now and then; of one that is soon done, or has done nothing, none."""

    _said: float = 0.0

    def take(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.done and now - max(self._said, progress.began) >= LINE_SECONDS:
            self._said = now
            click.echo(f"  {progress}", err=True)


@dataclass
class _Bar:
    """Draws the piece of work that is told of last; what was before it is done."""

    bar: rich_progress.Progress
    _drawn: tuple[str, str] | None = None
    _task: rich_progress.TaskID | None = None

    def take(self, progress: Progress) -> None:
        if self._task is None or self._drawn != (progress.of, progress.doing):
            if self._task is not None:
                self.bar.remove_task(self._task)
            self._drawn = (progress.of, progress.doing)
            self._task = self.bar.add_task(progress.of, total=None, counts="", pace="")
        self.bar.update(
            self._task, completed=progress.done, total=progress.total, counts=progress.counts, pace=progress.pace
        )
