"""What a replay leaves alone although it differs, and what is said of that and of replays themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.coperniq import leaving, rolling_back
from orchestration.commands import undoing

if TYPE_CHECKING:
    import pytest

    from tests.integration.replaying.replayer import Replayer

WRONG = "version: 1\ntype: Contact\ncolumns:\n  - {header: mail, field: emails}\n  - {header: email, field: null}\n"
RIGHT = "version: 1\ntype: Contact\ncolumns:\n  - {header: mail, field: null}\n  - {header: email, field: emails}\n"
CONTACTS = "name,mail,email\nAnn,ann@example.com,bob@example.com\nBob,bob@example.com,new@example.com\n"


def test_a_row_that_differs_and_is_left_alone_is_counted(replayer: Replayer) -> None:
    replayer.map(WRONG)
    imported = replayer.imported(Contact=CONTACTS)
    found = replayer.look(imported, RIGHT)
    assert (found.differing, found.kept, found.left) == (2, 1, {"taken": 1})
    replayer.apply(imported, RIGHT)
    # The key is free now.
    assert replayer.apply(imported, RIGHT).replay is not None
    found = replayer.look(imported, RIGHT)
    assert (found.differing, found.kept) == (0, 0)


def test_the_plan_of_a_rollback_tells_a_replay_from_a_fix_file(
    replayer: Replayer, capsys: pytest.CaptureFixture[str]
) -> None:
    replayer.map(WRONG)
    imported = replayer.imported(Contact=CONTACTS)
    begun = replayer.begin(imported, RIGHT)
    of = rolling_back.find(replayer.planner.world.conn, str(imported))
    (unread,) = rolling_back.plan(replayer.planner.world.conn, of).fix_files
    assert (unread.import_id, unread.is_replay, unread.is_read) == (begun.import_id, True, False)
    assert leaving.of_fix_file(unread)[1] == "Import the file again, with the mapping that it should have."
    replayer.go_on()
    undoing._print_plan(of, rolling_back.plan(replayer.planner.world.conn, of), as_json=False)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    said = f"Replay of Contact.csv, import {str(begun.import_id)[:8]} ("
    assert [
        line.startswith(said) for line in lines if line.endswith(f"`mep rollback {str(begun.import_id)[:8]}`.")
    ] == [True]
