"""What is drawn on a terminal, and that nothing is where there is none or where it is not wanted."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT

WORK = """
import os, sys, tempfile, time
from assets.progress import Progress
from orchestration import screen
began = time.monotonic() - 5
with screen.progress() as tell:
    for done in range(20_000, 100_001, 20_000):
        tell(Progress("[red]Contact.csv", "read", done, began, 100_000, is_guess=True))
        time.sleep(0.12)
    print("a warning", file=sys.stderr)
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as captured:  # as Dagster does while a step is at work
        os.dup2(captured.fileno(), 2)
        tell(Progress("Contact", "answered", 50, began, 100))
        time.sleep(0.3)
    os.dup2(terminal, 2)
screen.console().print("[bold]done", style="bold")
"""


def on_a_terminal(**environment: str) -> str:
    """Run the work with a terminal as its standard output and error; return all that was drawn."""
    controlling, terminal = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    work = subprocess.Popen(
        [sys.executable, "-c", WORK], cwd=ROOT, stdin=terminal, stdout=terminal, stderr=terminal,
        env={"TERM": "xterm-256color", "COLUMNS": "120", **kept, **environment},
    )  # fmt: skip
    os.close(terminal)
    drawn = b""
    while True:
        try:
            read = os.read(controlling, 65_536)
        except OSError:  # Linux says so that nobody has the terminal any more.
            break
        if not read:
            break
        drawn += read
    os.close(controlling)
    assert work.wait(60) == 0, drawn.decode()
    return drawn.decode()


def piped(**environment: str) -> tuple[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    done = subprocess.run(
        [sys.executable, "-c", WORK], cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


def test_a_terminal_shows_a_bar_that_moves_and_goes_away() -> None:
    drawn = on_a_terminal()
    assert "\x1b[" in drawn
    assert "[red]Contact.csv" in drawn, "names are no markup"
    assert len(set(re.findall(r"([0-9,]+) of about 100,000 records read", drawn))) >= 2
    assert " a second, " in drawn
    assert " seconds left" in drawn
    assert "50 of 100 records answered" in drawn
    assert "a warning\r\n" in drawn
    assert drawn.rstrip().endswith("\x1b[0m"), "what comes after it is styled, and the bar is gone"


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_a_terminal_that_wants_none_gets_no_escape_sequence(environment: dict[str, str]) -> None:
    assert on_a_terminal(**environment) == "a warning\r\n[bold]done\r\n".replace("[bold]", "")


def test_a_pipe_gets_no_escape_sequence_unless_it_is_forced() -> None:
    assert piped() == ("done\n", "a warning\n")
    out, err = piped(FORCE_COLOR="1")
    assert "\x1b[1m" in out
    assert err == "a warning\n", "no bar where nobody sees it"


def test_every_console_is_made_in_one_place() -> None:
    made = [path.name for path in (ROOT / "orchestration").rglob("*.py") if " Console(" in path.read_text("utf-8")]
    assert made == ["screen.py"], "rich alone leaves bold letters where NO_COLOR is set: use screen.console()"


def test_lines_come_now_and_then_where_there_is_no_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from assets.progress import Progress
    from orchestration import screen

    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with screen.progress() as tell:
        for now in range(101, 126):
            tell(Progress("Contact.csv", "read", 1_000, 100.0))
            tell(Progress("Contact.csv", "checked", 0, 80.0))
            tell(Progress("Contact.csv", "compared", 1_000, float(now)))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "  Contact.csv: 1,000 records read, 100 a second",
        "  Contact.csv: 1,000 records read, 50 a second",
    ], "and none of what has done nothing, or has just begun"
