"""Entering what a company of Coperniq has already, so that rows update it, refer to it, and are compared with it.

What belongs here: reading its records page by page. What does not: SQL (`adoptions`), and single parents that rows
name (`searching`). Nothing is written in Coperniq.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.catalogue import TYPES
from assets.coperniq import adoptions, companies, findings, lookup, reading, store, unsettled
from assets.coperniq.deliver import Delivery
from assets.coperniq.gauge import Gauge
from assets.coperniq.store import Scope
from assets.counting import counted
from assets.errors import PipelineError
from assets.progress import nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection

    from assets.coperniq.replies import Reply
    from assets.coperniq.transport import Transport
    from assets.leases import Lease
    from assets.progress import Tell


@dataclass(slots=True)
class Adopted:
    """What was done of a type.

    Attributes:
        read: Records that Coperniq has.
        new: Those of them that were not known before.
        requests: How many were made.
        stopped: Why it ended early, if it did.
        missing: Why there is nothing of the type to be read by this transport, and what to do; None where there is.
    """

    read: int = 0
    new: int = 0
    requests: int = 0
    stopped: str | None = None
    missing: str | None = None


class AdoptionError(PipelineError):
    """Say why a company is not read; nothing of it was entered."""


@dataclass
class Adoption:
    """Enters the records of a contractor's company.

    Args:
        conn: Of the holder of the contractor's lease, for a short transaction a page.
        client: For the company.
        lease: On the contractor, whose the records are from then on.
        by: Who enters them, for the audit log.
        say: Takes what is said of settling earlier requests, a line at a time.
        tell: Is told how far it is.
        sleep: Waits for seconds.
    """

    conn: Connection[Any]
    client: Transport
    lease: Lease
    by: str
    say: Callable[[str], None]
    tell: Tell = nobody
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> dict[str, Adopted]:
        """Read every record, and enter those that nobody here knows; return what was done, by type.

        Parents come before children, whose keys are made of theirs: so what stops a type on the way, a used-up quota
        for one, ends it all, and well: what was read is entered. What was entered of another company before, and never
        sent, is forgotten.

        Raises:
            AdoptionError: When other contractors have records in the company, this one's are in another, or one of its
                records may be there without anybody's knowing its id.
            KeyRefused: When Coperniq refuses the key.
        """
        self._require_own()
        scopes = [Scope(self.lease.contractor_id, one) for one in TYPES]
        for scope in scopes:
            self._settle(scope)
        with self.conn.transaction():
            adoptions.forget_adopted(self.conn, self.lease.contractor_id, self.client.company)
        done: dict[str, Adopted] = {}
        for scope in scopes:
            missing = self.client.missing(scope.record_type)
            done[scope.record_type.name] = adopted = Adopted(missing=missing) if missing else self._read(scope)
            if adopted.stopped is not None:
                break
        return done

    def _require_own(self) -> None:
        contractor, company = self.lease.contractor_id, self.client.company
        problem = companies.sent_elsewhere(self.conn, contractor, company) or companies.neighbour(
            self.conn, contractor, company
        )
        if problem is not None:
            raise AdoptionError(problem)

    def _settle(self, scope: Scope) -> None:
        """Find out first what became of open requests: entered under its id, what one made would not be known as such.

        Raises:
            AdoptionError: When that cannot be found out.
        """
        if not unsettled.count(self.conn, scope):
            return
        delivery = Delivery(
            self.conn, self.client, self.lease, scope, self.by, self.say, sleep=self.sleep, tell=self.tell
        )
        stopped = delivery.settle().stopped
        doubtful = unsettled.count(self.conn, scope)
        if doubtful:
            of = counted(
                doubtful, f"{scope.record_type.name} that was sent", f"{scope.record_type.name}s that were sent"
            )
            remedy = f"{stopped} Call it again." if stopped else "`mep resolve` lists them."
            raise AdoptionError(f"It is not known whether Coperniq has {of}. {remedy}")

    def _read(self, scope: Scope) -> Adopted:
        done = Adopted()
        gauge = Gauge(
            scope.record_type.name, "read", self.client.wire.limits, self.tell,
            lambda read: max(findings.count_believed(self.conn, scope), read), is_guess=True,
        )  # fmt: skip
        for reply in reading.pages(self.client, scope.record_type, {}, self.sleep):
            nodes: list[lookup.Node] = reply.data["nodes"] if reply.data is not None else []
            done.new += self._enter(scope, reply, [lookup.found(scope.record_type, node) for node in nodes])
            done.read += len(nodes)
            done.requests += reply.on_wire
            had = f"{counted(done.read, 'record')} had been read: call it again."
            done.stopped = f"{reply.message} {had}" if reply.data is None else None
            gauge.at(done.read, done.requests)
        return done

    def _enter(self, scope: Scope, reply: Reply, found: Sequence[lookup.Found]) -> int:
        """Enter what a page has and is not known; return how many that were. What is known by a row stays as it is."""
        ids, values = [one.id for one in found], [one.values for one in found]
        with self.conn.transaction():
            if reply.on_wire:
                store.log(
                    self.conn, scope, "sync_check", reply, csv_import_id=None,
                    processed=len(found), successful=len(found), failed=0, by=self.by,
                )  # fmt: skip
            anew = adoptions.let_go(self.conn, scope, ids, values)
            known = store.known_ids(self.conn, scope, ids)
            entered = [
                one.id
                for one in found
                if one.id not in known
                and adoptions.adopt(self.conn, scope, self.client.company, one.id, one.values, one.names)
            ]
        return len(set(entered) - anew)
