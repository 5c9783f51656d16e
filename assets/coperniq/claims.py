"""The SQL of claims: intents that are written down before a request leaves, and what became of each record after it.

What belongs here: taking claims, and the outcomes that only their holder may write. What does not: finding out what is
to be sent, the audit log (`store`), and what a reply means (`replies`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID, uuid4

from psycopg.rows import class_row

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


# A row of a later import came while the claimed one was on its way: it takes its turn next, once its parents are known.
_SUPERSEDED = "c.csv_import_record_id <> c.claimed_record_id"
_AGAIN = "CASE WHEN c.parent_keys IS NULL THEN 'ready' ELSE 'waiting' END"


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
    with conn.cursor(row_factory=class_row(Claimed)) as cursor:
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


def _take(conn: Connection[Any], scope: Scope, which: LiteralString, given: dict[str, Any]) -> list[Claimed]:
    with conn.cursor(row_factory=class_row(Claimed)) as cursor:
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


def succeed(conn: Connection[Any], scope: Scope, done: Sequence[tuple[Claimed, str, float]], company: str) -> int:
    """Write that claimed records are in Coperniq: their state, their row's id, their lineage.

    Args:
        conn: In a transaction.
        scope: Whose records of which type.
        done: Each record with its Coperniq id and quality score.
        company: The company that they are in.

    Returns:
        How many; fewer than were given when a claim was taken over by another run, whose word counts.
    """
    (statement,) = statements("assets.coperniq", "succeed.sql")
    written = conn.execute(
        statement,
        {
            **scope.parameters,
            "company": company,
            "ids": [record.id for record, _, _ in done],
            "claims": [record.claim_id for record, _, _ in done],
            "coperniq_ids": [coperniq_id for _, coperniq_id, _ in done],
            "scores": [score for _, _, score in done],
            "remarks": [record.remark for record, _, _ in done],
        },
    )
    return written.rowcount


def reject(conn: Connection[Any], refused: Sequence[tuple[Claimed, str]]) -> None:
    """Write that Coperniq refused claimed records for good, with the reason on the row of each.

    A record that it refused to delete is in Coperniq as before.
    """
    conn.execute(
        f"""
        WITH refused AS (
            UPDATE coperniq_records AS c
            SET
                state = CASE
                    WHEN {_SUPERSEDED} THEN {_AGAIN}
                    WHEN c.undone_record_id = c.claimed_record_id THEN 'synced'
                    ELSE 'rejected'
                END::delivery_state,
                undone_record_id = NULL, claim_id = NULL, updated_at = now()
            FROM unnest(%s::UUID[], %s::UUID[], %s::TEXT[]) AS o (id, claim_id, reason)
            WHERE c.id = o.id AND c.claim_id = o.claim_id
            RETURNING c.claimed_record_id, o.reason
        )
        UPDATE csv_import_records AS r
        SET error_message = concat_ws(' ', r.error_message, refused.reason)
        FROM refused WHERE r.id = refused.claimed_record_id
        """,  # noqa: S608 - constants of this module
        [*_keys([record for record, _ in refused]), [reason for _, reason in refused]],
    )


def delete(conn: Connection[Any], records: Sequence[Claimed]) -> int:
    """Write that claimed records are no longer in Coperniq; return how many. Nothing is known of them from then on."""
    deleted = conn.execute(
        f"""
        WITH gone AS (
            SELECT c.id, c.claimed_record_id, {_SUPERSEDED} AS superseded
            FROM unnest(%s::UUID[], %s::UUID[]) AS o (id, claim_id)
            INNER JOIN coperniq_records AS c ON c.id = o.id AND c.claim_id = o.claim_id
        ),
        forgotten AS (DELETE FROM coperniq_records WHERE id IN (SELECT id FROM gone WHERE NOT superseded)),
        made_again AS (
            UPDATE coperniq_records AS c
            SET state = {_AGAIN}::delivery_state, coperniq_id = NULL, sent_data = NULL, undone_record_id = NULL,
                claim_id = NULL, updated_at = now()
            FROM gone WHERE c.id = gone.id AND gone.superseded
        ),
        traced AS (
            UPDATE data_lineage AS l SET deleted_at = clock_timestamp()
            FROM gone WHERE l.csv_import_record_id = gone.claimed_record_id
        )
        UPDATE csv_import_records AS r
        SET coperniq_id = NULL, error_message = concat_ws(' ', r.error_message, 'Rolled back: deleted from Coperniq.')
        FROM gone WHERE r.id = gone.claimed_record_id
        """,  # noqa: S608 - constants of this module
        _keys(records),
    )
    return deleted.rowcount


def release(conn: Connection[Any], records: Sequence[Claimed], *, gone: bool = False) -> None:
    """Write that claimed records were surely not carried out: they are to be sent, with the values that they have now.

    Args:
        conn: In a transaction.
        records: As they were claimed.
        gone: Whether Coperniq has no record of their ids any more, so that they are to be created.
    """
    if not records:
        return
    conn.execute(
        f"""
        WITH freed AS (
            UPDATE coperniq_records AS c
            SET state = CASE WHEN {_SUPERSEDED} THEN {_AGAIN} ELSE 'ready' END::delivery_state,
                coperniq_id = CASE WHEN NOT %s THEN c.coperniq_id END, claim_id = NULL, updated_at = now()
            FROM unnest(%s::UUID[], %s::UUID[]) AS o (id, claim_id)
            WHERE c.id = o.id AND c.claim_id = o.claim_id
            RETURNING c.claimed_record_id, c.csv_import_record_id, c.csv_import_id, c.record_number
        )
        UPDATE csv_import_records AS r
        SET error_message = concat_ws(' ', r.error_message,
                                      format('Replaced by row %%s of %%s.', freed.record_number, m.import_name))
        FROM freed INNER JOIN csv_imports AS m ON m.id = freed.csv_import_id
        WHERE r.id = freed.claimed_record_id AND freed.csv_import_record_id <> freed.claimed_record_id
        """,  # noqa: S608 - constants of this module
        [gone, *_keys(records)],
    )


def leave_unknown(conn: Connection[Any], records: Sequence[Claimed]) -> None:
    """Write that it could not be settled whether claimed records were carried out; they are not sent again."""
    _mark(conn, records, "state = 'unknown'")


def leave_open(conn: Connection[Any], records: Sequence[Claimed]) -> None:
    """Write that the audit log says of claimed records that their outcome is open."""
    _mark(conn, records, "claim_logged = TRUE")


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


def _mark(conn: Connection[Any], records: Sequence[Claimed], change: LiteralString) -> None:
    if not records:
        return
    conn.execute(
        f"""
        UPDATE coperniq_records AS c SET {change}, updated_at = now()
        FROM unnest(%s::UUID[], %s::UUID[]) AS o (id, claim_id)
        WHERE c.id = o.id AND c.claim_id = o.claim_id
        """,  # noqa: S608 - a constant of this module
        _keys(records),
    )


def _keys(records: Sequence[Claimed]) -> tuple[list[UUID], list[UUID]]:
    return [record.id for record in records], [record.claim_id for record in records]
