"""Which fault meets which request: the script, its seed and the order of requests decide, and nothing else does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.coperniq.faults.injector import Injector
from sandbox.coperniq.faults.labels import label_of
from sandbox.coperniq.faults.limits import KeyLimits
from sandbox.coperniq.faults.script import Kind, Script, ScriptError, parse_script

CREATE, QUERY = "mutation createContacts", "query contacts"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def script(**members: Any) -> Script:
    """Read a script."""
    return Script.model_validate(members)


def kinds(injector: Injector, *labels: str) -> list[str | None]:
    """Give what happens to requests of one key."""
    return [fault.kind.value if (fault := injector.meet(label, "key")) else None for label in labels]


def test_a_rule_counts_the_requests_that_it_is_for() -> None:
    injector = Injector(script(rules=[{"fault": "drop", "on": "create", "at": [2]}]))
    assert kinds(injector, QUERY, CREATE, QUERY, CREATE, CREATE) == [None, None, None, "drop", None]
    assert injector.requests == {QUERY: 2, CREATE: 3}
    assert injector.faults == {"drop": 1}


def test_a_rule_may_begin_late_and_end_early() -> None:
    injector = Injector(script(rules=[{"fault": "expired_key", "from": 2, "count": 2}]))
    assert kinds(injector, *[QUERY] * 5) == [None, "expired_key", "expired_key", None, None]


def test_the_first_rule_that_is_due_happens_and_the_others_count_all_the_same() -> None:
    rules = [{"fault": "drop", "at": [1]}, {"fault": "short", "at": [1, 2]}]
    assert kinds(Injector(script(rules=rules)), CREATE, CREATE, CREATE) == ["drop", "short", None]


@given(st.integers(), st.lists(st.sampled_from([CREATE, QUERY]), max_size=60))
def test_the_same_seed_and_requests_meet_the_same_faults(seed: int, labels: list[str]) -> None:
    rules = [{"fault": "drop", "on": "create", "probability": 0.3}, {"fault": "short", "probability": 0.5}]
    one, other = (Injector(script(seed=seed, rules=rules)) for _ in range(2))
    for label in labels:
        mine, theirs = one.meet(label, "key"), other.meet(label, "key")
        assert (mine and mine.kind) == (theirs and theirs.kind)
        if mine and theirs:
            assert mine.chance.random() == theirs.chance.random()
        assert one.latency() == other.latency()


@given(st.integers())
def test_a_rule_does_not_change_what_another_one_draws(seed: int) -> None:
    own = {"fault": "short", "on": "query", "probability": 0.5}
    alone = kinds(Injector(script(seed=seed, rules=[own])), *[QUERY] * 30)
    beside = kinds(Injector(script(seed=seed, rules=[own, {"fault": "drop", "on": "mutation"}])), *[QUERY, CREATE] * 30)
    assert beside[::2] == alone


def test_a_probability_is_one() -> None:
    injector = Injector(script(seed=3, rules=[{"fault": "drop", "probability": 0.25}]))
    met = Counter(kinds(injector, *[CREATE] * 4000))
    assert 900 < met["drop"] < 1100


def test_latency_lies_between_its_bounds() -> None:
    injector = Injector(script(latency_ms=100, jitter_ms=20))
    drawn = [injector.latency() for _ in range(200)]
    assert min(drawn) >= 0.1
    assert 0.115 < max(drawn) <= 0.12


def test_limits_come_before_rules_and_a_refused_request_is_not_theirs() -> None:
    injector = Injector(script(daily=1, rules=[{"fault": "drop", "at": [2]}]), Clock())
    assert kinds(injector, CREATE, CREATE, CREATE) == [None, "day_used_up", "day_used_up"]
    assert injector.faults == {"day_used_up": 2}


@given(st.lists(st.floats(0, 0.4), max_size=200))
def test_a_key_never_gets_more_than_its_rate_and_one_burst(pauses: list[float]) -> None:
    clock = Clock()
    limits = KeyLimits(script(rate=5), clock)
    taken: list[float] = []
    for pause in pauses:
        clock.now += pause
        if limits.take("key") is None:
            taken.append(clock.now)
    for position, start in enumerate(taken):
        for count, end in enumerate(taken[position:], 1):
            assert count <= 5 + 5 * (end - start) + 1e-6


def test_a_second_comes_back_when_it_is_said_to() -> None:
    clock = Clock()
    limits = KeyLimits(script(rate=2), clock)
    assert [limits.take("key") for _ in range(2)] == [None, None]
    refusal = limits.take("key")
    assert refusal is not None
    assert refusal.kind is Kind.THROTTLE
    assert limits.take("other") is None
    clock.now += refusal.seconds + 1e-9
    assert limits.take("key") is None


def test_a_day_rolls() -> None:
    clock = Clock()
    limits = KeyLimits(script(daily=2), clock)
    for _ in range(2):
        assert limits.take("key") is None
        clock.now += 3600
    refusal = limits.take("key")
    assert refusal is not None
    assert (refusal.kind, refusal.seconds) == (Kind.DAY_USED_UP, 22 * 3600)
    clock.now += refusal.seconds
    assert limits.take("key") is None
    assert limits.take("key") is not None


@pytest.mark.parametrize(
    ("method", "path", "body", "label"),
    [
        ("POST", "/graphql", b'{"query": "mutation A { x: createSites { a } }"}', "mutation createSites"),
        (
            "POST",
            "/graphql",
            b'{"query": "query F { sites { a } } mutation D { deleteSites { a } }", "operationName": "D"}',
            "mutation deleteSites",
        ),
        ("POST", "/graphql", b"{", "POST /graphql"),
        ("POST", "/graphql", b'{"query": "{"}', "POST /graphql"),
        ("POST", "/graphql", b'{"query": "{ a }", "operationName": 1}', "POST /graphql"),
        ("PATCH", "/v1/accounts/12/work-orders/7", b"", "PATCH /v1/accounts/{id}/work-orders/{id}"),
        ("GET", "/v1/work-orders/templates", b"", "GET /v1/work-orders/templates"),
    ],
)  # fmt: skip
def test_requests_have_labels(method: str, path: str, body: bytes, label: str) -> None:
    assert label_of(method, path, body) == label


def test_a_script_says_what_is_wrong_with_it() -> None:
    with pytest.raises(ScriptError, match=r"^rules\.0\.probability: Input should be less than or equal to 1$"):
        parse_script('{"rules": [{"fault": "drop", "probability": 2}]}')
