"""Several requests under way at once: full batches, one trouble for all, and an end that loses nothing."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from assets.coperniq.client import BATCH
from assets.coperniq.deliver import KeyRefused
from assets.coperniq.senders import MOST, READY, THREADS, Answer, Senders
from tests.integration.coperniq import audit
from tests.integration.coperniq.world import before_writing, contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World


def test_a_clean_run_sends_full_batches_several_at_once(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(4030))
    proxy.always("Create", "delay 0.1")
    began = time.monotonic()
    done = world.deliver()["Contact"]
    sizes = [len(asked["input"]) for asked in proxy.requests("Create")]
    assert sorted(sizes, reverse=True) == [BATCH] * 40 + [30]
    assert done.requests == len(proxy.seen) == 41
    # One after another, the delays alone would take four seconds.
    assert time.monotonic() - began < 3.5
    audit.agrees(world)


def test_no_more_is_claimed_than_the_threads_can_use(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(BATCH * (THREADS + READY + 10)))
    claimed: list[int] = []
    delivery = world.delivery("Contact")
    before_writing(delivery, lambda _: claimed.append(list(world.states("Contact").values()).count("in_flight")))
    delivery.run()
    delivery.client.close()
    # The first request goes alone: an endpoint or a key that refuses gets no more.
    assert claimed[0] == BATCH
    assert BATCH * THREADS < max(claimed) <= BATCH * (THREADS + READY)
    audit.agrees(world)


@pytest.mark.parametrize("action", ["throttle", "status 503", "lose", "truncate"])
def test_a_request_that_fails_holds_up_the_others(world: World, proxy: Proxy, action: str) -> None:
    world.bring("Contact.csv", *contacts(4000))
    proxy.script("Create", *["pass"] * 5, action)
    under_way: list[int] = []
    delivery = world.delivery("Contact")
    delivery.sleep = lambda _: under_way.append(len(proxy.seen))
    done = delivery.run()
    delivery.client.close()
    assert done.records == {"created": 4000}
    assert len(set(under_way)) == 1, "nothing was sent during the pause"
    audit.agrees(world)


def test_a_key_that_is_refused_halfway_ends_the_run_with_the_books_kept(world: World, proxy: Proxy) -> None:
    number = BATCH * (THREADS + READY + 10)
    world.bring("Contact.csv", *contacts(number))
    proxy.script("Create", *["pass"] * 4)
    proxy.always("Create", "status 401")
    with pytest.raises(KeyRefused):
        world.deliver()
    assert set(world.states("Contact").values()) == {"ready", "synced"}
    assert len(world.log()) == len(proxy.seen) <= 4 + THREADS + READY
    proxy.always("Create", "pass")
    world.deliver()
    assert len(world.held("Contact")) == number
    audit.agrees(world)


def test_an_interrupted_run_writes_what_was_under_way(
    world: World, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By the third collection one reply was taken in, then at most so many: more batches than that can be handed out.
    batches = 1 + MOST + THREADS + READY + 10
    world.bring("Contact.csv", *contacts(BATCH * batches))
    proxy.always("Create", "delay 0.2")
    delivery = world.delivery("Contact")
    collect, turns = Senders.collect, iter(range(100))

    def interrupted(senders: Senders) -> list[Answer]:
        if next(turns) == 2:
            raise KeyboardInterrupt
        return collect(senders)

    monkeypatch.setattr(Senders, "collect", interrupted)
    with pytest.raises(KeyboardInterrupt):
        delivery.run()
    delivery.client.close()
    assert set(world.states("Contact").values()) == {"ready", "synced"}
    assert list(world.states("Contact").values()).count("synced") == len(world.held("Contact"))
    assert len(world.log()) == len(proxy.seen) < batches
    world.deliver()
    audit.agrees(world)


def test_threads_end_with_the_sending(world: World) -> None:
    world.bring("Contact.csv", *contacts(1500))
    world.deliver()
    until = time.monotonic() + 2
    while any(thread.name.startswith("sender-") for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.01)
