"""Searches in Coperniq whose findings are written down: what became of open creates, and parents nobody here has sent.

What belongs here: one search and its writes. What does not: which answer is which record (`lookup`), and what to do
when a search fails (`deliver`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assets.coperniq import adoptions, lookup, outcomes, store
from assets.coperniq.replies import Outcome, Reply
from assets.coperniq.senders import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from psycopg import Connection

    from assets.coperniq.claims import Claimed
    from assets.coperniq.recording import Recorder
    from assets.coperniq.store import Scope
    from assets.coperniq.transport import Transport


@dataclass
class Search:
    """Searches for one scope.

    Args:
        conn: For short transactions of its own.
        client: For the company to search in.
        scope: Whose records of which type.
        recorder: Of the same scope.
        transaction: Opens a transaction that holds the contractor.
    """

    conn: Connection[Any]
    client: Transport
    scope: Scope
    recorder: Recorder
    transaction: Callable[[], AbstractContextManager[None]]

    def adopt(self, missing: Sequence[store.Unresolved]) -> tuple[int, Reply | None]:
        """Enter parents that were in Coperniq before the pipeline came; return how many, and a reply that ended it."""
        adopted, failed = 0, None
        for reply, parent, found in lookup.parents(self.client, missing):
            scope = store.Scope(self.scope.contractor_id, parent)
            with self.transaction():
                self.recorder.log(reply, "sync_check", entity=scope)
                for record in found if reply.outcome is Outcome.DONE else ():
                    adoptions.adopt(self.conn, scope, self.client.company, record.id, record.values, record.names)
            failed = None if reply.outcome is Outcome.DONE else reply
            adopted += len(found)
        return adopted, failed

    def settle(self, taken: Sequence[Claimed]) -> Reply:
        """Find out what became of open creates and deletes, and write it; return a reply that failed, else the last."""
        deletes = [record for record in taken if record.operation == "delete"]
        creates = [record for record in taken if record.operation != "delete"]
        last = self._settle_deletes(deletes) if deletes else None
        if last is not None and (last.outcome is not Outcome.DONE or not creates):
            return last
        return self._settle_creates(creates)

    def _settle_deletes(self, deletes: Sequence[Claimed]) -> Reply:
        ids = [record.coperniq_id for record in deletes]
        *before, last = self.client.find(self.scope.record_type, {"ids": ids})
        there = {node["id"] for reply in (*before, last) if reply.data for node in reply.data["nodes"]}
        gone = [record for record in deletes if record.coperniq_id not in there] if last.outcome is Outcome.DONE else []
        with self.transaction():
            for reply in before:
                self.recorder.log(reply, "sync_check", deletes)
            self.recorder.delete(gone)
            if last.outcome is Outcome.DONE:
                outcomes.release(self.conn, [record for record in deletes if record.coperniq_id in there])
            self.recorder.log(last, "sync_check", deletes, processed=len(deletes), successful=len(gone))
        return last

    def _settle_creates(self, creates: Sequence[Claimed]) -> Reply:
        replies, found = lookup.sent(self.client, self.scope.record_type, creates)
        *before, last = replies
        with self.transaction():
            for reply in before:
                self.recorder.log(reply, "sync_check", creates)
            settled, begun = self._write(creates, found, last) if last.outcome is Outcome.DONE else (0, [])
            self.recorder.log(last, "sync_check", creates, processed=len(creates), successful=settled)
        return self._finish(begun) or last

    def _finish(self, begun: Sequence[tuple[Claimed, str]]) -> Reply | None:
        """Write what broken-off creates left out; return the first reply that failed. Their outcome stays open then."""
        for record, id_ in begun:
            reply = self.client.update(self.scope.record_type, [id_], [record.data])
            if reply.outcome is not Outcome.DONE or reply.results[0].is_gone:
                reply = replace(reply, outcome=Outcome.OPEN, results={})
            with self.transaction():
                self.recorder.record([Answer([record], reply)], proven=True)
            if reply.outcome is not Outcome.DONE:
                return reply
        return None

    def _write(
        self, creates: Sequence[Claimed], found: Sequence[list[lookup.Node]], last: Reply
    ) -> tuple[int, list[tuple[Claimed, str]]]:
        since = lookup.made_since(creates, found, last.at, store.clock(self.conn))
        known = store.known_ids(self.conn, self.scope, [node["id"] for nodes in since for node in nodes])
        settled = lookup.settle(self.scope.record_type, creates, since, known, self.client.begun)
        self.recorder.succeed(settled.carried_out)
        outcomes.release(self.conn, settled.absent)
        outcomes.leave_unknown(self.conn, settled.doubtful)
        return len(settled.carried_out), settled.begun
