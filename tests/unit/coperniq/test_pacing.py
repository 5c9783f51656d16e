"""The pace of sending: sizes of batches, how many at once, and pauses, for any history of requests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.coperniq import pacing
from assets.coperniq.pacing import ATTEMPTS, FIRST_PAUSE_SECONDS, Pacing, gravest
from assets.coperniq.replies import LONGEST_PAUSE_SECONDS, Outcome, Reply

ROOM = 40
FAILED = [outcome for outcome in Outcome if outcome is not Outcome.DONE]

notes = st.lists(st.booleans(), min_size=1, max_size=5)
halvings = st.tuples(st.integers(1, 200), st.sampled_from([None, "BAD_USER_INPUT", *pacing.TOO_LARGE]))
histories = st.lists(notes | halvings, max_size=30)


def failed(outcome: Outcome = Outcome.THROTTLED, retry_after: float | None = None) -> Reply:
    return Reply(outcome, 429, 1, retry_after=retry_after)


def test_the_first_request_goes_alone_and_others_follow_it_together() -> None:
    pace = Pacing(100)
    assert (pace.batch, pace.at_once(ROOM, idle=True), pace.at_once(ROOM, idle=False)) == (100, 1, 0)
    pace.note([True])
    assert (pace.batch, pace.at_once(ROOM, idle=False)) == (100, ROOM)


def test_an_endpoint_is_proven_by_the_first_request_that_it_carries_out() -> None:
    pace = Pacing(100)
    pace.note([False, False])
    assert not pace.proven
    pace.note([False, True])
    pace.note([False])
    assert pace.proven


def test_a_failure_among_others_lets_one_go_at_a_time() -> None:
    pace = Pacing(100)
    pace.note([True])
    pace.note([True, False, True])
    assert (pace.at_once(ROOM, idle=True), pace.at_once(ROOM, idle=False)) == (1, 0)
    pace.note([True])
    assert pace.at_once(ROOM, idle=False) == ROOM


def test_a_refused_batch_is_halved_until_one_is_left_and_grows_again() -> None:
    pace = Pacing(100)
    sizes: list[int] = []
    while pace.batch > 1:
        pace.note([False])
        pace.halve(pace.batch, "BAD_USER_INPUT")
        sizes.append(pace.batch)
    assert sizes == [50, 25, 12, 6, 3, 1]
    for size in (2, 4, 8, 16, 32, 64, 100):
        assert pace.at_once(ROOM, idle=False) == 0, "smaller batches go one at a time"
        pace.note([True])
        assert pace.batch == size
    assert pace.at_once(ROOM, idle=False) == ROOM


@pytest.mark.parametrize("refusal", pacing.TOO_LARGE)
def test_what_was_too_large_is_not_tried_again(refusal: str) -> None:
    pace = Pacing(100)
    pace.halve(100, refusal)
    pace.note([True])
    pace.note([True])
    assert (pace.batch, pace.at_once(ROOM, idle=False)) == (50, ROOM)


def test_pauses_double_with_jitter_until_it_is_time_to_give_up() -> None:
    for chance in (0.0, 0.5, 1.0):
        pace = Pacing(100, lambda chance=chance: chance)
        pauses = [pace.pause(failed()) for _ in range(ATTEMPTS)]
        assert pauses == [FIRST_PAUSE_SECONDS * 2**number * (0.75 + chance / 2) for number in range(ATTEMPTS - 1)] + [
            None
        ]


def test_what_was_carried_out_makes_failures_forgotten() -> None:
    pace = Pacing(100, lambda: 0.5)
    for _ in range(3 * ATTEMPTS):
        assert pace.pause(failed()) == FIRST_PAUSE_SECONDS
        pace.note([False, True])


@pytest.mark.parametrize("outcome", FAILED)
def test_coperniq_is_given_the_time_it_asks_for(outcome: Outcome) -> None:
    gives_up = outcome is Outcome.EXHAUSTED
    assert Pacing(100).pause(failed(outcome, 7.0)) == (None if gives_up else 7.0)
    assert Pacing(100).pause(failed(outcome, LONGEST_PAUSE_SECONDS + 1)) is None


def test_the_gravest_of_several_failures_decides() -> None:
    throttled, longer = failed(retry_after=1.0), failed(retry_after=2.0)
    exhausted, refused = failed(Outcome.EXHAUSTED, 60.0), failed(Outcome.UNAUTHORISED)
    assert gravest([throttled, longer, failed(Outcome.OPEN)]) is longer
    assert gravest([longer, exhausted, throttled]) is exhausted
    assert gravest([exhausted, refused, longer]) is refused


@given(largest=st.integers(1, 200), history=histories)
def test_whatever_happens_batches_are_possible_and_several_go_only_where_all_is_well(
    largest: int, history: list[list[bool] | tuple[int, str | None]]
) -> None:
    pace, most, last = Pacing(largest), largest, [False]
    for event in history:
        before = pace.batch
        if isinstance(event, list):
            last = event
            pace.note(event)
            assert pace.batch == (min(most, 2 * before) if any(event) else before)
        else:
            size, refusal = event
            pace.halve(size, refusal)
            most = pace.batch if refusal in pacing.TOO_LARGE else most
            assert pace.batch <= before
        assert 1 <= pace.batch <= most <= largest
        several = pace.at_once(ROOM, idle=False) == ROOM
        assert several == (all(last) and pace.batch == most)
        assert pace.at_once(ROOM, idle=True) == (ROOM if several else 1)
