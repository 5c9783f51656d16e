"""Who may be started: nobody for whom a run is at work, and nobody who rests after failures; the others at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from orchestration import backoff

if TYPE_CHECKING:
    from tests.integration.runs.conftest import History

MINUTE = timedelta(minutes=1)


def test_a_failing_contractor_rests_longer_and_longer_and_the_others_do_not(history: History, now: datetime) -> None:
    history.knows("bad", "good", "new")
    history.ended("good", "SUCCESS", now - MINUTE)
    pauses = []
    for failure in (0, 1, 2, 4, 8, 16):
        failed_at = now + failure * MINUTE
        history.ended("bad", "FAILURE", failed_at)
        until = backoff.resting(history.instance, failed_at)["bad"]
        pauses.append((until - failed_at) / MINUTE)
        assert backoff.startable(history.instance, ["bad", "good", "new"], until - timedelta(seconds=1)) == [
            "good", "new",
        ]  # fmt: skip
        assert backoff.startable(history.instance, ["bad", "good", "new"], until) == ["bad", "good", "new"]
    assert pauses == [1, 1, 2, 4, 8, 16]


def test_a_success_ends_the_rest_and_what_failed_before_it(history: History, now: datetime) -> None:
    history.knows("abc")
    for minutes in (60, 40, 20):
        history.ended("abc", "FAILURE", now - minutes * MINUTE)
    assert backoff.resting(history.instance, now) == {"abc": now + 20 * MINUTE}
    history.ended("abc", "SUCCESS", now)
    assert backoff.resting(history.instance, now) == {}
    history.ended("abc", "FAILURE", now)
    assert backoff.resting(history.instance, now) == {"abc": now + MINUTE}


def test_whoever_has_failed_for_days_rests_the_longest_and_not_longer(history: History, now: datetime) -> None:
    for hours in range(0, 72, 4):
        history.ended("abc", "FAILURE", now - timedelta(hours=hours))
    assert backoff.resting(history.instance, now) == {"abc": now + backoff.LONGEST}


def test_what_a_person_ended_does_not_begin_again_at_once(history: History, now: datetime) -> None:
    history.knows("abc")
    history.ended("abc", "FAILURE", now - timedelta(minutes=5))
    history.ended("abc", "CANCELED", now)
    assert backoff.resting(history.instance, now) == {"abc": now + backoff.CANCELLED}
    assert backoff.startable(history.instance, ["abc"], now) == []
    assert backoff.startable(history.instance, ["abc"], now + backoff.CANCELLED) == ["abc"]
    # Whoever starts it by hand wants it to go on.
    history.ended("abc", "SUCCESS", now + timedelta(minutes=1))
    assert backoff.startable(history.instance, ["abc"], now + timedelta(minutes=2)) == ["abc"]


def test_nobody_is_started_twice_or_unknown(history: History, now: datetime) -> None:
    history.knows("waiting", "started", "idle")
    history.waiting("waiting")
    history.started("started")
    history.started("elsewhere")
    assert backoff.startable(history.instance, ["waiting", "started", "idle", "nobody"], now) == ["idle"]


def test_of_many_a_bounded_number_is_started_and_all_have_their_turn(
    history: History, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "MOST_AT_ONCE", 3)
    many = [f"c{number}" for number in range(7)]
    history.knows(*many)
    seen: set[str] = set()
    for _ in range(60):
        chosen = backoff.startable(history.instance, many, now)
        assert len({*chosen}) == 3
        seen |= {*chosen}
    assert seen == {*many}
