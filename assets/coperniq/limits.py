"""The limits of an API key: requests a second and requests in a day.

What belongs here: whose turn it is. What does not: HTTP (`wire`), and what to do when the day is used up (`deliver`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Limits(Protocol):
    """Limits that all users of a key keep together. For several threads at once."""

    def take(self) -> datetime | None:
        """Take one request's turn, waiting until it comes.

        Returns:
            None when the request may leave now. When the day's requests are used up: the time at which one is free
            again; nothing was taken.
        """
        ...


class Unlimited:
    """No limits."""

    def take(self) -> datetime | None:
        """Let every request leave at once."""
        return None
