"""Sending one type of one contractor's records to Coperniq, effectively once.

The order of things is the guarantee: the intent is committed before a request leaves, the outcome after. What an
earlier sending left open is looked up in Coperniq before anything is sent. One thread claims, writes and decides;
others only carry requests (`senders`). What belongs here: that order, and what to do about each outcome. What does not:
HTTP (`client`), what replies mean (`replies`) and what is written of them (`recording`), SQL (`store`, `claims`).

The caller holds the contractor's lease, so an open claim that is found here belongs to a run that is dead or has lost
it; and whoever has lost it writes nothing, because every transaction asks for it first.
"""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from assets.coperniq import claims, lookup, store
from assets.coperniq.recording import Delivered, Recorder
from assets.coperniq.replies import LONGEST_PAUSE_SECONDS, Outcome, Reply
from assets.coperniq.searching import Search
from assets.coperniq.senders import CALLED_OFF, THREADS, Answer, Senders
from assets.errors import PipelineError
from assets.leases import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.claims import Claimed
    from assets.coperniq.store import Scope
    from assets.coperniq.transport import Transport
    from assets.leases import Lease

ATTEMPTS = 4
"""Requests in a row that may fail before the rest of the records is left to the next run."""
FIRST_PAUSE_SECONDS = 0.5
TOO_LARGE = ("MAX_BATCH_EXCEEDED", "HTTP_413")
"""Refusals that speak of the size of a request: larger ones are not tried again."""
SETTLE_SECONDS = 5.0
"""From noticing an open request to looking for what it wrote: it may be under way until then."""
GRACE_SECONDS = 10.0
"""How long a run that is interrupted waits for the requests that are under way."""
SAY_SECONDS = 5.0


class KeyRefused(PipelineError):
    """Coperniq refuses the API key; nothing was sent."""


@dataclass
class Delivery:
    """Sends the records of one scope.

    Args:
        conn: For short transactions of its own.
        client: For the company that the records go to.
        lease: On the contractor.
        scope: Whose records of which type.
        by: Who sends, for the audit log.
        say: Takes progress, a line at a time.
        sleep: Waits for seconds.
        chance: Gives numbers from 0 to 1.
        settle_seconds: How long to wait before what became of an open request is looked up.
        threads: How many requests may be under way at once.
    """

    conn: Connection[Any]
    client: Transport
    lease: Lease
    scope: Scope
    by: str
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    settle_seconds: float = SETTLE_SECONDS
    threads: int = THREADS
    _failures: int = field(default=0, init=False)
    _proven: bool = field(default=False, init=False)
    _steady: bool = field(default=False, init=False)
    _undoing: bool = field(default=False, init=False)
    _begin: claims.Place = field(default=claims.FIRST, init=False)
    _said: float = field(default_factory=time.monotonic, init=False)

    def __post_init__(self) -> None:
        """Begin with batches of the size that the transport allows."""
        self._batch = self._largest = self.client.batch
        self._recorder = Recorder(self.conn, self.scope, self.client.company, self.by)
        self._search = Search(self.conn, self.client, self.scope, self._recorder, self._transaction)
        self._done = self._recorder.done

    def run(self) -> Delivered:
        """Settle what is open, find parents, send what is ready, until nothing more can be done now.

        What a rollback marked is not sent: it is looked at again before it is deleted.

        Raises:
            KeyRefused: When Coperniq refuses the key; the records wait.
            LeaseLost: When another run has taken the contractor over; nothing was written since.
        """
        with self._settled():
            self._find_parents()
            self._done.stopped = self._done.stopped or self.client.missing(self.scope.record_type)
            self._send()
        return self._done

    def settle(self) -> Delivered:
        """Find out what became of requests whose outcome is open, and send nothing; raises what `run` does."""
        with self._settled():
            return self._done

    def delete(self, ids: Sequence[UUID]) -> Delivered:
        """Delete records from Coperniq, and send nothing else; raises what `run` does.

        Args:
            ids: Of rows of `coperniq_records`; those that have something waiting are left as they are.
        """
        self._undoing = True
        with self._settled():
            with self._transaction():
                claims.undo(self.conn, self.scope, ids)
            self._send()
        return self._done

    @contextlib.contextmanager
    def _settled(self) -> Generator[None, None, None]:
        """Leave nothing open before the work, and say how far imports are after it."""
        try:
            with self._transaction():
                store.prepare(self.conn, self.scope, self.by)
            with self.client.wire.guarded(self.lease.holds):
                self._settle()
                yield
        finally:
            with self._transaction():
                store.refresh_imports(self.conn, self.scope)

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None, None, None]:
        with self.conn.transaction():
            self.lease.require(self.conn)
            yield

    def _find_parents(self) -> None:
        if not self.scope.record_type.references:
            return
        with self._transaction():
            store.resolve(self.conn, self.scope)
            missing = store.unresolved(self.conn, self.scope)
        if not missing or self._done.stopped is not None:
            return
        adopted, failed = self._search.adopt(missing)
        if failed is not None:
            self._come_back(failed)
        if adopted:
            with self._transaction():
                store.resolve(self.conn, self.scope)

    def _send(self) -> None:
        """Keep requests under way while there is something to send; one that fails holds up all others."""
        with Senders(self._request, self.threads) as senders:
            try:
                claimed = self._take_in([], senders)
                while self._done.stopped is None:
                    for batch in filter(None, claimed):
                        senders.hand_out(batch)
                    answers = senders.collect()
                    if not claimed and not answers:
                        return
                    if not all(map(_is_complete, answers)):
                        answers += senders.call_off()
                    claimed = self._take_in(answers, senders)
            except (PipelineError, psycopg.Error):
                raise
            except BaseException:
                with self._transaction():
                    self._recorder.record(senders.call_off(GRACE_SECONDS), proven=self._proven)
                raise

    def _take_in(self, answers: Sequence[Answer], senders: Senders) -> list[list[Claimed]]:
        """Write what came back, and what goes next: in one transaction, unless there is something to decide before."""
        if not all(map(_is_complete, answers)):
            self._take_in_failures(answers)
            answers = []
        if self._done.stopped is not None:
            return []
        with self._transaction():
            if answers:
                self._record(answers)
                self._steady = True
            claimed = self._claim(senders)
        self._report()
        return claimed

    def _record(self, answers: Sequence[Answer]) -> None:
        """Write what came back, and remember that Coperniq takes what is sent."""
        self._recorder.record(answers, proven=self._proven)
        if any(map(_is_complete, answers)):
            if not self._proven:
                self.lease.resume_at(self.conn, None)
            self._failures = 0
            self._proven = True
            self._batch = min(self._largest, self._batch * 2)

    def _claim(self, senders: Senders) -> list[list[Claimed]]:
        """Write down what goes next: one batch at a time, until Coperniq is known to take them as they are."""
        at_once = senders.room if self._steady and self._batch == self._largest else int(senders.idle)
        if not at_once:
            return []
        batches = self._take(at_once, self._begin)
        if not batches and senders.idle and self._begin != claims.FIRST:
            batches = self._take(at_once, claims.FIRST)
        self._begin = min(map(_place, batches), default=self._begin)
        return [self._sendable(batch) for batch in batches]

    def _take(self, at_once: int, begin: claims.Place) -> list[list[Claimed]]:
        return claims.claim(self.conn, self.scope, self._batch, at_once, begin, undoing=self._undoing)

    def _sendable(self, batch: list[Claimed]) -> list[Claimed]:
        """Reject records that the transport knows to be unsendable, before any request; return the others."""
        problems = {
            record.id: f"Row {record.record_number} cannot be sent: {problem}"
            for record in batch
            if record.operation != "delete" and (problem := self.client.problem(self.scope.record_type, record.data))
        }
        self._recorder.reject([(record, problems[record.id]) for record in batch if record.id in problems])
        return [record for record in batch if record.id not in problems]

    def _request(self, batch: Sequence[Claimed]) -> Reply:
        # In a thread that may outlive this sending: what has not left by then must not leave under another lease.
        with self.client.wire.guarded(self.lease.holds):
            return self._ask(batch)

    def _ask(self, batch: Sequence[Claimed]) -> Reply:
        ids = [record.coperniq_id or "" for record in batch]
        match batch[0].operation:
            case "import":
                return self.client.create(self.scope.record_type, [record.data for record in batch])
            case "update":
                return self.client.update(self.scope.record_type, ids, [record.data for record in batch])
            case _:
                return self.client.delete(self.scope.record_type, ids)

    def _take_in_failures(self, answers: Sequence[Answer]) -> None:
        """Write what came back, some of it not whole; nothing is under way any more. Decide how to go on."""
        with self._transaction():
            self._record(answers)
        failed = [answer for answer in answers if not _is_complete(answer) and answer.reply.code != CALLED_OFF]
        self._steady = False
        self._begin = claims.FIRST
        invalid = [answer for answer in failed if answer.reply.outcome is Outcome.INVALID]
        for answer in invalid:
            self._halve(answer)
        if len(invalid) < len(failed):
            self._come_back(max((answer.reply for answer in failed if answer not in invalid), key=_gravity))
        elif invalid and not self._proven:
            self._prove()

    def _halve(self, answer: Answer) -> None:
        """Send less at once until the culprit is alone: then it is refused, if the endpoint takes others."""
        self._batch = max(1, min(self._batch, len(answer.batch) // 2))
        if answer.reply.code in TOO_LARGE:
            self._largest = self._batch

    def _prove(self) -> None:
        """Ask for nothing: an endpoint that refuses even that is not the one that the operation documents are for."""
        reply = next(self.client.find(self.scope.record_type, {"ids": []}))
        with self._transaction():
            self._recorder.log(reply, "sync_check", None)
        if reply.outcome is Outcome.INVALID:
            self._stop(reply)
        elif reply.outcome is Outcome.DONE:
            self._proven = True
        else:
            self._come_back(reply)

    def _settle(self) -> None:
        """Find out what became of requests whose outcome is open, and write it; none is under way meanwhile."""
        waited = False
        while self._done.stopped is None:
            with self._transaction():
                taken = claims.take_over(self.conn, self.scope, lookup.ALTERNATIVES)
            if not taken:
                return
            if not waited:
                self.say(f"{self.scope.record_type.name}: finding out what became of an interrupted request")
                self.sleep(self.settle_seconds)
                waited = True
            with self._transaction():
                # The same update twice leaves the same.
                claims.release(self.conn, [record for record in taken if record.operation == "update"])
            others = [record for record in taken if record.operation != "update"]
            if not others:
                continue
            reply = self._search.settle(others)
            if reply.outcome is Outcome.INVALID:
                self._stop(reply)
            elif reply.outcome is not Outcome.DONE:
                self._come_back(reply)

    def _come_back(self, reply: Reply) -> None:
        """After a failed request: stop at once, stop after too many, or wait before the next."""
        if reply.outcome is Outcome.UNAUTHORISED:
            raise KeyRefused(
                f"Coperniq refuses the API key ({reply.code}): set COPERNIQ_API_KEY to a valid one; the records wait."
            )
        self._failures += 1
        pause = FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1) * (0.75 + self.chance() / 2)
        pause = max(pause, reply.retry_after or 0.0)
        if reply.outcome is Outcome.EXHAUSTED or self._failures >= ATTEMPTS or pause > LONGEST_PAUSE_SECONDS:
            self._stop(reply)
            return
        self.sleep(pause)
        self._settle()

    def _stop(self, reply: Reply) -> None:
        """End this sending well: what is left waits for the next run, or for a time that is known."""
        said = reply.message or "Coperniq left records unanswered."
        until = "for the next run"
        with self._transaction():
            left = store.counts(self.conn, self.scope)
            if reply.retry_after:
                self._done.resumes_at = self.client.wire.now() + timedelta(seconds=reply.retry_after)
                self.client.wire.pause(self._done.resumes_at)
                self.lease.resume_at(self.conn, self._done.resumes_at)
                until = f"until {in_words(self._done.resumes_at)}"
        waiting = left.get("ready", 0) + left.get("waiting", 0) + left.get("in_flight", 0)
        self._done.stopped = f"{said} {waiting:,} records wait {until}."
        self.say(self._done.stopped)

    def _report(self) -> None:
        if time.monotonic() - self._said >= SAY_SECONDS:
            self._said = time.monotonic()
            self.say(f"{self.scope.record_type.name}: {sum(self._done.records.values()):,} records answered")


def _is_complete(answer: Answer) -> bool:
    return answer.reply.outcome is Outcome.DONE and len(answer.reply.results) == len(answer.batch)


def _gravity(reply: Reply) -> tuple[bool, bool, float]:
    """Order failed replies: of several at once, the gravest decides."""
    outcome = reply.outcome
    return outcome is Outcome.UNAUTHORISED, outcome is Outcome.EXHAUSTED, reply.retry_after or 0.0


def _place(batch: Sequence[Claimed]) -> claims.Place:
    return batch[0].csv_import_id, batch[0].record_number
