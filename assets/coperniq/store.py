"""All SQL of sending: claims, outcomes, the audit log and lineage.

What belongs here: `coperniq_records`, `coperniq_record_names`, `coperniq_sync_log`, `data_lineage`, and the columns of
imports and their rows that speak of sending. What does not: HTTP, and what a reply means. Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import uuid4

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from assets.coperniq.replies import Outcome, Reply
from assets.sql import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

    from assets.catalogue import RecordType


@dataclass(frozen=True, slots=True)
class Claimed:
    """A record whose intent is written down: it may be on the wire.

    Attributes:
        id: Of the row of `coperniq_records`.
        claim_id: Only the holder of this claim may write the outcome.
        claimed_at: When the intent was written; database time.
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
    coperniq_id: str | None
    csv_import_id: UUID
    row_id: UUID
    record_number: int
    data: dict[str, Any]
    repaired: bool
    remark: str | None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference that nothing known to the pipeline answers: as the file gives it, and normalised."""

    parent_type: str
    given: str
    name: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records of which type are meant."""

    contractor_id: UUID
    record_type: RecordType

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that every statement of a scope takes."""
        return {"contractor": self.contractor_id, "type": self.record_type.name}


_CLAIMED = """
    c.id, c.claim_id, c.claimed_at, c.coperniq_id, r.csv_import_id, r.id AS row_id, r.record_number,
    r.mapped_data || c.parent_ids AS data, r.status = 'warning' AS repaired,
    CASE WHEN r.status = 'warning' THEN r.error_message END AS remark
"""
# A row of a later import came while the claimed one was on its way: it takes its turn next, once its parents are known.
_SUPERSEDED = "c.csv_import_record_id <> c.claimed_record_id"
_AGAIN = "CASE WHEN c.parent_keys IS NULL THEN 'ready' ELSE 'waiting' END"


def resolve(conn: Connection[Any], scope: Scope) -> None:
    """Make ready the waiting records whose parents are in Coperniq; name what the others wait for."""
    referring = {field.name: field.refers_to for field in scope.record_type.references}
    key_fields = [name for alternative in scope.record_type.key for name in alternative if name in referring]
    parameters = {
        **scope.parameters,
        "parents": Jsonb(referring),
        "key_field": key_fields[0] if key_fields else None,
    }
    for statement in statements("assets.coperniq", "resolve.sql"):
        conn.execute(statement, parameters)


def unresolved(conn: Connection[Any], scope: Scope) -> list[Unresolved]:
    """List the distinct references of waiting records that answer to nothing the pipeline knows."""
    referring = {field.name: field.refers_to for field in scope.record_type.references}
    with conn.cursor(row_factory=class_row(Unresolved)) as cursor:
        return cursor.execute(
            """
            SELECT DISTINCT
                %(parents)s::JSONB ->> reference.key AS parent_type,
                r.mapped_data ->> reference.key AS given,
                reference.value AS name
            FROM coperniq_records AS c
            INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id
            CROSS JOIN LATERAL jsonb_each_text(c.parent_keys) AS reference
            WHERE
                c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s AND c.state = 'waiting'
                AND NOT EXISTS (
                    SELECT 1 FROM coperniq_record_names AS known
                    WHERE
                        known.contractor_config_id = c.contractor_config_id
                        AND known.coperniq_type = %(parents)s::JSONB ->> reference.key
                        AND known.name = reference.value
                )
                AND NOT c.parent_ids ? reference.key
            ORDER BY parent_type, given
            """,
            {**scope.parameters, "parents": Jsonb(referring)},
        ).fetchall()


def adopt(conn: Connection[Any], scope: Scope, coperniq_id: str, values: dict[str, Any], names: Sequence[str]) -> None:
    """Enter a record that was in Coperniq before the pipeline came, so that rows can refer to it.

    Where the id is this contractor's already, the record gets the names that it was found by; where it is another
    contractor's, in a company that several share, it is passed over.
    """
    parents = {field.name: field.refers_to for field in scope.record_type.references}
    (statement,) = statements("assets.coperniq", "adopt.sql")
    conn.execute(
        statement,
        {
            **scope.parameters, "coperniq_id": coperniq_id, "data": Jsonb(values), "names": list(names),
            "parents": Jsonb(parents),
        },
    )  # fmt: skip


def prepare(conn: Connection[Any], scope: Scope, by: str) -> None:
    """Log requests that a dead run left without a word, and let go of records whose rows were deleted."""
    for statement in statements("assets.coperniq", "prepare.sql"):
        conn.execute(statement, {**scope.parameters, "by": by})


def claim(conn: Connection[Any], scope: Scope, size: int) -> list[Claimed]:
    """Write down the intent to send up to `size` ready records, all of one import, all creates or all updates."""
    with conn.cursor(row_factory=class_row(Claimed)) as cursor:
        claimed = cursor.execute(
            f"""
            WITH next AS (
                SELECT id, csv_import_id, record_number, coperniq_id IS NULL AS creates
                FROM coperniq_records
                WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND state = 'ready'
                ORDER BY csv_import_id, record_number LIMIT %(size)s
                FOR UPDATE SKIP LOCKED
            ),
            first AS (SELECT csv_import_id, creates FROM next ORDER BY csv_import_id, record_number LIMIT 1),
            batch AS (SELECT next.id FROM next INNER JOIN first USING (csv_import_id, creates))
            UPDATE coperniq_records AS c
            SET
                state = 'in_flight', claim_id = %(claim)s, claimed_at = clock_timestamp(), claim_logged = FALSE,
                claimed_record_id = c.csv_import_record_id, updated_at = now()
            FROM batch, csv_import_records AS r
            WHERE c.id = batch.id AND r.id = c.csv_import_record_id
            RETURNING {_CLAIMED}
            """,  # noqa: S608 - a constant of this module
            {**scope.parameters, "size": size, "claim": uuid4()},
        ).fetchall()
    return sorted(claimed, key=lambda record: record.record_number)


def take_over(conn: Connection[Any], scope: Scope, size: int) -> list[Claimed]:
    """Take over up to `size` claims that an earlier sending left open; what it may still write is refused from now on.

    `claimed_at` stays: it says since when the record may be in Coperniq.
    """
    with conn.cursor(row_factory=class_row(Claimed)) as cursor:
        return cursor.execute(
            f"""
            WITH batch AS (
                SELECT id
                FROM coperniq_records
                WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND state = 'in_flight'
                ORDER BY claimed_at LIMIT %(size)s
                FOR UPDATE SKIP LOCKED
            )
            UPDATE coperniq_records AS c
            SET claim_id = %(claim)s, updated_at = now()
            FROM batch, csv_import_records AS r
            WHERE c.id = batch.id AND r.id = c.claimed_record_id
            RETURNING {_CLAIMED}
            """,  # noqa: S608 - a constant of this module
            {**scope.parameters, "size": size, "claim": uuid4()},
        ).fetchall()


def known_ids(conn: Connection[Any], scope: Scope, ids: Sequence[str]) -> set[str]:
    """Return those Coperniq ids that belong to records the pipeline knows, of any contractor."""
    rows = conn.execute(
        "SELECT coperniq_id FROM coperniq_records WHERE coperniq_type = %s AND coperniq_id = ANY(%s)",
        [scope.record_type.name, list(ids)],
    ).fetchall()
    return {row[0] for row in rows}


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


def reject(conn: Connection[Any], record: Claimed, reason: str) -> None:
    """Write that Coperniq refused a record for good, with the reason on its row."""
    conn.execute(
        f"""
        WITH refused AS (
            UPDATE coperniq_records AS c
            SET state = CASE WHEN {_SUPERSEDED} THEN {_AGAIN} ELSE 'rejected' END::delivery_state,
                claim_id = NULL, updated_at = now()
            WHERE c.id = %s AND c.claim_id = %s
            RETURNING c.claimed_record_id
        )
        UPDATE csv_import_records AS r
        SET error_message = concat_ws(' ', r.error_message, %s::TEXT)
        FROM refused WHERE r.id = refused.claimed_record_id
        """,  # noqa: S608 - constants of this module
        [record.id, record.claim_id, reason],
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
        )
        UPDATE csv_import_records AS r
        SET error_message = concat_ws(' ', r.error_message,
                                      format('Replaced by row %%s of %%s.', freed.record_number, m.import_name))
        FROM freed INNER JOIN csv_imports AS m ON m.id = freed.csv_import_id
        WHERE r.id = freed.claimed_record_id AND freed.csv_import_record_id <> freed.claimed_record_id
        """,  # noqa: S608 - constants of this module
        [gone, [record.id for record in records], [record.claim_id for record in records]],
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
        [[record.id for record in records], [record.claim_id for record in records]],
    )


def log(
    conn: Connection[Any],
    scope: Scope,
    operation: str,
    reply: Reply,
    *,
    csv_import_id: UUID | None,
    processed: int,
    successful: int,
    failed: int,
    by: str,
) -> None:
    """Append what happened on the wire to the audit log; counts that do not add up to `processed` were left open.

    For a `sync_check`, which writes nothing in Coperniq, `successful` are the records that it settled.
    """
    done = reply.outcome is Outcome.DONE
    complete = operation == "sync_check" or successful == processed
    status = "success" if done and complete else "partial_success" if done and successful else "failed"
    conn.execute(
        """
        INSERT INTO coperniq_sync_log (
            csv_import_id, contractor_config_id, operation_type, entity_type,
            records_processed, records_successful, records_failed, status,
            transaction_id, api_response_status, api_response_time_ms, api_error_code, api_error_message,
            performed_by, started_at, completed_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
                clock_timestamp() - make_interval(secs => %s), clock_timestamp())
        """,
        [
            csv_import_id, scope.contractor_id, operation, scope.record_type.name,
            processed, successful, failed, status, reply.transaction_id, reply.status, reply.elapsed_ms,
            reply.code, reply.message, by, reply.elapsed_ms / 1000,
        ],
    )  # fmt: skip
    if csv_import_id is not None and reply.transaction_id is not None:
        conn.execute(
            "UPDATE csv_imports SET coperniq_transaction_id = %s WHERE id = %s", [reply.transaction_id, csv_import_id]
        )


def refresh_imports(conn: Connection[Any], scope: Scope) -> None:
    """Bring `coperniq_sync_status` of a type's imports up to date: failed, else pending, else synced."""
    conn.execute(
        """
        WITH open AS (
            SELECT csv_import_id, bool_or(state = 'rejected') AS refused
            FROM coperniq_records
            WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND state <> 'synced'
            GROUP BY csv_import_id
        ),
        current AS (
            SELECT m.id, CASE WHEN open.refused THEN 'failed' WHEN open.refused IS NULL THEN 'synced' ELSE 'pending'
                         END AS sync_status
            FROM csv_imports AS m LEFT JOIN open ON open.csv_import_id = m.id
            WHERE m.contractor_config_id = %(contractor)s AND m.coperniq_type = %(type)s
              AND m.status IN ('success', 'partial_success') AND (m.entered_at IS NOT NULL OR m.source_path IS NULL)
        )
        UPDATE csv_imports AS m SET coperniq_sync_status = current.sync_status
        FROM current WHERE m.id = current.id AND m.coperniq_sync_status IS DISTINCT FROM current.sync_status
        """,
        scope.parameters,
    )


def counts(conn: Connection[Any], scope: Scope) -> dict[str, int]:
    """Count a scope's records that are not in Coperniq as they should be, by state."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """
            SELECT state::TEXT AS state, count(*) AS records FROM coperniq_records
            WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND state <> 'synced'
            GROUP BY state
            """,
            scope.parameters,
        ).fetchall()
    return {row["state"]: row["records"] for row in rows}


def count_waited_for(conn: Connection[Any], scope: Scope) -> int:
    """Count the different things that a scope's records wait for."""
    found = conn.execute(
        """
        SELECT count(DISTINCT waiting_for) FROM coperniq_records
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND state = 'waiting'
        """,
        scope.parameters,
    ).fetchone()
    return found[0] if found else 0
