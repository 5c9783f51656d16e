"""What can happen to a run while a request is under way: it is killed, interrupted, overtaken or crossed.

What belongs here: a client that is watched, and what befalls it. What does not: what Coperniq does to a request, which
the sandbox's script of faults says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from assets.coperniq.client import CoperniqClient
from assets.leases import Lease

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from assets.coperniq.replies import Reply
    from assets.record_types import RecordType

INTENDED = """
SELECT c.coperniq_id, r.mapped_data || c.parent_ids
FROM coperniq_records AS c INNER JOIN csv_import_records AS r ON c.claimed_record_id = r.id
WHERE c.contractor_config_id = %s AND c.coperniq_type = %s AND c.state = 'in_flight' AND c.claim_id IS NOT NULL
"""


class Died(BaseException):
    """The process is no more, as far as it knows."""


class Fate(StrEnum):
    """What befalls a run."""

    KILLED = "killed"
    """Nothing is written any more."""
    INTERRUPTED = "interrupted"
    """One answer is lost; what other requests did is still written."""
    TAKEN_OVER = "taken over"
    """It sleeps until another run has done its work, and goes on."""
    CROSSED = "crossed"
    """Somebody makes or changes one of the request's records by hand, with other values; n counts creates."""
    FORESTALLED = "forestalled"
    """One of the request's records has been there for long, as somebody made it by hand; n counts creates."""


BY_HAND = {Fate.CROSSED, Fate.FORESTALLED}


@dataclass(frozen=True, slots=True)
class Mishap:
    """What befalls a run, and when: before its n-th request leaves, or when the answer is there and not yet read."""

    fate: Fate
    request: int
    answered: bool


@dataclass
class MortalLease(Lease):
    """A lease whose holder may be dead: then no transaction of it gets further than asking for the lease."""

    dead: bool = field(default=False, init=False)

    def require(self, conn: psycopg.Connection[Any]) -> None:
        if self.dead:
            raise Died
        super().require(conn)


@dataclass
class WatchedClient(CoperniqClient):
    """A client that sends nothing whose intent is not written down, and that a mishap may befall.

    Attributes:
        conn: Sees what others have committed.
        lease: Of the run.
        mishap: What befalls the run.
        meanwhile: Does what somebody else does in a mishap, given what the request asks for.
        befell: Whether it did.
    """

    conn: psycopg.Connection[Any] = field(kw_only=True)
    lease: MortalLease = field(kw_only=True)
    mishap: Mishap | None = field(kw_only=True, default=None)
    meanwhile: Callable[[Fate, dict[str, Any]], None] = field(kw_only=True)
    befell: bool = field(default=False, init=False)
    _requests: int = field(default=0, init=False)

    def _ask(self, record_type: RecordType, operation: str, expected: int, variables: dict[str, Any]) -> Reply:
        if operation == "Create" or self.mishap is None or self.mishap.fate not in BY_HAND:
            self._requests += 1
        if operation != "Find" and self.lease.holds():
            self._is_intended(record_type, operation, variables)
        self._befall(variables, answered=False)
        reply = super()._ask(record_type, operation, expected, variables)
        self._befall(variables, answered=True)
        return reply

    def _is_intended(self, record_type: RecordType, operation: str, variables: dict[str, Any]) -> None:
        rows = self.conn.execute(INTENDED, [self.lease.contractor_id, record_type.name]).fetchall()
        match operation:
            case "Create":
                intended, asked = [data for id_, data in rows if id_ is None], variables["input"]
            case "Update":
                intended, asked = rows, list(zip(variables["ids"], variables["input"], strict=True))
            case _:
                intended, asked = [id_ for id_, _ in rows], variables["ids"]
        assert all(one in intended for one in asked), f"{operation}: not written down"

    def _befall(self, variables: dict[str, Any], *, answered: bool) -> None:
        if self.lease.dead:
            raise Died
        if self.befell or self.mishap is None:
            return
        if (self.mishap.request, self.mishap.answered) != (self._requests, answered):
            return
        self.befell = True
        match self.mishap.fate:
            case Fate.TAKEN_OVER:
                # Nobody can take a lease whose holder may still believe in it.
                self.lease.deadline = 0.0
                self.meanwhile(self.mishap.fate, variables)
            case Fate.CROSSED | Fate.FORESTALLED:
                self.meanwhile(self.mishap.fate, variables)
            case _:
                self.lease.dead = self.mishap.fate is Fate.KILLED
                raise Died
