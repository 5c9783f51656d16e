"""A moment and ids that are the same in every run."""

from datetime import UTC, datetime
from uuid import UUID

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def uuid(number: int, kind: int) -> UUID:
    """Return the UUID that stands for a number of a kind."""
    return UUID(int=kind << 64 | number)
