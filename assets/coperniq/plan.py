"""How many requests what waits will take, and how long the key's limits make that: what a run says before it sends.

What belongs here: arithmetic and its wording. What does not: SQL (`store`), and keeping the limits (`limits`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.counting import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from assets.coperniq.limits import Allowance
    from assets.coperniq.store import Unsent

    Requests = Callable[[str], tuple[int, int]]
    """Gives, for the name of a type, the requests of a batch that is created and of one that is updated."""

PAGE = 100
"""Records of Coperniq that one request reads."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long requests will take.

    Attributes:
        calls: The requests.
        days: The days on which they are sent, today included where one is left today.
        seconds: The time that the limit for each second takes, pauses between days left out.
    """

    calls: int
    days: int
    seconds: float


def estimate(requests: int, allowed: Allowance) -> Estimate:
    """Say how long requests will take under the limits of a key."""
    seconds = requests / allowed.per_second if allowed.per_second else 0.0
    if not allowed.per_day:
        return Estimate(requests, min(requests, 1), seconds)
    today = min(requests, allowed.left_today)
    return Estimate(requests, min(today, 1) + math.ceil((requests - today) / allowed.per_day), seconds)


def count_requests(unsent: Sequence[Unsent], batch: int, requests: Requests) -> int:
    """Count the requests that records will take; a batch is of one import, and of creates or of updates."""
    return sum(
        math.ceil(records / batch) * each
        for of_import in unsent
        for records, each in zip((of_import.creates, of_import.updates), requests(of_import.coperniq_type), strict=True)
    )


def count_pages(sent: Iterable[tuple[int, int]]) -> int:
    """Count the requests of comparing Coperniq with what was sent: of each type, contractors and records of all."""
    return sum(contractors * math.ceil(records / PAGE) for contractors, records in sent)


def sentence(unsent: Sequence[Unsent], batch: int, requests: Requests, allowed: Allowance) -> str:
    """Say in one line what waits, how many requests it takes, and for how long.

    Args:
        unsent: What waits.
        batch: How many records a batch has.
        requests: How many requests a batch takes.
        allowed: The limits of the key.
    """
    if not unsent:
        return "Nothing waits to be sent."
    records = sum(of_import.creates + of_import.updates for of_import in unsent)
    planned = estimate(count_requests(unsent, batch, requests), allowed)
    types = counted(len({of_import.coperniq_type for of_import in unsent}), "type")
    waiting = counted(records, f"record of {types} waits", f"records of {types} wait")
    line = f"{waiting}: about {counted(planned.calls, 'request')}"
    if allowed.per_second:
        line += f", {_duration(planned.seconds)} of sending"
    if allowed.per_day:
        line += f"; {allowed.left_today:,} of {counted(allowed.per_day, 'request')} are left today"
        if planned.calls > allowed.left_today:
            again = f", the next from {allowed.free_at:%Y-%m-%d %H:%M} UTC" if allowed.free_at else ""
            line += f"{again}, so it goes on for {counted(planned.days, 'day')}"
    return f"{line}."


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    if seconds < 120:
        return counted(math.ceil(seconds), "second")
    return counted(math.ceil(seconds / 60), "minute")
