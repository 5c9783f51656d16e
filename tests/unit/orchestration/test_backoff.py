"""A contractor whose runs fail rests as long as they have failed already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.backoff import LONGEST, SHORTEST, rests_until

BEGAN = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_pauses_double_up_to_the_longest() -> None:
    """Each run begins as soon as it may, and fails at once."""
    failures, pauses = [BEGAN], []
    for _ in range(12):
        until = rests_until(failures)
        pauses.append(until - failures[-1])
        failures.append(until)
    assert [pause / timedelta(minutes=1) for pause in pauses] == [1, 1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]


@given(st.lists(st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1), timezones=st.just(UTC)), min_size=1))
def test_a_pause_is_between_the_shortest_and_the_longest(failures: list[datetime]) -> None:
    assert SHORTEST <= rests_until(failures) - max(failures) <= LONGEST


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_in_which_failures_are_named_is_no_matter(order: int) -> None:
    failures = [BEGAN, BEGAN + timedelta(minutes=10)][::order]
    assert rests_until(failures) == BEGAN + timedelta(minutes=20)
