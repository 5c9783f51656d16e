"""How far sending or comparing is, and until when the limits of the key make it last.

What belongs here: when that is counted, so that it costs the work nothing. What does not: the numbers' wording
(`assets.progress`), and keeping the limits (`limits`).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assets.progress import Progress, Tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from assets.coperniq.limits import Limits

EVERY_SECONDS = 0.5
ASK_SECONDS = 10.0
"""Between two questions how many of the day's requests are left: others take some of them, too."""


@dataclass
class Gauge:
    """Tells now and then how far a piece of work at Coperniq is.

    Args:
        of: What it is about, such as the name of a type.
        doing: What is done with its records, such as `answered`.
        limits: Of the key.
        tell: Takes it.
        count: Counts the records in all, given those that are done; asked once, when there is something to tell.
        is_guess: Whether what it counts is one.
    """

    of: str
    doing: str
    limits: Limits
    tell: Tell
    count: Callable[[int], int]
    is_guess: bool = False
    _began: float = field(default_factory=lambda: time.monotonic(), init=False)
    _told: float = field(default_factory=lambda: time.monotonic(), init=False)
    _asked: float = field(default=-math.inf, init=False)
    _total: int | None = field(default=None, init=False)
    _until: datetime | None = field(default=None, init=False)

    def at(self, done: int, requests: int) -> None:
        """Take how many records are done, by how many requests."""
        now = time.monotonic()
        if now - self._told < EVERY_SECONDS:
            return
        self._told = now
        if self._total is None:
            self._total = self.count(done)
        if not self._total:
            return
        if now - self._asked >= ASK_SECONDS and done:
            self._asked = now
            wanted = math.ceil(max(self._total - done, 0) * requests / done)
            self._until = self.limits.allowance().until(wanted, datetime.now(UTC))
        self.tell(Progress(self.of, self.doing, done, self._began, self._total, self.is_guess, self._until))
