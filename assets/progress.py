"""How far a piece of work is, in numbers: for a bar, for a line of a log, for an observation in Dagster.

What belongs here: the numbers and their wording. What does not: counting, which is the work's own, and showing
(`observing` shows them in Dagster, `orchestration.screen` on a terminal).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.counting import counted
from assets.leases import in_words

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work is. Holds no value of any row.

    Attributes:
        of: What is worked on: the name of a file or of a type.
        doing: What is done with its records, such as `read`.
        done: Records so far.
        began: When, by `time.monotonic`.
        total: Records in all; None where nobody knows.
        is_guess: Whether the total is one.
        until: When it ends, where a day's requests run out before: then no speed says it.
    """

    of: str
    doing: str
    done: int
    began: float
    total: int | None = None
    is_guess: bool = False
    until: datetime | None = None

    @property
    def per_second(self) -> float:
        """Records a second, since the beginning."""
        return self.done / max(time.monotonic() - self.began, 0.001)

    @property
    def seconds_left(self) -> int | None:
        """How long it goes on at this speed; None where nobody knows, or a quota decides."""
        if self.total is None or not self.done or self.until is not None:
            return None
        return math.ceil(max(self.total - self.done, 0) / self.per_second)

    @property
    def counts(self) -> str:
        """How many records are done, of how many."""
        of = "" if self.total is None else f" of {'about ' if self.is_guess else ''}{max(self.total, self.done):,}"
        return f"{self.done:,}{of} records {self.doing}"

    @property
    def pace(self) -> str:
        """How fast it goes, and when it ends."""
        return ", ".join(filter(None, [f"{self.per_second:,.0f} a second", self._ending()]))

    def _ending(self) -> str:
        if self.until is not None:
            return f"the day's requests run out: until about {in_words(self.until)}"
        left = self.seconds_left
        if not left:
            return ""
        return f"{counted(left, 'second') if left < 120 else counted(math.ceil(left / 60), 'minute')} left"

    def __str__(self) -> str:
        """Say all of it in a line."""
        return f"{self.of}: {self.counts}, {self.pace}"


Tell = Callable[[Progress], None]
"""Takes progress, as often as there is any; whoever shows it decides how often that is."""


def nobody(_: Progress) -> None:
    """Take progress that nobody looks at."""
