"""What a file is encoded in is found once for its content, and never taken for that of another content."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from assets.csv_imports.files import sources
from assets.csv_imports.files.records import ChangedFile
from assets.csv_imports.inbox import InboxFile

if TYPE_CHECKING:
    from pathlib import Path


def put(path: Path, content: bytes) -> InboxFile:
    path.write_bytes(content)
    return InboxFile(path, len(content), sha256(content).hexdigest())


def test_a_file_is_surveyed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(tmp_path / "a.csv", "name\nJosé\n".encode("cp1252"))
    found = sources.surveyed(file)
    monkeypatch.delattr(sources, "survey")
    assert sources.surveyed(file) is found


def test_another_content_is_surveyed_anew_and_one_that_is_not_registered_is_refused(tmp_path: Path) -> None:
    first = put(tmp_path / "a.csv", "name\nJosé\n".encode("cp1252"))
    one = sources.surveyed(first).encoding.name
    other = put(tmp_path / "a.csv", "name\nJosé\n".encode())
    assert (one, sources.surveyed(other).encoding.name) == ("latin-1", "utf-8")
    with pytest.raises(ChangedFile, match="changed while it was read"):
        sources.surveyed(first)
