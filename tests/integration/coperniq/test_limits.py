"""The limits of a key, kept by several processes and threads, directly and through PgBouncer in transaction mode."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

from assets.coperniq.limits import LATE_SECONDS, Allowance, KeyLimits
from assets.database import Database, DatabaseUnreachable
from tests.integration.coperniq import turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Make = Callable[..., KeyLimits]

DAY = timedelta(hours=24)
LATEST = timedelta(minutes=6)
"""How much later than after a day a request may be free again: its period, and a minute."""


@pytest.fixture
def key() -> str:
    return f"key-{uuid4()}"


@pytest.fixture(params=["direct", "pooled"])
def url(request: pytest.FixtureRequest, shared_database: str) -> str:
    """Give the database, as it is and through PgBouncer."""
    if request.param == "direct":
        return shared_database
    return request.getfixturevalue("pgbouncer").url(shared_database)


@pytest.fixture
def make(url: str, key: str) -> Iterator[Make]:
    """Make limits of the key, of one run each; given options are those of `KeyLimits`."""
    made: list[KeyLimits] = []

    def make(per_second: int = 0, per_day: int = 0, **options: object) -> KeyLimits:
        made.append(KeyLimits(Database(url), key, per_second, per_day, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for limits in made:
        limits.close()


def hashed(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def sent_before(url: str, key: str, ago: timedelta, requests: int) -> datetime:
    """Write that requests were sent a time ago; return when that was."""
    with psycopg.connect(url, prepare_threshold=None) as conn:
        conn.execute("INSERT INTO coperniq_api_keys (key_hash) VALUES (%s) ON CONFLICT DO NOTHING", [hashed(key)])
        at = datetime.now(UTC) - ago
        conn.execute(
            "INSERT INTO coperniq_api_requests VALUES (%s, date_bin('5 minutes', %s, 'epoch'), %s)",
            [hashed(key), at, requests],
        )
        return at


def periods(url: str, key: str) -> list[int]:
    with psycopg.connect(url, prepare_threshold=None) as conn:
        query = "SELECT requests FROM coperniq_api_requests WHERE key_hash = %s ORDER BY period_start"
        return [requests for (requests,) in conn.execute(query, [hashed(key)])]


def settling(limits: KeyLimits) -> list[int]:
    """Return the list to which each statement's number of turns will be added."""
    asked: list[int] = []
    settle = limits._settle

    def listed(turns: list[Any], per_day: int) -> None:
        asked.append(len(turns))
        settle(turns, per_day)

    limits._settle = listed  # type: ignore[method-assign]
    return asked


def most_within(seconds: float, times: list[float]) -> int:
    """Return how many of some times lie in one window, at the most; its end is not in it."""
    first = most = 0
    for last, time_ in enumerate(times):
        while time_ - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_the_limit_for_a_second_holds_for_all_processes_together(url: str, key: str) -> None:
    given = {"per_second": 100, "per_day": 0, "threads": 4, "turns": 25}
    times, _ = turns.taken([turns.start(url, key, **given) for _ in range(4)])
    assert len(times) == 400
    assert most_within(1.0, times) <= 100
    assert 399 * 0.0103 - LATE_SECONDS < times[-1] - times[0] < 10, "each turn is one's own, and few are missed"


def test_the_limit_for_a_day_holds_for_all_processes_together(url: str, key: str) -> None:
    given = {"per_second": 0, "per_day": 300, "threads": 4, "turns": 30}
    times, told = turns.taken([turns.start(url, key, **given) for _ in range(4)])
    assert (len(times), len(told)) == (300, 180)
    assert sum(periods(url, key)) == 300
    free = [datetime.fromisoformat(time_) - datetime.now(UTC) for time_ in told]
    assert DAY - timedelta(minutes=1) < min(free)
    assert max(free) <= DAY + LATEST


def test_a_day_that_is_used_up_says_until_when_and_takes_nothing(make: Make, url: str, key: str) -> None:
    sent_before(url, key, timedelta(hours=20), 2)
    oldest = sent_before(url, key, timedelta(hours=23), 3)
    limits = make(per_second=100, per_day=6)
    assert limits.take() is None
    free = limits.take()
    assert free is not None
    assert oldest + DAY < free <= oldest + DAY + LATEST
    assert free.tzinfo is UTC
    assert (limits.take(), sum(periods(url, key))) == (free, 6)
    assert limits.allowance() == Allowance(100, 6, 0, free)
    with psycopg.connect(url, prepare_threshold=None) as conn:
        said = conn.execute("SELECT used_up_until FROM coperniq_api_keys WHERE key_hash = %s", [hashed(key)])
        assert said.fetchall() == [(free,)]


def test_requests_count_until_their_whole_period_has_left_the_day(make: Make, url: str, key: str) -> None:
    sent_before(url, key, DAY + LATEST + timedelta(seconds=1), 5)
    sent_before(url, key, DAY - timedelta(minutes=1), 5)
    limits = make(per_day=10)
    assert limits.allowance() == Allowance(0, 10, 5, None)
    assert [limits.take() is None for _ in range(6)] == [True] * 5 + [False]
    assert periods(url, key) == [5, 5], "what has left the day is deleted"
    with psycopg.connect(url, prepare_threshold=None) as conn:
        later = "UPDATE coperniq_api_requests SET period_start = period_start - INTERVAL '8 min' WHERE key_hash = %s"
        conn.execute(later, [hashed(key)])
    assert limits.take() is None


def test_a_period_that_began_a_day_ago_may_hold_requests_that_left_later(make: Make, url: str, key: str) -> None:
    sent_before(url, key, DAY + timedelta(seconds=1), 5)
    limits = make(per_day=5)
    assert limits.allowance().left_today == 0
    assert limits.take() is not None


def test_a_smaller_day_waits_for_as_many_as_are_too_many(make: Make, url: str, key: str) -> None:
    sent_before(url, key, timedelta(hours=22), 4)
    second = sent_before(url, key, timedelta(hours=21), 4)
    sent_before(url, key, timedelta(hours=20), 4)
    free = make(per_day=8).take()
    assert free is not None
    assert second + DAY < free <= second + DAY + LATEST


def test_each_key_has_its_own_limits(make: Make, url: str) -> None:
    assert make(per_day=1).take() is None
    other = KeyLimits(Database(url), f"key-{uuid4()}", 0, 1)
    assert other.take() is None
    assert other.take() is not None
    other.close()


def test_the_key_is_nowhere_in_the_database(make: Make, url: str, key: str) -> None:
    limits = make(per_day=1)
    limits.take()
    with psycopg.connect(url, prepare_threshold=None) as conn:
        stored = conn.execute("SELECT k, r FROM coperniq_api_keys AS k, coperniq_api_requests AS r").fetchall()
        assert hashed(key) in str(stored)
        assert key not in str(stored)
    assert key not in repr(limits)


def test_without_limits_the_database_is_not_asked(key: str) -> None:
    limits = KeyLimits(Database("postgresql://nobody@127.0.0.1:1/nothing"), key, 0, 0)
    assert limits.take() is None
    assert limits.allowance() == Allowance()


def test_who_takes_turns_and_is_killed_costs_the_others_those_turns_alone(url: str, key: str) -> None:
    given = {"per_second": 50, "per_day": 150, "threads": 8, "turns": 1000}
    killed = turns.start(url, key, **given)
    assert killed.stdout is not None
    took = [killed.stdout.readline() for _ in range(30)]
    killed.kill()
    took += killed.communicate()[0].splitlines()
    left, told = turns.taken([turns.start(url, key, **{**given, "threads": 2, "turns": 100}) for _ in range(2)])
    assert 150 - 2 * 8 <= len(took) + len(left) <= 150
    assert len(told) == 400 - len(left)


def test_threads_that_wait_share_a_statement(make: Make, url: str, key: str) -> None:
    limits = make(per_day=1000)
    limits.take()
    asked = settling(limits)
    with limits._talking:
        threads = [threading.Thread(target=limits.take) for _ in range(10)]
        for thread in threads:
            thread.start()
        while len(limits._asking.get(1000, [])) < 10:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert asked == [10]
    assert sum(periods(url, key)) == 11


@pytest.mark.parametrize(("still", "statements", "counted"), [(0.0, 2, 2), (0.2, 3, 2), (61.0, 3, 3)])
def test_who_misses_a_turn_takes_another(
    make: Make, url: str, key: str, still: float, statements: int, counted: int
) -> None:
    """The process stood still while it waited: its request would be one too many of another second, or day."""
    now, stood = [0.0], [still]

    def sleep(seconds: float) -> None:
        now[0] += seconds + (stood.pop() if stood else 0.0)

    limits = make(per_second=1, per_day=10, sleep=sleep, clock=lambda: now[0])
    asked = settling(limits)
    assert [limits.take(), limits.take()] == [None, None]
    assert len(asked) == statements
    assert sum(periods(url, key)) == counted


def test_a_machine_that_keeps_no_turn_sends_late_rather_than_never(make: Make) -> None:
    limits = make(per_second=10, sleep=lambda seconds: time.sleep(seconds + 2 * LATE_SECONDS))
    assert [limits.take(), limits.take()] == [None, None]


def test_turns_leave_next_to_nothing_of_the_limit_unused(url: str, key: str) -> None:
    with psycopg.connect(url, prepare_threshold=None) as conn:
        row = conn.execute("SELECT 100 * spacing FROM take_api_turns(%s, 1, 100, 0)", [hashed(key)]).fetchone()
    assert row is not None
    assert 1 < row[0] < 1.05


def test_turns_are_spaced_by_the_databases_clock(make: Make) -> None:
    waited: list[float] = []
    one, other = (make(per_second=1, sleep=waited.append, clock=lambda: 0.0) for _ in range(2))
    for limits in (one, other, one):
        limits.take()
    assert [after - before for before, after in pairwise([0.0, *waited])] == [pytest.approx(1.03, abs=0.4)] * 2


def test_turns_that_are_asked_for_at_once_come_one_after_the_other(make: Make, url: str, key: str) -> None:
    waited: list[float] = []
    limits = make(per_second=1, sleep=waited.append, clock=lambda: 0.0)
    limits.take()
    with psycopg.connect(url, prepare_threshold=None) as conn:
        conn.execute("SELECT take_api_turns(%s, 1, 1, 0)", [hashed(key)])
        asking = threading.Thread(target=limits.take)
        asking.start()
        asking.join(0.3)
        assert asking.is_alive(), "another's turn is not settled yet"
    asking.join()
    assert waited == [pytest.approx(2 * 1.03 - 0.3, abs=0.5)]


def test_a_database_that_is_away_is_said_to_every_thread(key: str) -> None:
    limits = KeyLimits(Database("postgresql://nobody@127.0.0.1:1/nothing"), key, 100, 0)
    errors: list[BaseException] = []

    def take() -> None:
        try:
            limits.take()
        except DatabaseUnreachable as error:
            errors.append(error)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(error).startswith("PostgreSQL does not answer") for error in errors] == [True] * 3


def test_a_connection_that_was_lost_is_made_anew_by_the_next(shared_database: str, key: str) -> None:
    limits = KeyLimits(Database(shared_database), key, 100, 0)
    limits.take()
    assert limits._connection is not None
    with psycopg.connect(shared_database, autocommit=True) as conn:
        conn.execute("SELECT pg_terminate_backend(%s)", [limits._connection.info.backend_pid])
    with pytest.raises(DatabaseUnreachable, match="PostgreSQL went away"):
        limits.take()
    assert limits.take() is None
    limits.close()


def test_a_server_whose_transactions_see_one_moment_lets_turns_be_shared(shared_database: str, key: str) -> None:
    url = f"{shared_database}?options=-cdefault_transaction_isolation%3Dserializable"
    given = {"per_second": 0, "per_day": 100, "threads": 2, "turns": 100}
    times, told = turns.taken([turns.start(url, key, **given) for _ in range(2)])
    assert (len(times), len(told)) == (100, 300)
