"""Sending one type of one contractor's records to Coperniq, effectively once.

The order of things is the guarantee: the intent is committed before a request leaves, the outcome after. What an
earlier sending left open is looked up in Coperniq before anything is sent. What belongs here: that order, and what to
do about each outcome. What does not: HTTP (`client`), what replies mean (`replies`), SQL (`store`).

The caller holds the contractor's lock, so an open claim that is found here belongs to a run that is dead or has lost
it.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.coperniq import lookup, store
from assets.coperniq.quality import score
from assets.coperniq.replies import Outcome, Reply, Result
from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection

    from assets.coperniq.store import Claimed, Scope
    from assets.coperniq.transport import Transport

BATCH = 100
"""Inputs of one mutation; the contract allows no more."""
ATTEMPTS = 4
"""Requests in a row that may fail before the rest of the records is left to the next run."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
TOO_LARGE = ("MAX_BATCH_EXCEEDED", "HTTP_413")
"""Refusals that speak of the size of a request: larger ones are not tried again."""
SETTLE_SECONDS = 5.0
"""From noticing an open request to looking for what it wrote: it may be under way until then."""


class KeyRefused(PipelineError):
    """Coperniq refuses the API key; nothing was sent."""


@dataclass(slots=True)
class Delivered:
    """What a sending did: records `created`, `updated`, `rejected`, and why it stopped early, if it did."""

    records: Counter[str] = field(default_factory=Counter[str])
    requests: int = 0
    stopped: str | None = None


@dataclass
class Delivery:
    """Sends the records of one scope.

    Args:
        conn: For short transactions of its own.
        client: For the company that the records go to.
        scope: Whose records of which type.
        by: Who sends, for the audit log.
        say: Takes progress, a line at a time.
        sleep: Waits for seconds.
        settle_seconds: How long to wait before what became of an open request is looked up.
    """

    conn: Connection[Any]
    client: Transport
    scope: Scope
    by: str
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    settle_seconds: float = SETTLE_SECONDS
    _done: Delivered = field(default_factory=Delivered)
    _failures: int = 0
    _batch: int = BATCH
    _largest: int = BATCH
    _proven: bool = False

    def run(self) -> Delivered:
        """Settle what is open, find parents, send what is ready, until nothing more can be done now.

        Raises:
            KeyRefused: When Coperniq refuses the key; the records wait.
        """
        try:
            with self.conn.transaction():
                store.prepare(self.conn, self.scope, self.by)
            self._settle()
            self._find_parents()
            while self._done.stopped is None and self._send_next():
                pass
        finally:
            with self.conn.transaction():
                store.refresh_imports(self.conn, self.scope)
        return self._done

    def _find_parents(self) -> None:
        if not self.scope.record_type.references:
            return
        with self.conn.transaction():
            store.resolve(self.conn, self.scope)
            missing = store.unresolved(self.conn, self.scope)
        if missing and self._done.stopped is None and self._adopt(missing):
            with self.conn.transaction():
                store.resolve(self.conn, self.scope)

    def _adopt(self, missing: Sequence[store.Unresolved]) -> bool:
        """Look for parents that were in Coperniq before the pipeline came; say whether there were any."""
        adopted = 0
        for reply, parent, found in lookup.parents(self.client, missing):
            scope = store.Scope(self.scope.contractor_id, parent)
            self._log(reply, "sync_check", None, entity=scope)
            if reply.outcome is not Outcome.DONE:
                self._come_back(reply)
                break
            with self.conn.transaction():
                for record in found:
                    store.adopt(self.conn, scope, record.id, record.values, record.names)
            adopted += len(found)
        return adopted > 0

    def _send_next(self) -> bool:
        with self.conn.transaction():
            claimed = store.claim(self.conn, self.scope, self._batch)
        if not claimed:
            return False
        operation = "import" if claimed[0].coperniq_id is None else "update"
        inputs = [record.data for record in claimed]
        if operation == "import":
            reply = self.client.create(self.scope.record_type, inputs)
        else:
            reply = self.client.update(self.scope.record_type, [record.coperniq_id or "" for record in claimed], inputs)
        self._write(reply, claimed, operation)
        if reply.outcome is Outcome.INVALID:
            # Halved until the culprit is alone; it alone is refused, once the endpoint is known to take the rest.
            self._batch = max(1, len(claimed) // 2)
            if reply.code in TOO_LARGE:
                self._largest = self._batch
            if not self._proven:
                self._prove()
        elif reply.outcome is Outcome.DONE and len(reply.results) == len(claimed):
            self._failures = 0
            self._proven = True
            self._batch = min(self._largest, self._batch * 2)
        else:
            self._come_back(reply)
        return True

    def _write(self, reply: Reply, claimed: Sequence[Claimed], operation: str) -> None:
        """Write what a request did to each of its records, and the request itself, in one transaction."""
        done = [
            (claimed[index], result.id, self._score(claimed[index]))
            for index, result in reply.results.items()
            if result.id is not None
        ]
        refused = {
            claimed[index].id: (claimed[index], result) for index, result in reply.results.items() if result.id is None
        }
        if reply.outcome is Outcome.INVALID and self._proven and len(claimed) == 1:
            refused = {claimed[0].id: (claimed[0], Result(None, reply.code, "the request was refused"))}
        gone = [record for record, result in refused.values() if record.coperniq_id and result.is_gone]
        left = [
            record for index, record in enumerate(claimed) if index not in reply.results and record.id not in refused
        ]
        never = [] if reply.outcome in (Outcome.DONE, Outcome.OPEN) else left
        with self.conn.transaction():
            written = store.succeed(self.conn, self.scope, done, self.client.company) if done else 0
            for record, result in refused.values():
                if record not in gone:
                    store.reject(self.conn, record, f"Coperniq refused row {record.record_number}: {result.reason}")
            store.release(self.conn, gone, gone=True)
            store.release(self.conn, never)
            store.leave_open(self.conn, left)
            self._log(
                reply, operation, claimed[0], processed=len(claimed), successful=len(done),
                failed=len(refused) + len(never),
            )  # fmt: skip
        self._done.records["created" if operation == "import" else "updated"] += written
        self._done.records["rejected"] += len(refused) - len(gone)
        if done:
            self.say(f"{self.scope.record_type.name}: {sum(self._done.records.values()):,} records answered")

    def _prove(self) -> None:
        """Ask for nothing: an endpoint that refuses even that is not the one that the operation documents are for."""
        reply = next(self.client.find(self.scope.record_type, {"ids": []}))
        self._log(reply, "sync_check", None)
        if reply.outcome is Outcome.INVALID:
            self._stop(reply)
        elif reply.outcome is Outcome.DONE:
            self._proven = True
        else:
            self._come_back(reply)

    def _settle(self) -> None:
        """Find out what became of requests whose outcome is open, and write it."""
        waited = False
        while self._done.stopped is None:
            with self.conn.transaction():
                taken = store.take_over(self.conn, self.scope, BATCH)
            if not taken:
                return
            if not waited:
                self.say(f"{self.scope.record_type.name}: finding out what became of an interrupted request")
                self.sleep(self.settle_seconds)
                waited = True
            with self.conn.transaction():
                # The same update twice leaves the same record.
                store.release(self.conn, [record for record in taken if record.coperniq_id is not None])
            creates = [record for record in taken if record.coperniq_id is None]
            if creates:
                self._look_up(creates)

    def _look_up(self, creates: Sequence[Claimed]) -> None:
        replies, found = lookup.sent(self.client, self.scope.record_type, creates)
        *before, last = replies
        for reply in before:
            self._log(reply, "sync_check", creates[0])
        if last.outcome is not Outcome.DONE:
            self._log(last, "sync_check", creates[0], processed=len(creates))
            if last.outcome is Outcome.INVALID:
                self._stop(last)
            else:
                self._come_back(last)
            return
        with self.conn.transaction():
            known = store.known_ids(self.conn, self.scope, [node["id"] for nodes in found for node in nodes])
            settled, absent, doubtful = lookup.settle(self.scope.record_type, creates, found, known)
            done = [(record, identifier, self._score(record)) for record, identifier in settled]
            if done:
                written = store.succeed(self.conn, self.scope, done, self.client.company)
                self._done.records["created"] += written
            store.release(self.conn, absent)
            store.leave_unknown(self.conn, doubtful)
            self._log(last, "sync_check", creates[0], processed=len(creates), successful=len(done))

    def _come_back(self, reply: Reply) -> None:
        """After a failed request: stop at once, stop after too many, or wait before the next."""
        if reply.outcome is Outcome.UNAUTHORISED:
            raise KeyRefused(
                f"Coperniq refuses the API key ({reply.code}): set COPERNIQ_API_KEY to a valid one; the records wait."
            )
        self._failures += 1
        pause = FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
        pause = max(pause, reply.retry_after or 0.0)
        if self._failures >= ATTEMPTS or pause > LONGEST_PAUSE_SECONDS:
            self._stop(reply)
            return
        self.sleep(pause)
        self._settle()

    def _stop(self, reply: Reply) -> None:
        later = f" It asks to wait for {reply.retry_after:,.0f} seconds." if reply.retry_after else ""
        said = reply.message or "Coperniq left records unanswered."
        self._done.stopped = f"{said}{later} The records wait for the next run."
        self.say(self._done.stopped)

    def _score(self, record: Claimed) -> float:
        return score(self.scope.record_type, record.data, repaired=record.repaired)

    def _log(
        self, reply: Reply, operation: str, about: Claimed | None, *, entity: Scope | None = None, processed: int = 0,
        successful: int = 0, failed: int = 0,
    ) -> None:  # fmt: skip
        self._done.requests += 1
        store.log(
            self.conn, entity or self.scope, operation, reply, csv_import_id=about.csv_import_id if about else None,
            processed=processed, successful=successful, failed=failed, by=self.by,
        )  # fmt: skip
