"""Comparing what is in Coperniq with what the pipeline believes: missing, changed there, unknown to us.

What belongs here: reading a type's records page by page, and judging each. What does not: SQL (`findings`). Nothing is
written in Coperniq and no delivery state changes, so a comparison needs no lease and may run beside any import.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from assets.coperniq import companies, findings, lookup, reading, store
from assets.coperniq.findings import Finding, Kind
from assets.coperniq.gauge import Gauge
from assets.counting import counted
from assets.progress import nobody

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.replies import Reply
    from assets.coperniq.store import Scope
    from assets.coperniq.transport import Transport
    from assets.progress import Tell


@dataclass(slots=True)
class Checked:
    """What a comparison did: records read, requests made, and why it stopped before the end, if it did."""

    read: int = 0
    requests: int = 0
    stopped: str | None = None


@dataclass
class Check:
    """Compares the records of one scope.

    Args:
        conn: For a short transaction a page.
        client: For the company that the records are in.
        scope: Whose records of which type.
        by: Who compares, for the audit log.
        tell: Is told how far it is.
        sleep: Waits for seconds.
    """

    conn: Connection[Any]
    client: Transport
    scope: Scope
    by: str
    tell: Tell = nobody
    sleep: Callable[[float], None] = time.sleep
    _done: Checked = field(default_factory=Checked)

    def __post_init__(self) -> None:
        """Expect to read what was sent; there may be more."""
        self._gauge = Gauge(
            self.scope.record_type.name, "compared", self.client.wire.limits, self.tell, self._count, is_guess=True
        )

    def run(self) -> Checked:
        """Read every record of the type and write down where the two disagree.

        What stops it on the way, a used-up quota for one, ends it well: what was read is judged, and nothing is called
        missing because it was not read. Nothing is read of another company than the records were sent to.

        Raises:
            KeyRefused: When Coperniq refuses the key.
        """
        self._done.stopped = self.client.missing(self.scope.record_type) or companies.problem(
            self.conn, self.scope, self.client.company
        )
        if self._done.stopped is not None:
            return self._done
        check, since = uuid4(), store.clock(self.conn)
        try:
            for reply in reading.pages(self.client, self.scope.record_type, {}, self.sleep):
                self._done.requests += reply.on_wire
                self._compare(check, since, reply)
            with self.conn.transaction():
                findings.conclude(self.conn, self.scope, check, since, complete=self._done.stopped is None)
        finally:
            findings.forget(self.conn, check)
        return self._done

    def _compare(self, check: UUID, since: datetime, reply: Reply) -> None:
        if reply.data is None:
            self._done.stopped = f"{reply.message} {counted(self._done.read, 'record')} had been compared."
            with self.conn.transaction():
                self._log(reply)
            return
        self._done.stopped = None
        nodes = {node["id"]: node for node in reply.data["nodes"]}
        with self.conn.transaction():
            known = {one.coperniq_id: one for one in findings.believed(self.conn, self.scope, list(nodes), since)}
            ours = [one for one in known.values() if one.contractor_id == self.scope.contractor_id]
            found = [Finding(Kind.UNKNOWN, id_) for id_ in nodes if id_ not in known]
            for one in ours:
                fields = lookup.differing(nodes[one.coperniq_id], one.sent or {})
                if fields:
                    found.append(Finding(Kind.CHANGED, one.coperniq_id, one.id, tuple(sorted(fields))))
            findings.note(self.conn, self.scope, check, list(nodes), [one.id for one in ours], found)
            self._log(reply, processed=len(nodes), differing=len(found))
        self._done.read += len(nodes)
        self._gauge.at(self._done.read, self._done.requests)

    def _count(self, done: int) -> int:
        return max(findings.count_believed(self.conn, self.scope), done)

    def _log(self, reply: Reply, *, processed: int = 0, differing: int = 0) -> None:
        if reply.on_wire:
            store.log(
                self.conn, self.scope, "sync_check", reply, csv_import_id=None,
                processed=processed, successful=processed - differing, failed=differing, by=self.by,
            )  # fmt: skip
