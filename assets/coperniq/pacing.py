"""How much is sent at once, and how long to wait after a request that failed: by what became of those before.

What belongs here: these numbers. What does not: sending and waiting (`deliver`, `reading`), and what a reply means
(`replies`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assets.coperniq.replies import LONGEST_PAUSE_SECONDS, Outcome, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ATTEMPTS = 4
"""Requests in a row that may fail before the rest is left to the next run."""
FIRST_PAUSE_SECONDS = 0.5
TOO_LARGE = ("MAX_BATCH_EXCEEDED", "HTTP_413")
"""Refusals that speak of the size of a request: larger ones are not tried again."""


@dataclass
class Pacing:
    """The pace of one sending; it begins with one request of the largest size.

    Args:
        largest: Records of a batch at most.
        chance: Gives numbers from 0 to 1, so that runs that failed together do not come back together.

    Attributes:
        batch: Records of the next batch.
        proven: Whether the endpoint is known to take requests.
    """

    largest: int
    chance: Callable[[], float] = random.random
    batch: int = field(init=False)
    proven: bool = field(default=False, init=False)
    _steady: bool = field(default=False, init=False)
    _failures: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Begin with the largest batches."""
        self.batch = self.largest

    def note(self, whole: Sequence[bool]) -> None:
        """Note of each request that came back whether it was carried out whole: then the next may be larger."""
        if any(whole):
            self.proven = True
            self._failures = 0
            self.batch = min(self.largest, self.batch * 2)
        self._steady = all(whole)

    def halve(self, size: int, refusal: str | None) -> None:
        """Send less at once after a batch of a size was refused as a whole, until the culprit is alone."""
        self.batch = max(1, min(self.batch, size // 2))
        if refusal in TOO_LARGE:
            self.largest = self.batch

    def at_once(self, room: int, *, idle: bool) -> int:
        """Say how many batches may follow, where there is room for some: one at a time while anything is amiss."""
        return room if self._steady and self.batch == self.largest else int(idle)

    def pause(self, failed: Reply) -> float | None:
        """Note a request that failed; say how long to wait, in seconds, or None where it is time to give up."""
        self._failures += 1
        pause = FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1) * (0.75 + self.chance() / 2)
        pause = max(pause, failed.retry_after or 0.0)
        over = failed.outcome is Outcome.EXHAUSTED or self._failures >= ATTEMPTS or pause > LONGEST_PAUSE_SECONDS
        return None if over else pause


def gravest(failed: Sequence[Reply]) -> Reply:
    """Return the reply that decides how to go on, of requests that failed at once."""
    return max(failed, key=_gravity)


def _gravity(reply: Reply) -> tuple[bool, bool, float]:
    return reply.outcome is Outcome.UNAUTHORISED, reply.outcome is Outcome.EXHAUSTED, reply.retry_after or 0.0
