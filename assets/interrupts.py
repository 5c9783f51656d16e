"""Interrupts that got lost: Python raises them wherever the main thread stands, and drops what a finaliser raises.

What belongs here: noticing that one came and that the work went on. What does not: what an interrupt does, which is its
handler's, Python's own or Dagster's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class _Memory:
    """What has come: signals that nobody has looked at, and the one that has been looked at once."""

    unread: int
    seen: int | None = None


_memories: list[_Memory] = []


@contextlib.contextmanager
def remembered() -> Generator[None, None, None]:
    """Remember the interrupts that come, each before its handler is run; outside the main thread none ever does."""
    if _memories or threading.current_thread() is not threading.main_thread():
        yield
        return
    unread, written = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    former = signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    _memories.append(_Memory(unread))
    try:
        yield
    finally:
        _memories.clear()
        signal.set_wakeup_fd(former)
        os.close(unread)
        os.close(written)


def look() -> None:
    """Send this process an interrupt again that came before the last look, and was lost.

    Whoever waits for something looks now and then; what is not lost ends the waiting between two looks.
    """
    for memory in _memories:
        number, memory.seen = memory.seen, None
        with contextlib.suppress(BlockingIOError):
            came = os.read(memory.unread, 64)
            memory.seen = next((ending for ending in ENDING if ending in came), None)
        if number is not None:
            signal.raise_signal(number)
