"""Writing down what requests did: the outcome of each record, the audit log, and the figures of a sending.

What belongs here: what a reply says of each record of its batch, and the writes that follow. What does not: SQL
(`outcomes`, `taking_back`, `store`), and what to do next (`deliver`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.coperniq import outcomes, store, taking_back
from assets.coperniq.quality import score
from assets.coperniq.replies import Outcome, Reply, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.claims import Claimed
    from assets.coperniq.senders import Answer
    from assets.coperniq.store import Scope

FIGURES = {"import": "created", "update": "updated"}


@dataclass(slots=True)
class Delivered:
    """What a sending did.

    Attributes:
        records: Numbers of those `created`, `updated`, `deleted` and `rejected`.
        refusals: Numbers of the rejected ones, by Coperniq's code.
        kept: Why Coperniq keeps records that were to be deleted, by their ids.
        again: Rows of other imports that have their turn again, because those that had replaced them were deleted.
        requests: How many were made.
        stopped: Why it ended early, if it did.
        resumes_at: When the rest may be sent, where that is known.
    """

    records: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    kept: dict[UUID, str] = field(default_factory=dict["UUID", str])
    again: int = 0
    requests: int = 0
    stopped: str | None = None
    resumes_at: datetime | None = None


@dataclass(slots=True)
class Effects:
    """What a request did to the records of its batch.

    Attributes:
        done: Those that are in Coperniq, with their ids.
        deleted: Those that are there no more.
        refused: Those that Coperniq refused for good, with the answer.
        gone: Those whose update found no record: they are to be created.
        stayed: Those to which surely nothing was done.
        left: Those whose outcome is open.
    """

    done: list[tuple[Claimed, str]] = field(default_factory=list["tuple[Claimed, str]"])
    deleted: list[Claimed] = field(default_factory=list["Claimed"])
    refused: list[tuple[Claimed, Result]] = field(default_factory=list["tuple[Claimed, Result]"])
    gone: list[Claimed] = field(default_factory=list["Claimed"])
    stayed: list[Claimed] = field(default_factory=list["Claimed"])
    left: list[Claimed] = field(default_factory=list["Claimed"])


def effects(batch: Sequence[Claimed], reply: Reply, *, proven: bool) -> Effects:
    """Say what a reply means for each record.

    Args:
        batch: As it was sent.
        reply: To it.
        proven: Whether the endpoint is known to take requests: then one that it refuses for a single record is that
            record's fault.
    """
    known = dict(reply.results)
    if reply.outcome is Outcome.INVALID and proven and len(batch) == 1:
        known[0] = Result(None, reply.code, "the request was refused")
    found = Effects()
    for index, record in enumerate(batch):
        result = known.get(index)
        if result is None:
            (found.left if reply.outcome in (Outcome.DONE, Outcome.OPEN) else found.stayed).append(record)
        elif record.operation == "delete" and (result.id is not None or result.is_gone):
            found.deleted.append(record)
        elif result.id is not None:
            found.done.append((record, result.id))
        elif record.operation == "update" and result.is_gone:
            found.gone.append(record)
        else:
            found.refused.append((record, result))
    return found


@dataclass
class Recorder:
    """Writes for one scope; every method is called in a transaction that holds the contractor."""

    conn: Connection[Any]
    scope: Scope
    company: str
    by: str
    done: Delivered = field(default_factory=Delivered)

    def record(self, answers: Iterable[Answer], *, proven: bool) -> None:
        """Write what requests did to each of their records, and the requests themselves."""
        last: dict[UUID, str] = {}
        found: list[Effects] = []
        for answer in answers:
            did, batch = effects(answer.batch, answer.reply, proven=proven), answer.batch
            found.append(did)
            if answer.reply.on_wire:
                self.log(
                    answer.reply, batch[0].operation, batch, processed=len(batch),
                    successful=len(did.done) + len(did.deleted),
                    failed=len(did.refused) + len(did.gone) + len(did.stayed),
                )  # fmt: skip
            if answer.reply.transaction_id:
                last[batch[0].csv_import_id] = answer.reply.transaction_id
        self.succeed([pair for did in found for pair in did.done])
        self.reject([(record, _reason(record, result)) for did in found for record, result in did.refused])
        self.done.refusals.update(result.code or "no code" for did in found for _, result in did.refused)
        self.delete([record for did in found for record in did.deleted])
        outcomes.release(self.conn, [record for did in found for record in did.gone], gone=True)
        outcomes.release(self.conn, [record for did in found for record in did.stayed])
        outcomes.leave_open(self.conn, [record for did in found for record in did.left])
        store.note_transactions(self.conn, last)

    def succeed(self, done: Sequence[tuple[Claimed, str]]) -> int:
        """Write that records are in Coperniq; return how many, those aside that another run has settled."""
        written = 0
        for operation, figure in FIGURES.items():
            scored = [(record, id_, self._score(record)) for record, id_ in done if record.operation == operation]
            if scored:
                count = outcomes.succeed(self.conn, self.scope, scored, self.company)
                self.done.records[figure] += count
                written += count
        return written

    def reject(self, refused: Sequence[tuple[Claimed, str]]) -> None:
        """Write that records were refused, with the reason on the row of each."""
        if refused:
            outcomes.reject(self.conn, refused)
            self.done.records["rejected"] += len(refused)
            self.done.kept |= {record.id: reason for record, reason in refused if record.operation == "delete"}

    def delete(self, deleted: Sequence[Claimed]) -> None:
        """Write that records are no longer in Coperniq."""
        if deleted:
            taken = taking_back.delete(self.conn, deleted)
            self.done.records["deleted"] += taken.rows
            self.done.again += taken.again

    def log(
        self, reply: Reply, operation: str, about: Sequence[Claimed] = (), *, entity: Scope | None = None,
        processed: int = 0, successful: int = 0, failed: int = 0,
    ) -> None:  # fmt: skip
        """Append a request to the audit log, with the records that it is about, unless it never left.

        Records of several imports are looked up together: the first one's import stands for them, and its rows alone.
        """
        if not reply.on_wire:
            return
        self.done.requests += 1
        import_id = about[0].csv_import_id if about else None
        store.log(
            self.conn, entity or self.scope, operation, reply, csv_import_id=import_id, processed=processed,
            successful=successful, failed=failed, by=self.by,
            rows=[record.record_number for record in about if record.csv_import_id == import_id],
        )  # fmt: skip

    def _score(self, record: Claimed) -> float:
        return score(self.scope.record_type, record.data, repaired=record.repaired)


def _reason(record: Claimed, result: Result) -> str:
    if record.operation == "delete":
        return f"Coperniq keeps the record of row {record.record_number}: {result.reason}"
    remedy = "Correct it" if result.by_row else "Then give it again"
    return (
        f"Coperniq refused row {record.record_number}: {result.reason} "
        f"{remedy} in row {record.record_number} and send the fix file."
    )
