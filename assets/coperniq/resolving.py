"""Settling what sending could not settle: by another look-up, or by what a person says and Coperniq does not deny.

What belongs here: the order of things; nothing is created from here. What does not: SQL (`unsettled`, `claims`), and
which answer is which record (`lookup`).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.coperniq import claims, lookup, outcomes, store, unsettled
from assets.coperniq.recording import Recorder
from assets.coperniq.replies import Outcome
from assets.coperniq.searching import Search
from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.claims import Claimed
    from assets.coperniq.replies import Reply
    from assets.coperniq.store import Scope
    from assets.coperniq.transport import Transport
    from assets.leases import Lease


class ResolveError(PipelineError):
    """Say why a record was not settled; nothing was changed."""


@dataclass
class Resolving:
    """Settles records of one scope.

    Args:
        conn: For short transactions of its own.
        client: For the company that the records may be in.
        lease: On the contractor.
        scope: Whose records of which type.
        by: Who settles, for the audit log and the rows.
    """

    conn: Connection[Any]
    client: Transport
    lease: Lease
    scope: Scope
    by: str
    _recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        """Write as sending does."""
        self._recorder = Recorder(self.conn, self.scope, self.client.company, self.by)

    def look_up(self, ids: Sequence[UUID]) -> None:
        """Look records up again; those that are still in doubt stay as they are.

        Raises:
            ResolveError: When Coperniq does not answer.
        """
        for start in range(0, len(ids), lookup.ALTERNATIVES):
            with self._transaction():
                taken = claims.take_up(self.conn, self.scope, ids[start : start + lookup.ALTERNATIVES])
            if taken:
                self._search(taken)

    def sent(self, record_id: UUID, coperniq_id: str) -> list[str]:
        """Write that Coperniq has a record by an id; return the fields that it has otherwise than they were sent.

        Raises:
            ResolveError: When it does not, or the id is another record's.
        """
        *before, last = self.client.find(self.scope.record_type, {"ids": [coperniq_id]})
        self._require(last)
        pages = [reply.data["nodes"] for reply in (*before, last) if reply.data]
        found = [node for nodes in pages for node in nodes if node["id"] == coperniq_id]
        with self._transaction():
            taken = claims.take_up(self.conn, self.scope, [record_id])
            known = store.known_ids(self.conn, self.scope, [coperniq_id])
            if found and not known and taken:
                self._recorder.succeed([(taken[0], coperniq_id)])
            elif found and not known:
                unsettled.settle_without_row(self.conn, record_id, coperniq_id)
            for reply in before:
                self._recorder.log(reply, "sync_check", taken)
            self._recorder.log(last, "sync_check", taken, processed=1, successful=int(bool(found) and not known))
        if not found:
            raise ResolveError(f"Coperniq has no {self.scope.record_type.name} {coperniq_id}: nothing was changed.")
        if known:
            raise ResolveError(f"{coperniq_id} is another record's id already: nothing was changed.")
        return sorted(lookup.differing(found[0], taken[0].data)) if taken else []

    def not_sent(self, record_id: UUID) -> str | None:
        """Write that a record is not in Coperniq, so that it is sent again; return its id where it is found there.

        Raises:
            ResolveError: When Coperniq does not answer.
        """
        with self._transaction():
            taken = claims.take_up(self.conn, self.scope, [record_id])
            if not taken:
                unsettled.settle_without_row(self.conn, record_id, None)
                return None
        self._search(taken)
        state, coperniq_id = unsettled.state(self.conn, record_id) or ("", None)
        if state == "unknown":
            with self._transaction():
                outcomes.release(self.conn, taken)
                unsettled.remark(self.conn, taken[0].row_id, f"{self.by} said that Coperniq does not have it.")
        return coperniq_id

    def _search(self, taken: Sequence[Claimed]) -> None:
        search = Search(self.conn, self.client, self.scope, self._recorder, self._transaction)
        self._require(search.settle(taken))

    def _require(self, reply: Reply) -> None:
        if reply.outcome is not Outcome.DONE:
            raise ResolveError(f"{reply.message} Nothing was settled: try again later.")

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None, None, None]:
        with self.conn.transaction():
            self.lease.require(self.conn)
            yield
            store.refresh_imports(self.conn, self.scope)
