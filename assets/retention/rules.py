"""How long things are kept: pure rules of time.

What belongs here: which moment divides what goes from what stays, and how much goes at once. What does not: finding and
removing it (`store`, `clearing`; Dagster's own runs: `orchestration.retention`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_RUNS = 100_000
MOST_FILES = 50_000
MOST_ENTRIES = 500_000
"""What goes in one run at most: what is older still goes in the next."""
ENTRIES_AT_ONCE = 10_000
"""Of the audit log, in one transaction."""
YOUNGEST_DAYS = 30
"""Nothing that is younger goes: the settings take no less, and the database holds the audit log to it."""
MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many days each kind of thing is kept; 0 is for ever.

    Attributes:
        events: Dagster's finished runs, with their events and logs.
        files: Files of the inbox, after their import was complete.
        log: Entries of `coperniq_sync_log`.
    """

    events: int
    files: int
    log: int

    @property
    def for_ever(self) -> bool:
        """Say whether nothing goes at all."""
        return not (self.events or self.files or self.log)


def limit(days: int, now: datetime) -> datetime | None:
    """Return the moment before which things go; None where they are kept for ever."""
    return now - timedelta(days=days) if days else None
