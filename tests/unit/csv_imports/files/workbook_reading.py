"""Reading the workbooks that a test makes: what comes of them, or why they are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.csv_imports.files.records import UnreadableFile
from assets.csv_imports.files.workbooks import Workbook
from tests.unit.csv_imports.conftest import put
from tests.workbook_files import workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assets.csv_imports.files.records import Batch, ReadAs
    from assets.csv_imports.inbox import InboxFile

HEADER = ["name", "email"]
ANN = ["Ann", "a@b.co"]
GOOD = workbook({"S": [HEADER, ANN]})
DAMAGED = "Contact.xlsx is damaged: open it in Excel and save it again."


def has_name(cells: list[str]) -> bool:
    return "name" in cells


def put_workbook(folder: Path, content: bytes) -> InboxFile:
    return put(folder, content, "Contact.xlsx")


def read(
    folder: Path, content: bytes, is_header: Callable[[list[str]], bool] = has_name, size: int = 100
) -> tuple[list[str], list[Batch], ReadAs]:
    """Read a workbook to its end; give its headers, its batches and how it was read."""
    with Workbook(put_workbook(folder, content), is_header) as opened:
        return opened.headers, list(opened.batches(size, last_is_optional=False)), opened.read_as


def cells(batches: list[Batch]) -> list[tuple[str, ...]]:
    """Give the cells of the readable rows."""
    return [row[2:] for batch in batches for row in batch.cells.iter_rows()]


def faults(batches: list[Batch]) -> list[tuple[int, int, str]]:
    """Give the other rows: number, line and problem."""
    chosen = ("record_number", "line_number", "problem")
    return [row for batch in batches for row in batch.faults.select(chosen).iter_rows()]


def refused(folder: Path, content: bytes) -> str:
    with pytest.raises(UnreadableFile) as raised:
        read(folder, content)
    return str(raised.value)
