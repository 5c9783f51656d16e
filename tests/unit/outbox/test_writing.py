"""A file of the outbox is the old one or the new one, and not for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.outbox.writing import replacing

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
