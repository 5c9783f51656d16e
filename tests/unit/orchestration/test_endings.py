"""A command that does not get through says so in one line, with nothing of the data in it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg
import pytest
import requests

from assets.errors import PipelineError
from orchestration import endings
from tests.conftest import ROOT

if TYPE_CHECKING:
    from subprocess import Popen

ADDRESS = "ann@office.example"
MEP = [sys.executable, "-c", "from orchestration.cli import main; main()"]


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (PipelineError("Site.csv is empty: send it again."), 1, "Site.csv is empty: send it again."),
        (click.Abort(), 130, "stopped; run the same command again to go on"),
        (KeyboardInterrupt("SIGTERM"), 130, "stopped; run the same command again to go on"),
        (click.FileError("a.csv", hint="no"), 1, "Could not open file 'a.csv': no"),
        (psycopg.OperationalError(f"gone, {ADDRESS}"), 1, "PostgreSQL went away: run the same command again to go on."),
        (requests.ConnectionError(f"https://{ADDRESS}/"), 1, "a server does not answer as it should (ConnectionError)"),
        (OSError(errno.ENOSPC, "full", "outbox/fix.csv"), 1, "the disk is full: outbox/fix.csv: make room, then run"),
        (OSError(errno.ENOSPC, "full"), 1, "the disk is full: make room, then run the same command again to go on."),
        (PermissionError(errno.EACCES, "no", "in\x1bbox"), 1, "Permission denied: in box: check its owner and its"),
        (FileNotFoundError(errno.ENOENT, "no", b"inbox"), 1, "No such file or directory: inbox: check the path."),
        (OSError(errno.EMFILE, "many"), 1, "Too many open files: the machine has no room for more, wait or raise"),
        (KeyError(ADDRESS), 1, "an error that nobody foresaw (KeyError in test_endings.py, line "),
        (OSError(errno.EIO, ADDRESS), 1, "an error that nobody foresaw (OSError in test_endings.py, line "),
        (UnicodeEncodeError("ascii", ADDRESS, 0, 1, "no"), 1, "an error that nobody foresaw (UnicodeEncodeError in "),
    ],
)
def test_every_error_is_one_line(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert endings.end(raised(error), ["import", "acme"]) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"mep: {said}")
    assert err.isprintable() or err[:-1].isprintable()
    assert ADDRESS not in err


def test_a_program_is_told_on_standard_output_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert endings.end(raised(ValueError(ADDRESS)), ["import", "acme", "--json"]) == 1
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["exit_code"], f"mep: {told['error']}\n") == (1, err)
    assert ADDRESS not in out


def test_a_traceback_is_printed_only_where_it_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    error = raised(PipelineError("Site.csv is empty."))
    endings.end(error, ["import", "--debug"])
    assert capsys.readouterr().err == "mep: Site.csv is empty.\n"
    endings.end(error, ["--debug", "import"])
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert said.endswith("\nmep: Site.csv is empty.\n")


def start(stdout: int, code: str = "") -> Popen[str]:
    command = [MEP[0], "-c", f"{code}\n{MEP[2]}", "mapping", "suggest", "--help"]
    return subprocess.Popen(command, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True)


def test_a_reader_that_goes_away_ends_a_command_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with start(writing) as done:
        os.close(writing)
        _, err = done.communicate(timeout=60)
    assert (done.returncode, err) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is missing: run it on Linux")
def test_a_full_disk_is_one_line() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with start(full) as done:
        os.close(full)
        _, err = done.communicate(timeout=60)
    assert (done.returncode, err) == (
        1, "mep: the disk is full: make room, then run the same command again to go on.\n",
    )  # fmt: skip


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = PermissionError(errno.EACCES, "no", os.fspath(tmp_path))
    endings.end(raised(error), [])
    assert f"Permission denied: {tmp_path}: check its owner" in capsys.readouterr().err
