"""A file of the outbox is the old one or the new one, and not for everybody."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from assets.outbox import paths
from assets.outbox.writing import LEFT_AFTER, clear, replacing, temporary_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_it_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "abc" / "import" / "report.html"
    for content in (b"first", b"second"):
        with replacing(path) as file:
            file.write(content)
    assert path.read_bytes() == b"second"
    assert [found.name for found in path.parent.iterdir()] == ["report.html"]


def test_only_its_owner_and_group_read_it(tmp_path: Path) -> None:
    path = tmp_path / "abc" / "import" / "report.html"
    with replacing(path) as file:
        file.write(b"content")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [folder.stat().st_mode & 0o027 for folder in (path.parent, path.parent.parent)] == [0, 0]


@pytest.mark.parametrize("ending", [ValueError, KeyboardInterrupt])
def test_what_ends_early_leaves_the_old_one(tmp_path: Path, ending: type[BaseException]) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")

    def write() -> None:
        with replacing(path) as file:
            file.write(b"half of the n")
            raise ending

    with pytest.raises(ending):
        write()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_nobody_sees_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"half"


def test_the_same_content_leaves_the_old_one_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "fix.csv"
    inodes: list[int] = []
    for content in (b"first", b"first", b"second"):
        with replacing(path) as file:
            file.write(content)
        inodes.append(path.stat().st_ino)
    assert inodes[0] == inodes[1]
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_what_killed_writers_left_is_cleared_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    folders = tmp_path / "abc"
    (folders / "import").mkdir(parents=True)
    others = [folders / "import" / name for name in ("report.html", ".nfs0001")]
    left = [folders / "import" / f".{name}.abc123" for name in paths.NAMES]
    for path in (*others, *left):
        path.touch()
    (folders / "import" / ".fix.xlsx.folder").mkdir()
    (folders / "import" / ".fix.xlsx.folder" / "sheet").touch()
    (folders / "import" / ".fix.csv.link").symlink_to(outside)
    ago = time.time() - LEFT_AFTER - 60
    for path in (folders / "import").iterdir():
        os.utime(path, (ago, ago), follow_symlinks=False)
    with (
        replacing(folders / "import" / "report.html") as file,
        temporary_folder(folders / "import" / "fix.xlsx") as one,
    ):
        file.write(b"new")
        clear(folders, paths.NAMES)
        assert os.path.isdir(one)  # noqa: PTH112 - a name
    assert sorted((folders / "import").iterdir()) == sorted(others)
    assert (outside / "kept").is_file()
    clear(tmp_path / "nobody", paths.NAMES)
