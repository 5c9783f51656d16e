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
from assets.coperniq.replies import Outcome, Reply
from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection

    from assets.coperniq.client import CoperniqClient
    from assets.coperniq.store import Claimed, Scope

BATCH = 100
"""Inputs of one mutation; the contract allows no more."""
ATTEMPTS = 4
"""Requests in a row that may fail before the rest of the records is left to the next run."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
SETTLE_SECONDS = 5.0
"""Age of an intent before its absence from Coperniq counts: a dead run's request may be under way until then."""


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
    """

    conn: Connection[Any]
    client: CoperniqClient
    scope: Scope
    by: str
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    _done: Delivered = field(default_factory=Delivered)
    _failures: int = 0

    def run(self) -> Delivered:
        """Settle what is open, find parents, send what is ready, until nothing more can be done now.

        Raises:
            KeyRefused: When Coperniq refuses the key; the records wait.
        """
        try:
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
            self._log(reply, "sync_check", None, 0, 0, 0)
            if reply.outcome is not Outcome.DONE:
                self._stop_or_pause(reply)
                break
            scope = store.Scope(self.scope.contractor_id, parent)
            with self.conn.transaction():
                for record in found:
                    store.adopt(self.conn, scope, record.id, record.values, record.names)
            adopted += len(found)
        return adopted > 0

    def _send_next(self) -> bool:
        with self.conn.transaction():
            claimed = store.claim(self.conn, self.scope, BATCH)
        if not claimed:
            return False
        self._send(claimed)
        return True

    def _send(self, claimed: Sequence[Claimed]) -> None:
        """Send claimed records and write the outcome; a refused request is halved until its culprit is alone."""
        creates = claimed[0].coperniq_id is None
        inputs = [record.data for record in claimed]
        if creates:
            reply = self.client.create(self.scope.record_type, inputs)
        else:
            reply = self.client.update(self.scope.record_type, [record.coperniq_id or "" for record in claimed], inputs)
        self._write(reply, claimed, "import" if creates else "update")
        if reply.outcome is Outcome.INVALID and len(claimed) > 1:
            middle = len(claimed) // 2
            self._send(claimed[:middle])
            self._send(claimed[middle:])
        elif reply.outcome is Outcome.DONE:
            self._failures = 0
            if len(reply.results) < len(claimed):
                self._settle()
        else:
            self._stop_or_pause(reply)

    def _write(self, reply: Reply, claimed: Sequence[Claimed], operation: str) -> None:
        done = [
            (record, result.id, score(self.scope.record_type, record.data, repaired=record.repaired))
            for index, record in enumerate(claimed)
            if (result := reply.results.get(index)) is not None and result.id is not None
        ]
        refused = [
            (claimed[index], f"{result.message or 'no reason given'} ({result.code})")
            for index, result in reply.results.items()
            if result.id is None
        ]
        if reply.outcome is Outcome.INVALID and len(claimed) == 1:
            refused = [(claimed[0], f"{reply.message} ({reply.code})")]
        with self.conn.transaction():
            written = store.succeed(self.conn, self.scope, done, self.client.company_id) if done else 0
            for record, why in refused:
                reason = f"Coperniq refused row {record.record_number}: {why} Correct it and send the file again."
                store.reject(self.conn, record, reason)
            if reply.outcome in (Outcome.THROTTLED, Outcome.NOT_CARRIED_OUT, Outcome.UNAUTHORISED):
                store.release(self.conn, claimed)
            surely_failed = len(refused) if reply.outcome in (Outcome.DONE, Outcome.OPEN) else len(claimed)
            self._log(reply, operation, claimed[0], len(claimed), len(done), surely_failed)
        self._done.records["created" if operation == "import" else "updated"] += written
        self._done.records["rejected"] += len(refused)
        if done:
            self.say(f"{self.scope.record_type.name}: {sum(self._done.records.values()):,} records answered")

    def _settle(self) -> None:
        """Find out what became of requests whose outcome is open, and write it."""
        while self._done.stopped is None:
            with self.conn.transaction():
                taken = store.take_over(self.conn, self.scope, BATCH)
            if not taken:
                return
            updates = [record for record in taken if record.coperniq_id is not None]
            creates = [record for record in taken if record.coperniq_id is None]
            with self.conn.transaction():
                # The same update twice leaves the same record.
                store.release(self.conn, updates)
            if creates:
                self._look_up(creates)

    def _look_up(self, creates: Sequence[Claimed]) -> None:
        self.say(f"{self.scope.record_type.name}: looking up {len(creates)} records whose sending was interrupted")
        age = time.time() - max(record.claimed_at for record in creates).timestamp()
        if age < SETTLE_SECONDS:
            self.sleep(SETTLE_SECONDS - max(age, 0.0))
        replies, found = lookup.sent(self.client, self.scope.record_type, creates)
        failure = next((reply for reply in replies if reply.outcome is not Outcome.DONE), None)
        if failure is not None:
            self._log(failure, "sync_check", creates[0], len(creates), 0, 0)
            self._stop_or_pause(failure)
            return
        with self.conn.transaction():
            known = store.known_ids(self.conn, self.scope, [node["id"] for nodes in found for node in nodes])
            settled, absent, doubtful = lookup.settle(creates, found, known)
            done = [
                (record, identifier, score(self.scope.record_type, record.data, repaired=record.repaired))
                for record, identifier in settled
            ]
            if done:
                written = store.succeed(self.conn, self.scope, done, self.client.company_id)
                self._done.records["created"] += written
            store.release(self.conn, absent)
            store.leave_unknown(self.conn, doubtful)
            for reply in replies:
                self._log(reply, "sync_check", creates[0], len(creates), len(settled), 0)

    def _stop_or_pause(self, reply: Reply) -> None:
        """After a failed request: stop at once, stop after too many, or wait before the next."""
        if reply.outcome is Outcome.UNAUTHORISED:
            raise KeyRefused(
                f"Coperniq refuses the API key ({reply.code}): set COPERNIQ_API_KEY to a valid one; the records wait."
            )
        if reply.outcome is Outcome.INVALID:
            return
        self._failures += 1
        if self._failures >= ATTEMPTS:
            self._done.stopped = f"{reply.message or 'Coperniq does not answer.'} The records wait for the next run."
            self.say(self._done.stopped)
            return
        pause = FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
        self.sleep(min(max(pause, reply.retry_after or 0.0), LONGEST_PAUSE_SECONDS))
        if reply.outcome is Outcome.OPEN:
            self._settle()

    def _log(
        self, reply: Reply, operation: str, about: Claimed | None, processed: int, successful: int, failed: int
    ) -> None:
        self._done.requests += 1
        store.log(
            self.conn, self.scope, operation, reply, csv_import_id=about.csv_import_id if about else None,
            processed=processed, successful=successful, failed=failed, by=self.by,
        )  # fmt: skip
