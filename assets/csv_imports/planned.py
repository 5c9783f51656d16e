"""What an import that follows a plan is held to.

What belongs here: what imports ask of plans. What does not: plans, which know imports (`assets.planning`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from assets.errors import PipelineError

if TYPE_CHECKING:
    from psycopg import Connection

    from assets.contractors.store import Contractor
    from assets.csv_imports.inbox import Inbox


class PlanMoved(PipelineError):
    """Say what is not as it was planned any more, a line for each thing."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The files of a plan: the SHA-256 of each content, by where it lies, in the order in which they are read.

    `retry` is as for `registering.register_files`.
    """

    files: dict[str, str]
    retry: bool


class Plans(Protocol):
    """Where plans are kept."""

    def require(self, conn: Connection[Any], contractor: Contractor, inbox: Inbox, plan_id: str) -> Planned:
        """Return what a plan imports, while everything that it rests on is as it was.

        Raises:
            PlanMoved: Where it is not.
        """
        ...
