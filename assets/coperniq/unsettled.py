"""The SQL of records whose sending could not be settled: listing them, and what a person says of them.

What belongs here: reading them, and writes that need no claim. What does not: looking them up (`searching`) and claims
(`claims`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.store import Scope


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A record of which nobody knows whether Coperniq carried out its creation.

    Attributes:
        id: Of the row of `coperniq_records`.
        contractor: The contractor's slug.
        coperniq_type: Its type.
        record_number: Of the row that was sent; None where it was deleted with its import.
        import_name: The file.
        key: The natural key.
        since: When it was sent.
        why: Why it could not be settled, in words.
    """

    id: UUID
    contractor: str
    coperniq_type: str
    record_number: int | None
    import_name: str | None
    key: str
    since: datetime
    why: str


def every(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Unsettled]:
    """List what is unsettled, of one contractor or of all, the oldest first."""
    with conn.cursor(row_factory=class_row(Unsettled)) as cursor:
        return cursor.execute(
            """
            SELECT
                c.id, k.slug AS contractor, c.coperniq_type, r.record_number, m.import_name, c.record_key AS key,
                c.claimed_at AS since,
                CASE WHEN r.id IS NULL THEN 'its import was deleted, so what was sent is not known any more'
                     ELSE 'Coperniq has a record that may be this one, with other values' END AS why
            FROM coperniq_records AS c
            INNER JOIN mep_contractor_configs AS k ON k.id = c.contractor_config_id
            LEFT JOIN csv_import_records AS r ON r.id = c.claimed_record_id
            LEFT JOIN csv_imports AS m ON m.id = r.csv_import_id
            WHERE c.state = 'unknown' AND c.contractor_config_id = coalesce(%s, c.contractor_config_id)
            ORDER BY k.slug, c.claimed_at, r.record_number
            """,
            [contractor_id],
        ).fetchall()


def count(conn: Connection[Any], scope: Scope) -> int:
    """Count a scope's records that were sent and may be in Coperniq without anybody's knowing their id."""
    row = conn.execute(
        """
        SELECT count(*) FROM coperniq_records
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s
          AND state IN ('in_flight', 'unknown') AND coperniq_id IS NULL
        """,
        scope.parameters,
    ).fetchone()
    return row[0] if row else 0


def remark(conn: Connection[Any], row_id: UUID, text: str) -> None:
    """Write what a person said of a row's sending beside what is known of it."""
    conn.execute(
        "UPDATE csv_import_records SET error_message = concat_ws(' ', error_message, %s::TEXT) WHERE id = %s",
        [text, row_id],
    )


def settle_without_row(conn: Connection[Any], record_id: UUID, coperniq_id: str | None) -> None:
    """Settle a record whose row was deleted: it is in Coperniq by that id, or there is nothing left to know of it."""
    if coperniq_id is None:
        conn.execute("DELETE FROM coperniq_records WHERE id = %s AND state = 'unknown'", [record_id])
        return
    conn.execute(
        """
        UPDATE coperniq_records SET state = 'synced', coperniq_id = %s, claim_id = NULL, updated_at = now()
        WHERE id = %s AND state = 'unknown'
        """,
        [coperniq_id, record_id],
    )


def state(conn: Connection[Any], record_id: UUID) -> tuple[str, str | None] | None:
    """Return a record's delivery state and Coperniq id; None where nothing is known of it."""
    return conn.execute("SELECT state::TEXT, coperniq_id FROM coperniq_records WHERE id = %s", [record_id]).fetchone()
