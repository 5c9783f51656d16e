"""How far sending, comparing and rolling back are: true numbers, and a quota that runs out decides about the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assets import catalogue
from assets.coperniq import gauge, rolling_back
from assets.coperniq.checking import Check
from assets.coperniq.limits import KeyLimits
from assets.coperniq.rolling_back import Rollback
from assets.coperniq.store import Scope
from tests.integration.coperniq.world import contacts, ignore

if TYPE_CHECKING:
    from assets.progress import Progress
    from tests.integration.coperniq.world import World

RECORDS = 450


@pytest.fixture(autouse=True)
def _each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauge, "EVERY_SECONDS", 0.0)


def numbers(told: list[Progress]) -> list[int]:
    """Return how many records were done each time; it never goes back."""
    done = [one.done for one in told]
    assert done == sorted(done)
    return done


def test_it_is_told_how_far_each_is(world: World) -> None:
    of = world.bring("Contact.csv", *contacts(RECORDS))
    sent: list[Progress] = []
    world.deliver("Contact", tell=sent.append)
    assert {(one.of, one.doing, one.total, one.until) for one in sent} == {("Contact", "answered", RECORDS, None)}
    assert (len(set(numbers(sent))) >= 3, numbers(sent)[-1]) == (True, RECORDS)
    compared: list[Progress] = []
    client = world.client()
    scope = Scope(world.contractor, catalogue.BY_NAME["Contact"])
    Check(world.conn, client, scope, "test", compared.append, ignore).run()
    assert [(one.done, one.total, one.is_guess) for one in compared] == [
        (min(page, RECORDS), RECORDS, True) for page in range(100, RECORDS + 100, 100)
    ]
    looked_at: list[Progress] = []
    found = rolling_back.find(world.conn, str(of))
    Rollback(world.conn, client, world.lease(), found, "test", ignore, ignore, tell=looked_at.append).run()
    client.close()
    assert [(one.of, one.done, one.total) for one in looked_at] == [("Contact.csv", RECORDS, RECORDS)]


def test_a_day_that_has_too_few_requests_says_until_when(world: World) -> None:
    world.bring("Contact.csv", *contacts(RECORDS))
    limits = KeyLimits(world.database, "a key of its own", per_second=0, per_day=4)
    told: list[Progress] = []
    client = world.client(limits=limits)
    done = world.deliver("Contact", client=client, tell=told.append)["Contact"]
    limits.close()
    assert done.stopped is not None
    until = told[-1].until
    assert until is not None
    assert timedelta(hours=23) < until - datetime.now(UTC) < timedelta(hours=25)
    assert told[-1].seconds_left is None
