"""The process that reads a workbook: what it asks for, how it ends, and what changes meanwhile, touch nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.csv_imports.files import sheet_process, sheets
from assets.csv_imports.files.records import ChangedFile, UnreadableFile
from assets.csv_imports.files.workbooks import Workbook
from assets.csv_imports.inbox import InboxError
from tests.unit.csv_imports.files.workbook_reading import (
    ANN,
    GOOD,
    HEADER,
    cells,
    has_name,
    put_workbook,
    refused,
)
from tests.workbook_files import workbook

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="4000000000"><c><v>1</v></c></row>',
        "<row>" + '<c t="s"><v>0</v></c>' * 10_000 + "</row>",
    ],
    ids=["opposite corners", "a row beyond all sheets", "one long text in every cell"],
)
def test_a_small_workbook_that_asks_for_all_memory_is_refused_and_takes_nothing_with_it(
    rows: str, tmp_path: Path
) -> None:
    assert refused(tmp_path, workbook({"S": rows}, texts=["x" * 1_000_000])) == (
        "Contact.xlsx takes more than 1,536 MB of memory to read: split it, or save it as CSV."
    )


def test_a_workbook_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass"
    monkeypatch.setattr(sheet_process, "_START", slow)
    assert refused(tmp_path, GOOD) == f"Contact.xlsx {sheets.TOO_LONG}"


TOP = '{"sheet":"S","hidden":false,"top":[[1,["name","email"]]]}\\n{"formulas":0}\\n'


@pytest.mark.parametrize(
    ("last_words", "reason"),
    [
        ("raise SystemExit(3)", sheets.DAMAGED),
        ("print(end='{\"sheet\":'); sys.stdout.flush(); os.abort()", sheets.TOO_LARGE),
        (f"print(end='{TOP}'); sys.stdout.flush(); sys.stdin.close()", sheets.DAMAGED),
        (f"print(end='{TOP}' + '{{\"rows\":[[2,'); sys.stdout.flush(); os.kill(os.getpid(), 9)", sheets.TOO_LARGE),
    ],
)
def test_a_reader_that_ends_anywhere_is_a_reason(
    last_words: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_process, "_START", f"import os, sys; {last_words}")
    assert refused(tmp_path, GOOD) == f"Contact.xlsx {reason}"


def test_a_workbook_that_changed_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    file = put_workbook(tmp_path, GOOD)
    file.path.write_bytes(GOOD + b"x")
    with pytest.raises(ChangedFile, match=r"^Contact.xlsx changed while it was read: put it into the inbox again\.$"):
        Workbook(file, has_name)


def test_a_workbook_that_changes_while_it_is_read_is_read_as_it_was(tmp_path: Path) -> None:
    file = put_workbook(tmp_path, GOOD)
    with Workbook(file, has_name) as opened:
        file.path.write_bytes(b"something else")
        assert cells(list(opened.batches(9, last_is_optional=False))) == [tuple(ANN)]


def test_a_workbook_that_vanished_or_is_too_large_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put_workbook(tmp_path, GOOD)
    monkeypatch.setattr(sheet_process, "MAX_PACKED", len(GOOD) - 1)
    with pytest.raises(UnreadableFile, match=r"^Contact.xlsx is larger than 0 MB: split it, or save it as CSV\.$"):
        Workbook(file, has_name)
    monkeypatch.undo()
    file.path.unlink()
    with pytest.raises(InboxError, match=r"^Contact.xlsx is no longer there"):
        Workbook(file, has_name)


def test_leaving_early_ends_the_process(tmp_path: Path) -> None:
    content = workbook({"S": [HEADER, *[ANN] * 50_000]})
    with Workbook(put_workbook(tmp_path, content), has_name) as opened:
        next(opened.batches(10, last_is_optional=False))
    assert opened._process._process.returncode is not None
