"""What root writes into somebody's folder is that one's, so that the pipeline writes there afterwards."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from assets.outbox.writing import replacing
from orchestration.ownership import as_owner_of
from tests.conftest import NEEDS_ROOT

NOBODY = 65534


@NEEDS_ROOT
@pytest.mark.parametrize("outbox", ["", "outbox"], ids=["is there", "is to be made"])
def test_what_root_writes_belongs_to_whoever_the_folder_belongs_to(outbox: str) -> None:
    # Below /tmp, which everybody may pass: pytest's own folders are root's alone.
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        os.chown(made, NOBODY, NOBODY)
        path = Path(made, outbox, "acme", "import", "report.html")
        with as_owner_of(Path(made, outbox)), replacing(path) as file:
            file.write(b"report")
        assert os.geteuid() == os.getegid() == 0
        below = [path, *path.parents][: len(path.parts) - len(Path(made).parts)]
        assert {(one.stat().st_uid, one.stat().st_gid) for one in below} == {(NOBODY, NOBODY)}
        with pytest.raises(ZeroDivisionError), as_owner_of(Path(made)):
            raise ZeroDivisionError
        assert os.geteuid() == os.getegid() == 0


def test_whoever_is_not_root_stays_who_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "seteuid", lambda _: pytest.fail("it became somebody else"))
    with as_owner_of(tmp_path):
        pass
