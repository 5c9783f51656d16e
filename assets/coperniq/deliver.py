"""Sending one type of one contractor's records to Coperniq, effectively once.

The order of things is the guarantee: the intent is committed before a request leaves, the outcome after. What an
earlier sending left open is looked up in Coperniq before anything is sent. One thread claims, writes and decides;
others only carry requests (`senders`). What belongs here: that order, and what to do about each outcome. What does not:
what goes next (`claiming`) and how fast (`pacing`), HTTP (`client`), what replies mean (`replies`) and what is written
of them (`recording`), SQL (`store`, `claims`).

The caller holds the contractor's lease, so an open claim that is found here belongs to a run that is dead or has lost
it; and whoever has lost it writes nothing, because every transaction asks for it first.
"""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from assets.coperniq import claims, companies, lookup, outcomes, store
from assets.coperniq.claiming import Claiming
from assets.coperniq.gauge import Gauge
from assets.coperniq.pacing import Pacing, gravest
from assets.coperniq.recording import Delivered, Recorder
from assets.coperniq.replies import Outcome, Reply
from assets.coperniq.searching import Search
from assets.coperniq.senders import CALLED_OFF, THREADS, Answer, Senders
from assets.counting import counted
from assets.errors import PipelineError
from assets.leases import in_words
from assets.progress import nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.claims import Claimed
    from assets.coperniq.store import Scope
    from assets.coperniq.transport import Transport
    from assets.leases import Lease
    from assets.progress import Tell

SETTLE_SECONDS = 5.0
"""From noticing an open request to looking for what it wrote: it may be under way until then."""
GRACE_SECONDS = 10.0
"""How long a run that is interrupted waits for the requests that are under way."""


class KeyRefused(PipelineError):
    """Coperniq refuses the API key; what is left waits."""

    def __init__(self, reply: Reply) -> None:
        """Say so, and what to do."""
        super().__init__(f"Coperniq refuses the API key ({reply.code}): set COPERNIQ_API_KEY to a valid one.")


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
        tell: Is told how far it is.
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
    tell: Tell = nobody

    def __post_init__(self) -> None:
        """Begin with batches of the size that the transport allows."""
        self._pacing = Pacing(self.client.batch, self.chance)
        self._recorder = Recorder(self.conn, self.scope, self.client.company, self.by)
        self._claiming = Claiming(self.conn, self.client, self.scope, self._recorder)
        self._search = Search(self.conn, self.client, self.scope, self._recorder, self._transaction)
        self._done = self._recorder.done
        self._gauge = Gauge(self.scope.record_type.name, "answered", self.client.wire.limits, self.tell, self._count)

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
        self._claiming.undoing = True
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
                self._done.stopped = companies.moved(self.conn, self.scope.contractor_id, self.client.company)
                store.prepare(self.conn, self.scope, self.by)
            if self._done.stopped is not None:
                self.say(self._done.stopped)
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
                    if not all(answer.is_whole for answer in answers):
                        answers += senders.call_off()
                    claimed = self._take_in(answers, senders)
            except (PipelineError, psycopg.Error):
                # All is written, or nothing can be: what is under way is looked up by the next run.
                raise
            except BaseException:
                with self._transaction():
                    self._recorder.record(senders.call_off(GRACE_SECONDS), proven=self._pacing.proven)
                raise

    def _take_in(self, answers: Sequence[Answer], senders: Senders) -> list[list[Claimed]]:
        """Write what came back, and what goes next: in one transaction, unless there is something to decide before."""
        if not all(answer.is_whole for answer in answers):
            self._take_in_failures(answers)
            answers = []
        if self._done.stopped is not None:
            return []
        with self._transaction():
            if answers:
                self._record(answers)
            batches = self._pacing.at_once(senders.room, idle=senders.idle)
            claimed = self._claiming.claim(self._pacing.batch, batches, idle=senders.idle)
        self._gauge.at(self._done.records.total(), self._done.requests)
        return claimed

    def _record(self, answers: Sequence[Answer]) -> None:
        """Write what came back, and remember that Coperniq takes what is sent."""
        self._recorder.record(answers, proven=self._pacing.proven)
        whole = [answer.is_whole for answer in answers]
        if any(whole) and not self._pacing.proven:
            self.lease.resume_at(self.conn, None)
        self._pacing.note(whole)

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
        failed = [answer for answer in answers if not answer.is_whole and answer.reply.code != CALLED_OFF]
        self._claiming.begin_again()
        invalid = [answer for answer in failed if answer.reply.outcome is Outcome.INVALID]
        for answer in invalid:
            self._pacing.halve(len(answer.batch), answer.reply.code)
        if len(invalid) < len(failed):
            self._come_back(gravest([answer.reply for answer in failed if answer not in invalid]))
        elif invalid and not self._pacing.proven:
            self._prove()

    def _prove(self) -> None:
        """Ask for nothing: an endpoint that refuses even that is not the one that the operation documents are for."""
        reply = next(self.client.find(self.scope.record_type, {"ids": []}))
        with self._transaction():
            self._recorder.log(reply, "sync_check")
        if reply.outcome is Outcome.INVALID:
            self._stop(reply)
        elif reply.outcome is Outcome.DONE:
            self._pacing.proven = True
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
                outcomes.release(self.conn, [record for record in taken if record.operation == "update"])
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
            raise KeyRefused(reply)
        pause = self._pacing.pause(reply)
        if pause is None:
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
        self._done.stopped = f"{said} {counted(waiting, 'record waits', 'records wait')} {until}."
        self.say(self._done.stopped)

    def _count(self, done: int) -> int:
        left = store.counts(self.conn, self.scope)
        return done + left.get("ready", 0) + left.get("in_flight", 0)
