"""The file of what a rollback left: whole, safe to open, and gone when nothing is left."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from assets.outbox import rollback_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS = ("row", "key")


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_each_record_is_a_line_and_no_cell_a_formula(tmp_path: Path) -> None:
    left = [(1, '=HYPERLINK("x")'), (2, "+13035550188"), (3, 'a "b", c\nd'), (4, None), (5, "\x00nul")]
    path = rollback_file.write(tmp_path / "acme" / "id", COLUMNS, left)
    assert path is not None
    assert read(path) == [
        ["row", "key"], ["1", "'=HYPERLINK(\"x\")"], ["2", "'+13035550188"], ["3", 'a "b", c\nd'], ["4", ""],
        ["5", "nul"],
    ]  # fmt: skip
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o007) == (0o640, 0)


def test_a_file_of_before_gives_way_whole_or_not_at_all(tmp_path: Path) -> None:
    path = rollback_file.write(tmp_path, COLUMNS, [(1, "a"), (2, "b")])
    assert path is not None

    def broken() -> Iterator[tuple[int, str]]:
        yield 3, "c"
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        rollback_file.write(tmp_path, COLUMNS, broken())
    assert read(path)[1:] == [["1", "a"], ["2", "b"]]
    assert rollback_file.write(tmp_path, COLUMNS, [(2, "b")]) == path
    assert read(path)[1:] == [["2", "b"]]
    assert [file.name for file in tmp_path.iterdir()] == ["rollback.csv"]


def test_no_file_is_left_where_nothing_is(tmp_path: Path) -> None:
    folder = tmp_path / "acme" / "id"
    assert rollback_file.write(folder, COLUMNS, []) is None
    assert not folder.exists()
    rollback_file.write(folder, COLUMNS, [(1, "a")])
    assert rollback_file.write(folder, COLUMNS, []) is None
    assert list(folder.iterdir()) == []
