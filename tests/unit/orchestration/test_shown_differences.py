"""A terminal shows the first of what differs; `--json` has all that was found."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from assets.planning.forecast import Difference, Forecast, PlannedImport, Sending
from assets.replaying.making import Begun
from assets.replaying.replay import Changed, Replay, Sample
from orchestration.commands import planning, replaying

if TYPE_CHECKING:
    import pytest


def test_of_a_replay_the_first_five_rows(capsys: pytest.CaptureFixture[str]) -> None:
    samples = [Sample(row, "valid", "valid", [Changed("name", "Ann", "Anna")], None) for row in range(1, 8)]
    done = Replay(UUID(int=1), "Contact.csv", "Contact", 7, differing=7, differing_rows=[(1, 7)], samples=samples)
    begun = Begun(None, done)
    replaying._print(begun, None)
    shown = capsys.readouterr().out
    assert [f"row {row}:" in shown for row in (1, 5, 6, 7)] == [True, True, False, False]
    document = replaying._document(begun, None)["replay"]
    assert (len(document["samples"]), document["differing_rows"], document["not_sampled"]) == (7, [(1, 7)], 0)
    assert "reading" not in document


def test_of_a_plan_all_fields_of_the_first_three_updates(capsys: pytest.CaptureFixture[str]) -> None:
    found = [Difference(row, field, "a", "b") for row in range(1, 6) for field in ("name", "status")]
    planned = PlannedImport("Contact.csv", "Contact.csv", "new", counts={"updated": 5}, differences=found)
    forecast = Forecast([planned], Sending("5 records", 1, 0, 0, 1.0, 1, 0, None), {})
    planning._print("acme", None, forecast)
    lines = [line.split(":")[0].strip() for line in capsys.readouterr().out.splitlines() if "->" in line]
    assert lines == [f"row {row}" for row in (1, 1, 2, 2, 3, 3)]
    document = planning._document("acme", None, forecast)
    assert len(document["imports"][0]["differences"]) == 10
