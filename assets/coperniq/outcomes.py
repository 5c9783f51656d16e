"""The SQL of outcomes: what became of each claimed record, which only the holder of its claim may write.

What belongs here: the end of a claim, or that it stays open. What does not: taking claims (`claims`), deletions
(`taking_back`), the audit log (`store`), and what a reply means (`replies`). Callers own transactions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from assets.sql import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.claims import Claimed
    from assets.coperniq.store import Scope

# A row of a later import came while the claimed one was on its way: it takes its turn next, once its parents are known.
_SUPERSEDED = "c.csv_import_record_id <> c.claimed_record_id"
_AGAIN = "CASE WHEN c.parent_keys IS NULL THEN 'ready' ELSE 'waiting' END"


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
            "imports": [record.csv_import_id for record, _, _ in done],
            "coperniq_ids": [coperniq_id for _, coperniq_id, _ in done],
            "scores": [score for _, _, score in done],
            "remarks": [record.remark for record, _, _ in done],
        },
    )
    return written.rowcount


def reject(conn: Connection[Any], refused: Sequence[tuple[Claimed, str]]) -> None:
    """Write that Coperniq refused claimed records for good, with the reason on the row of each.

    A record that it refused to delete is in Coperniq as before. A row that says so already does not say it again.
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
        SET
            error_message = CASE
                WHEN strpos(coalesce(r.error_message, ''), refused.reason) > 0 THEN r.error_message
                ELSE concat_ws(' ', r.error_message, refused.reason)
            END,
            refused_at = CASE WHEN r.coperniq_id IS NULL THEN clock_timestamp() END
        FROM refused
        WHERE r.id = refused.claimed_record_id
        """,  # noqa: S608 - constants of this module
        [*_keys([record for record, _ in refused]), [reason for _, reason in refused]],
    )


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
        ),
        replaced AS (
            UPDATE csv_import_records AS r
            SET replaced_by_id = CASE WHEN r.coperniq_id IS NULL THEN freed.csv_import_record_id END,
                error_message = concat_ws(' ', r.error_message,
                                          format('Replaced by row %%s of %%s.', freed.record_number, m.import_name))
            FROM freed INNER JOIN csv_imports AS m ON m.id = freed.csv_import_id
            WHERE r.id = freed.claimed_record_id AND freed.csv_import_record_id <> freed.claimed_record_id
            RETURNING r.id, r.replaced_by_id
        )
        UPDATE csv_import_records AS r SET replaced_by_id = replaced.replaced_by_id
        FROM replaced
        WHERE r.replaced_by_id = replaced.id AND replaced.replaced_by_id IS NOT NULL AND EXISTS (SELECT FROM replaced)
        """,  # noqa: S608 - constants of this module
        [gone, *_keys(records)],
    )


def leave_unknown(conn: Connection[Any], records: Sequence[Claimed]) -> None:
    """Write that it could not be settled whether claimed records were carried out; they are not sent again."""
    _mark(conn, records, "state = 'unknown'")


def leave_open(conn: Connection[Any], records: Sequence[Claimed]) -> None:
    """Write that the audit log says of claimed records that their outcome is open."""
    _mark(conn, records, "claim_logged = TRUE")


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
