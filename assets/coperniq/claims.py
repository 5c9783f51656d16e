"""The SQL of claims: intents that are written down before a request leaves, and who may write what became of them.

What belongs here: taking claims, and taking over those of others. What does not: their outcomes (`outcomes`), finding
out what is to be sent, and the audit log (`store`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID, uuid4

from psycopg.rows import args_row

from assets.sql import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from psycopg import Connection

    from assets.coperniq.store import Scope

Place = tuple[UUID, int]
"""Where in the order of sending a record stands: its import and its number."""
FIRST: Place = (UUID(int=0), 0)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A record whose intent is written down: it may be on the wire.

    Attributes:
        id: Of the row of `coperniq_records`.
        claim_id: Only the holder of this claim may write the outcome.
        claimed_at: When the intent was written; database time.
        operation: `import`, `update` or `delete`, as the audit log calls them.
        coperniq_id: Null for a create.
        csv_import_id: The import whose row is sent.
        row_id: That row.
        record_number: Its number in the file.
        data: What is sent, references resolved.
        repaired: Whether a value was repaired or is doubtful.
        remark: What was repaired.
    """

    id: UUID
    claim_id: UUID
    claimed_at: datetime
    operation: str
    coperniq_id: str | None
    csv_import_id: UUID
    row_id: UUID
    record_number: int
    data: dict[str, Any]
    repaired: bool
    remark: str | None


def claim(
    conn: Connection[Any], scope: Scope, size: int, batches: int = 1, begin: Place = FIRST, *, undoing: bool = False
) -> list[list[Claimed]]:
    """Write down the intent to send ready records, in batches of one import and one kind of request.

    Args:
        conn: In a transaction that holds the contractor.
        scope: Whose records of which type.
        size: Records of a batch; one has fewer only where no more of its import and kind are ready.
        batches: How many at most.
        begin: Where to begin looking: what was sent before leaves traces in the index that are slow to pass.
        undoing: Whether those that a rollback marked are meant; else all others.
    """
    (statement,) = statements("assets.coperniq", "claim.sql")
    with conn.cursor(row_factory=args_row(Claimed)) as cursor:
        claimed = cursor.execute(
            statement,
            {
                **scope.parameters, "size": size, "batches": batches, "ahead": (batches + 2) * size,
                "from_import": begin[0], "from_number": begin[1], "undoing": undoing,
            },
        ).fetchall()  # fmt: skip
    claimed.sort(key=lambda record: (record.csv_import_id, record.claim_id, record.record_number))
    made = [list(batch) for _, batch in groupby(claimed, key=lambda record: record.claim_id)]
    return sorted(made, key=lambda batch: (batch[0].csv_import_id, batch[0].record_number))


def take_over(conn: Connection[Any], scope: Scope, size: int) -> list[Claimed]:
    """Take over up to `size` claims that an earlier sending left open; what it may still write is refused from now on.

    `claimed_at` stays: it says since when the record may be in Coperniq.
    """
    return _take(conn, scope, "state = 'in_flight' ORDER BY claimed_at LIMIT %(size)s", {"size": size})


def take_up(conn: Connection[Any], scope: Scope, ids: Sequence[UUID]) -> list[Claimed]:
    """Take over claims that could not be settled; they stay `unknown` until they are."""
    return _take(conn, scope, "state = 'unknown' AND id = ANY(%(ids)s)", {"ids": list(ids)})


def undo(conn: Connection[Any], scope: Scope, ids: Sequence[UUID]) -> int:
    """Mark records as to be deleted, of those that are in Coperniq and have nothing waiting; return how many.

    The mark is on the row that they have now: where a later import brings another row, that one is sent instead.
    """
    marked = conn.execute(
        """
        UPDATE coperniq_records SET state = 'ready', undone_record_id = csv_import_record_id, updated_at = now()
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND state = 'synced'
          AND csv_import_record_id IS NOT NULL AND id = ANY(%(ids)s)
        """,
        {**scope.parameters, "ids": list(ids)},
    )
    return marked.rowcount


def _take(conn: Connection[Any], scope: Scope, which: LiteralString, given: dict[str, Any]) -> list[Claimed]:
    with conn.cursor(row_factory=args_row(Claimed)) as cursor:
        return cursor.execute(
            f"""
            WITH batch AS (
                SELECT id
                FROM coperniq_records
                WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND {which}
                FOR UPDATE SKIP LOCKED
            )
            UPDATE coperniq_records AS c
            SET claim_id = %(claim)s, updated_at = now()
            FROM batch, csv_import_records AS r
            WHERE c.id = batch.id AND r.id = c.claimed_record_id
            RETURNING
                c.id, c.claim_id, c.claimed_at,
                CASE
                    WHEN c.coperniq_id IS NULL THEN 'import'
                    WHEN c.undone_record_id = c.claimed_record_id THEN 'delete'
                    ELSE 'update'
                END AS operation,
                c.coperniq_id, r.csv_import_id, r.id AS row_id, r.record_number, r.mapped_data || c.parent_ids AS data,
                r.status = 'warning' AS repaired, CASE WHEN r.status = 'warning' THEN r.error_message END AS remark
            """,  # noqa: S608 - a constant of this module
            {**scope.parameters, **given, "claim": uuid4()},
        ).fetchall()
