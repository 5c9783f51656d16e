"""What goes next: batches of ready records, claimed in their order, and those of them that a request can carry.

What belongs here: where the last batches were taken, and what is refused before any request. What does not: SQL
(`claims`), how many batches there may be (`pacing`), and the requests (`deliver`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.coperniq import claims

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

    from assets.coperniq.claims import Claimed
    from assets.coperniq.recording import Recorder
    from assets.coperniq.store import Scope
    from assets.coperniq.transport import Transport


@dataclass
class Claiming:
    """Claims for one sending; every method but `begin_again` is called in a transaction that holds the contractor.

    Args:
        conn: Of that transaction.
        client: That the batches are for.
        scope: Whose records of which type.
        recorder: Takes what is refused.
        undoing: Whether records that a rollback marked are meant; else all others.
    """

    conn: Connection[Any]
    client: Transport
    scope: Scope
    recorder: Recorder
    undoing: bool = False
    _place: claims.Place = field(default=claims.FIRST, init=False)

    def claim(self, size: int, batches: int, *, idle: bool) -> list[list[Claimed]]:
        """Write down the intent to send so many batches; a batch of which nothing can be sent is empty.

        Args:
            size: Records of a batch.
            batches: How many at most.
            idle: Whether nothing is under way: then the end is not believed before all was looked at once more.
        """
        if not batches:
            return []
        claimed = self._take(size, batches)
        if not claimed and idle and self._place != claims.FIRST:
            self.begin_again()
            claimed = self._take(size, batches)
        self._place = min(map(_place, claimed), default=self._place)
        return [self._sendable(batch) for batch in claimed]

    def begin_again(self) -> None:
        """Look from the first record on: some may be ready again that were claimed before."""
        self._place = claims.FIRST

    def _take(self, size: int, batches: int) -> list[list[Claimed]]:
        return claims.claim(self.conn, self.scope, size, batches, self._place, undoing=self.undoing)

    def _sendable(self, batch: list[Claimed]) -> list[Claimed]:
        """Reject records that the transport knows to be unsendable; return the others."""
        problems = {
            record.id: f"Row {record.record_number} cannot be sent: {problem}"
            for record in batch
            if record.operation != "delete" and (problem := self.client.problem(self.scope.record_type, record.data))
        }
        self.recorder.reject([(record, problems[record.id]) for record in batch if record.id in problems])
        return [record for record in batch if record.id not in problems]


def _place(batch: Sequence[Claimed]) -> claims.Place:
    return batch[0].csv_import_id, batch[0].record_number
