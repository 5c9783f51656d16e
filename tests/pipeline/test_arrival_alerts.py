"""What is wrong with the inbox is told once, until it is over; nobody's files wait unseen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from assets.csv_imports import arrivals
from assets.csv_imports.inbox import InboxUnreachable
from assets.csv_imports.local_inbox import LocalInbox
from assets.partitions import CONTRACTORS
from orchestration import sensors
from orchestration.alerting import tell_of_what_lasts

if TYPE_CHECKING:
    pass


from tests.pipeline.inboxed import STABLE, Inboxed


def test_a_refused_file_is_told_and_taken_once_the_override_is_mended(
    inboxed: Inboxed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEP_MAPPINGS", str(tmp_path / "mappings"))
    override = tmp_path / "mappings" / "acme" / "Contact.yaml"
    override.parent.mkdir(parents=True)
    override.write_text("version: 1\ntype: Contact\ncolumns: [\n")
    inboxed.drop("acme")
    (request,) = inboxed.arrived()
    inboxed.run(request)
    ((cause, _, is_open, _),) = inboxed.alerts()
    assert (cause, is_open) == ("file_refused", True)
    evaluated = inboxed.instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(dg.AssetKey("csv_imports"), "every_file_was_read")]
    )
    assert [one.status.value for one in evaluated.values()] == ["FAILED"]
    inboxed.at = datetime.now(UTC)
    resting = inboxed.tick()
    assert (resting.run_requests, resting.skip_message) == (
        [], "Nothing new in 1 folder. acme has refused files that will be tried again.",
    )  # fmt: skip
    override.unlink()
    (again,) = inboxed.tick(later=65).run_requests
    assert again.run_key != request.run_key
    inboxed.run(again)
    assert inboxed.sent() == ["Ada", "Bo"]
    with inboxed.database.connect() as conn:
        tell_of_what_lasts(conn)
    ((_, _, is_open, _),) = inboxed.alerts()
    assert not is_open


def test_an_inbox_that_cannot_be_read_is_told_until_it_can_be(inboxed: Inboxed) -> None:
    missing = inboxed.inbox
    inboxed.inbox = LocalInbox(inboxed.root / "a file")
    (inboxed.root / "a file").write_text("no folder")
    for _ in range(2):
        with pytest.raises(InboxUnreachable, match="cannot be read"):
            inboxed.tick()
    assert inboxed.alerts() == [("inbox_unreadable", "inbox", True, 0)]
    inboxed.inbox = missing
    inboxed.tick()
    assert inboxed.alerts() == [("inbox_unreadable", "inbox", False, 0)]


def test_a_look_that_fails_unforeseen_is_told_without_its_words(
    inboxed: Inboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("Ann Lee")

    monkeypatch.setattr(sensors.arrivals, "look_around", fail)
    with pytest.raises(KeyError):
        inboxed.tick()
    with inboxed.database.connect() as conn:
        assert conn.execute("SELECT said FROM alerts").fetchall() == [("it met KeyError, which nobody foresaw.",)]


def test_a_folder_of_no_contractor_raises_one_alert_until_it_is_one(inboxed: Inboxed) -> None:
    inboxed.drop("zeta")
    inboxed.drop("two\nlines")
    for _ in range(3):
        found = inboxed.tick(later=STABLE)
    assert found.skip_message == "Nothing new in 0 folders. two\\nlines, zeta are no contractors' folders."
    told = [("unknown_folder", "two\\nlines", True, 0), ("unknown_folder", "zeta", True, 0)]
    assert inboxed.alerts() == told
    inboxed.register("zeta")
    (request,) = inboxed.arrived()
    assert request.partition_key == "zeta"
    assert inboxed.instance.get_dynamic_partitions(CONTRACTORS.name or "") == ["zeta"]
    assert inboxed.alerts() == [told[0], ("unknown_folder", "zeta", False, 0)]


def test_every_folder_of_no_contractor_has_its_alert_however_many_there_are(inboxed: Inboxed) -> None:
    for number in range(30):
        inboxed.drop(f"zeta-{number:02}")
    inboxed.tick()
    inboxed.drop("alpha")
    inboxed.tick()
    assert [subject for _, subject, is_open, _ in inboxed.alerts() if is_open] == [
        "alpha", *(f"zeta-{number:02}" for number in range(30))
    ]  # fmt: skip


def test_folders_that_are_gone_are_told_of_no_more_where_no_look_is_whole(
    inboxed: Inboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "FOLDERS", 2)
    monkeypatch.setattr(arrivals, "LOOKING", timedelta(-1))
    names = ["a-b", "a", "b", "c", "d"]
    for name in names:
        inboxed.drop(name)

    def look(ticks: int) -> list[str]:
        for _ in range(ticks):
            inboxed.tick()
        return [subject for _, subject, is_open, _ in inboxed.alerts() if is_open]

    assert look(3) == sorted(names)
    for name in ("a", "c"):
        (inboxed.root / name / "Contact.csv").unlink()
        (inboxed.root / name).rmdir()
    inboxed.register("d")
    assert look(1) == ["a-b", "b", "c", "d"], "a lay within the two that it looked at"
    assert look(1) == ["a-b", "b"]
