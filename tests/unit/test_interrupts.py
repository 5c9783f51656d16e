"""An interrupt that got lost comes again, once; one that did its work does not."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from assets import interrupts
from assets.coperniq.replies import stayed
from assets.coperniq.senders import Senders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from assets.coperniq.replies import Reply


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def handled(request: pytest.FixtureRequest) -> Iterator[tuple[signal.Signals, list[int], Callable[[], None]]]:
    """Give a signal, the times that its handler was run, and how to have the handler raise."""
    seen: list[int] = []
    raising: list[bool] = []

    def handle(number: int, _: FrameType | None) -> None:
        seen.append(number)
        if raising:
            raise KeyboardInterrupt

    former = signal.signal(request.param, handle)
    yield request.param, seen, lambda: raising.append(True)
    signal.signal(request.param, former)


def test_a_lost_interrupt_comes_again_once(
    handled: tuple[signal.Signals, list[int], Callable[[], None]],
) -> None:
    number, seen, raise_now = handled
    with interrupts.remembered():
        interrupts.look()
        os.kill(os.getpid(), number)
        assert seen == [number]
        interrupts.look()
        assert seen == [number], "its handler could have been about to run"
        raise_now()
        with pytest.raises(KeyboardInterrupt):
            interrupts.look()
    assert seen == [number, number]


def test_nothing_comes_again_after_the_block(
    handled: tuple[signal.Signals, list[int], Callable[[], None]],
) -> None:
    number, seen, _ = handled
    with interrupts.remembered():
        os.kill(os.getpid(), number)
    with interrupts.remembered():
        for _look in range(3):
            interrupts.look()
    assert seen == [number]
    assert signal.set_wakeup_fd(-1) == -1


def test_outside_the_main_thread_nothing_is_remembered() -> None:
    failed: list[BaseException] = []

    def use() -> None:
        try:
            with interrupts.remembered():
                interrupts.look()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert failed == []


def test_who_waits_for_a_reply_is_interrupted_though_the_interrupt_got_lost(
    handled: tuple[signal.Signals, list[int], Callable[[], None]],
) -> None:
    number, seen, raise_now = handled
    never = threading.Event()

    def hang(_: object) -> Reply:
        never.wait(30)
        return stayed("NEVER", "Never.")

    began = time.monotonic()
    with interrupts.remembered(), Senders(hang, 1) as senders:
        senders.hand_out([])
        os.kill(os.getpid(), number)
        raise_now()
        with pytest.raises(KeyboardInterrupt):
            senders.collect()
    never.set()
    assert seen == [number, number]
    assert time.monotonic() - began < 5.0


def test_a_lease_is_held_with_a_memory_of_its_own_and_one_within_it_is_the_same(
    handled: tuple[signal.Signals, list[int], Callable[[], None]],
) -> None:
    number, seen, _ = handled
    with interrupts.remembered():
        with interrupts.remembered():
            os.kill(os.getpid(), number)
        for _look in range(3):
            interrupts.look()
    assert seen == [number, number]
