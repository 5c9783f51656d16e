"""The SQL of imports: registering files, and how far the reading of each has come.

What belongs here: `csv_imports`, and taking back the rows of an import that is not settled. What does not: what its
columns were taken for (`choices`), writing its rows (`copying`), settling and entering them (`settling`), and showing
them (`summaries`). Callers own transactions unless a docstring says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.inbox import InboxFile
    from assets.record_types import RecordType

UNFINISHED = ("pending", "validating", "processing")
SETTLED = ("success", "partial_success")


@dataclass(frozen=True, slots=True)
class Import:
    """A row of `csv_imports`, as far as the pipeline needs it.

    Attributes:
        source_path: Where its file lies; None where someone else adds its records.
        reason: Why a failed one failed.
        again: Whether it failed for a reason that is not in its content, so that the same content may come again.
        readings: How often its reading was begun.
        parent_import_id: The import whose fix file it is; None for any other file.
    """

    id: UUID
    import_name: str
    coperniq_type: str | None
    status: str
    file_hash: str
    source_path: str | None
    file_size_bytes: int
    reason: str | None
    again: bool
    readings: int = 0
    parent_import_id: UUID | None = None

    @property
    def unfinished(self) -> bool:
        """Say whether its file is still to be read."""
        return self.status in UNFINISHED and self.source_path is not None


_IMPORT: LiteralString = """
    SELECT id, import_name, coperniq_type, status::TEXT AS status, file_hash, source_path,
           file_size_bytes::BIGINT AS file_size_bytes, error_summary ->> 'reason' AS reason,
           coalesce(error_summary -> 'again' = 'true', FALSE) AS again, readings,
           parent_import_id
    FROM csv_imports
"""


def find_by_hash(conn: Connection[Any], contractor_id: UUID, file: InboxFile, type_name: str | None) -> Import | None:
    """Return the import of this content, preferring one that stands; None when there is none."""
    with conn.cursor(row_factory=class_row(Import)) as cursor:
        return cursor.execute(
            _IMPORT
            + """
            WHERE contractor_config_id = %s AND file_hash = %s AND coperniq_type IS NOT DISTINCT FROM %s
            ORDER BY (status IN ('failed', 'rolled_back')), created_at DESC LIMIT 1
            """,
            [contractor_id, file.sha256, type_name],
        ).fetchone()


def get(conn: Connection[Any], import_id: UUID) -> Import:
    """Return an import that is there."""
    with conn.cursor(row_factory=class_row(Import)) as cursor:
        found = cursor.execute(_IMPORT + "WHERE id = %s", [import_id]).fetchone()
    assert found is not None  # noqa: S101 - as the docstring says
    return found


def register(
    conn: Connection[Any], contractor_id: UUID, file: InboxFile, record_type: RecordType, source: str, by: str,
    parent_id: UUID | None = None,
) -> UUID | None:  # fmt: skip
    """Register a file as a pending import; None when another run registered the same content first.

    Args:
        conn: In a transaction.
        contractor_id: Whose file it is.
        file: The file.
        record_type: Of its rows.
        source: Where it lies.
        by: Who imports.
        parent_id: The import whose fix file it is; None for any other file.
    """
    try:
        with conn.transaction():
            found = conn.execute(
                """
                INSERT INTO csv_imports (
                    contractor_config_id, import_name, coperniq_type, imported_by, file_size_bytes, file_hash,
                    source_path, parent_import_id)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
                """,
                [contractor_id, file.name, record_type.name, by, file.size_bytes, file.sha256, source, parent_id],
            ).fetchone()
            assert found is not None  # noqa: S101 - RETURNING gives one row
    except psycopg.errors.UniqueViolation:
        return None
    return found[0]


def register_failed(
    conn: Connection[Any], contractor_id: UUID, file: InboxFile, source: str, by: str, reason: str
) -> UUID:
    """Register a file that fits no type as a failed import with its reason."""
    found = conn.execute(
        """
        INSERT INTO csv_imports (contractor_config_id, import_name, file_size_bytes, file_hash, imported_by,
                                 source_path, status, coperniq_sync_status, error_summary)
        VALUES (%s, %s, %s, %s, %s, %s, 'failed', 'failed', %s) RETURNING id
        """,
        [contractor_id, file.name, file.size_bytes, file.sha256, by, source, Jsonb(_summary(reason=reason))],
    ).fetchone()
    assert found is not None  # noqa: S101 - an INSERT gives its row
    return found[0]


def unfinished(conn: Connection[Any], contractor_id: UUID) -> list[Import]:
    """List a contractor's imports to be read or to be entered, in the order in which they were registered."""
    with conn.cursor(row_factory=class_row(Import)) as cursor:
        return cursor.execute(
            _IMPORT
            + """
            WHERE contractor_config_id = %s AND status <> 'failed' AND entered_at IS NULL AND source_path IS NOT NULL
            ORDER BY created_at, import_name
            """,
            [contractor_id],
        ).fetchall()


def due(conn: Connection[Any]) -> list[str]:
    """Name the active contractors with imports to be read or to be entered, while no run works for them."""
    rows = conn.execute(
        """
        SELECT m.slug FROM mep_contractor_configs AS m
        LEFT JOIN contractor_leases AS l ON l.contractor_config_id = m.id
        WHERE
            m.slug IS NOT NULL AND m.is_active AND coalesce(l.expires_at <= clock_timestamp(), TRUE)
            AND EXISTS (
                SELECT FROM csv_imports AS i
                WHERE i.contractor_config_id = m.id AND i.entered_at IS NULL AND i.source_path IS NOT NULL
                  AND i.status NOT IN ('failed', 'rolled_back')
            )
        ORDER BY m.slug
        """
    ).fetchall()
    return [slug for (slug,) in rows]


def relocate(conn: Connection[Any], import_id: UUID, source: str) -> None:
    """Write down where the file of an unfinished import lies now."""
    conn.execute("UPDATE csv_imports SET source_path = %s WHERE id = %s", [source, import_id])


def hold(conn: Connection[Any], import_id: UUID) -> bool:
    """Hold an import for this transaction alone; False when its file is read already.

    The lock lets others refer to the import: the streams that write its rows do. It is held however long the reading
    takes, whatever the server says of idle transactions and long statements.
    """
    conn.execute(
        "SELECT set_config('idle_in_transaction_session_timeout', '0', TRUE),"
        " set_config('statement_timeout', '0', TRUE)"
    )
    found = conn.execute(
        "SELECT FROM csv_imports WHERE id = %s AND status = ANY(%s::csv_import_status[]) FOR NO KEY UPDATE",
        [import_id, list(UNFINISHED)],
    ).fetchone()
    return found is not None


def begin(conn: Connection[Any], import_id: UUID) -> bool:
    """Begin to read an import: `validating`, without the rows that a dead run left; False when it is read already.

    Args:
        conn: In a transaction of its own, so that what is deleted is out of the way of those who write.
        import_id: The import.
    """
    if not hold(conn, import_id):
        return False
    conn.execute("DELETE FROM csv_import_records WHERE csv_import_id = %s", [import_id])
    conn.execute("UPDATE csv_imports SET status = 'validating', readings = readings + 1 WHERE id = %s", [import_id])
    return True


def process(conn: Connection[Any], import_id: UUID) -> None:
    """Move an import that is being validated on to `processing`."""
    conn.execute("UPDATE csv_imports SET status = 'processing' WHERE id = %s AND status = 'validating'", [import_id])


def fail(conn: Connection[Any], import_id: UUID, reason: str, *, again: bool, settled: bool) -> None:
    """Mark an import as failed, with the reason; none of its rows stands. One that is entered stays as it is.

    Args:
        conn: In autocommit mode.
        import_id: The import.
        reason: Why, and what to do.
        again: Whether the same content is imported when it comes again.
        settled: Whether it failed when it was entered; else another run, if there is one, may have read it meanwhile.
    """
    with conn.transaction():
        failed = conn.execute(
            """
            UPDATE csv_imports
            SET
                status = 'failed', coperniq_sync_status = 'failed', error_summary = %s,
                total_records_attempted = 0, total_records_success = 0, total_records_failed = 0
            WHERE id = %s AND status = ANY(%s::csv_import_status[]) AND entered_at IS NULL
            """,
            [Jsonb({**_summary(reason=reason), "again": again}), import_id, list(SETTLED if settled else UNFINISHED)],
        )
        if failed.rowcount:
            conn.execute("DELETE FROM csv_import_records WHERE csv_import_id = %s", [import_id])


def _summary(reason: str) -> dict[str, Any]:
    return {"reason": reason, "field_errors": {}, "validation_errors": []}
