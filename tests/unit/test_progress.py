"""How far a piece of work is, in words, and when it ends: no number that cannot be true."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from assets.coperniq.gauge import ASK_SECONDS, Gauge
from assets.coperniq.limits import Allowance
from assets.progress import Progress

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the time by `time.monotonic`, to be set."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (Progress("a.csv", "read", 0, 100.0), "a.csv: 0 records read, 0 a second"),
        (Progress("a.csv", "read", 500, 90.0), "a.csv: 500 records read, 50 a second"),
        (
            Progress("a.csv", "read", 500, 90.0, 1_000, is_guess=True),
            "a.csv: 500 of about 1,000 records read, 50 a second, 10 seconds left",
        ),
        (
            Progress("a.csv", "read", 500, 90.0, 50_500),
            "a.csv: 500 of 50,500 records read, 50 a second, 17 minutes left",
        ),
        (Progress("a.csv", "read", 500, 90.0, 500), "a.csv: 500 of 500 records read, 50 a second"),
        (Progress("a.csv", "read", 500, 90.0, 400, is_guess=True), "a.csv: 500 of about 500 records read, 50 a second"),
    ],
)
@pytest.mark.usefixtures("clock")
def test_it_is_said_in_a_line(progress: Progress, said: str) -> None:
    assert str(progress) == said


@pytest.mark.usefixtures("clock")
def test_a_quota_that_runs_out_says_until_when_and_no_minutes() -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    limited = Progress("Contact", "answered", 500, 90.0, 1_000, until=until)
    shown = until + timedelta(seconds=59)
    assert str(limited) == (
        "Contact: 500 of 1,000 records answered, 50 a second, the day's requests run out: "
        f"until about {shown:%Y-%m-%d %H:%M} UTC"
    )
    assert limited.seconds_left is None


@pytest.mark.parametrize(
    ("allowed", "requests", "until"),
    [
        (Allowance(), 10**9, None),
        (Allowance(100, 5_000, 40), 40, None),
        (Allowance(100, 5_000, 40), 41, NOW + timedelta(days=1)),
        (Allowance(100, 5_000, 40), 5_041, NOW + timedelta(days=2)),
        (Allowance(100, 5_000, 0, NOW + timedelta(minutes=14)), 1, NOW + timedelta(minutes=14)),
        (Allowance(100, 5_000, 0, NOW + timedelta(minutes=14)), 5_001, NOW + timedelta(days=1, minutes=14)),
    ],
)
def test_requests_that_a_day_has_not_end_when_there_are_more(
    allowed: Allowance, requests: int, until: datetime | None
) -> None:
    assert allowed.until(requests, NOW) == until


def test_sending_asks_seldom_and_tells_often(clock: list[float]) -> None:
    told: list[Progress] = []
    asked: list[str] = []

    class Limits:
        def take(self) -> None:
            raise AssertionError

        def allowance(self) -> Allowance:
            asked.append("limits")
            return Allowance(100, 5_000, 3 if len(asked) > 2 else 5_000)

    def count(done: int) -> int:
        asked.append("total")
        return done + 900

    gauge = Gauge("Contact", "answered", Limits(), told.append, count)
    for tenth in range(1, 10 * int(ASK_SECONDS) + 20):
        clock[0] = 100 + tenth / 10
        gauge.at(tenth, tenth // 10)
    assert asked == ["total", "limits", "limits"]
    assert len(told) == (10 * int(ASK_SECONDS) + 19) // 5
    assert {one.total for one in told} == {905}
    assert told[0].until is None
    assert told[-1].until is not None, "others used up the day meanwhile"
