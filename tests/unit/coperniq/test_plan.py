"""How many requests and days what waits will take: arithmetic, and the line that a run says before it sends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.coperniq.limits import Allowance
from assets.coperniq.plan import Estimate, count_requests, estimate, sentence
from assets.coperniq.store import Unsent

FREE = datetime(2026, 3, 2, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("requests", "allowed", "days", "seconds"),
    [
        (0, Allowance(100, 5_000, 5_000), 0, 0),
        (1, Allowance(100, 5_000, 1), 1, 0.01),
        (5_000, Allowance(100, 5_000, 5_000), 1, 50),
        (5_001, Allowance(100, 5_000, 5_000), 2, 50.01),
        (14, Allowance(100, 5_000, 10), 2, 0.14),
        (14, Allowance(100, 5_000, 0, FREE), 1, 0.14),
        (15_014, Allowance(100, 5_000, 14), 4, 150.14),
        (0, Allowance(), 0, 0),
        (1_000_000, Allowance(), 1, 0),
        (1_000_000, Allowance(per_second=100), 1, 10_000),
    ],
)
def test_estimates(requests: int, allowed: Allowance, days: int, seconds: float) -> None:
    assert estimate(requests, allowed) == Estimate(requests, days, pytest.approx(seconds))


@given(st.integers(0, 10**6), st.integers(1, 10**4), st.data())
def test_days_are_as_many_as_sending_them_takes(requests: int, per_day: int, data: st.DataObject) -> None:
    left = data.draw(st.integers(0, per_day))
    days, unsent, today = 0, requests, left
    while unsent:
        days += 1 if today else 0
        unsent, today = max(0, unsent - today), per_day
    assert estimate(requests, Allowance(0, per_day, left)).days == days


@pytest.mark.parametrize(
    ("unsent", "batch", "requests"),
    [
        ([], 100, 0),
        ([Unsent("Contact", 100, 0)], 100, 1),
        ([Unsent("Contact", 101, 0)], 100, 2),
        ([Unsent("Contact", 50, 50), Unsent("Site", 1, 0)], 100, 3),
        ([Unsent("Contact", 50, 50), Unsent("Site", 1, 0)], 1, 101),
    ],
)
def test_records_of_one_kind_share_a_request(unsent: list[Unsent], batch: int, requests: int) -> None:
    assert count_requests(unsent, batch, lambda _: (1, 1)) == requests


def test_a_type_that_takes_several_requests_is_counted_so() -> None:
    unsent = [Unsent("Contact", 10, 4), Unsent("Site", 5, 0)]
    assert count_requests(unsent, 1, lambda name: (3, 2) if name == "Contact" else (1, 2)) == 3 * 10 + 2 * 4 + 5


@pytest.mark.parametrize(
    ("unsent", "allowed", "said"),
    [
        ([], Allowance(100, 5_000, 5_000), "Nothing waits to be sent."),
        (
            [Unsent("Asset", 234, 0), Unsent("Contact", 500, 100), Unsent("Site", 400, 0)],
            Allowance(100, 5_000, 4_986),
            "1,234 records of 3 types wait: about 13 requests, less than a second of sending; "
            "4,986 of 5,000 requests are left today.",
        ),
        ([Unsent("Task", 1, 0)], Allowance(), "1 record of 1 type waits: about 1 request."),
        (
            [Unsent("Contact", 1_000_000, 0)],
            Allowance(per_second=100),
            "1,000,000 records of 1 type wait: about 10,000 requests, 100 seconds of sending.",
        ),
        (
            [Unsent("Contact", 1_234_500, 0)],
            Allowance(100, 5_000, 4_986),
            "1,234,500 records of 1 type wait: about 12,345 requests, 3 minutes of sending; "
            "4,986 of 5,000 requests are left today, so it goes on for 3 days.",
        ),
        (
            [Unsent("Contact", 1_400, 0)],
            Allowance(0, 5_000, 0, FREE),
            "1,400 records of 1 type wait: about 14 requests; 0 of 5,000 requests are left today, "
            "the next from 2026-03-02 06:40 UTC, so it goes on for 1 day.",
        ),
    ],
)
def test_the_line(unsent: list[Unsent], allowed: Allowance, said: str) -> None:
    assert sentence(unsent, 100, lambda _: (1, 1), allowed) == said
