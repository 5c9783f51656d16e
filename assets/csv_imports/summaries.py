"""The SQL that shows imports: how many rows have which status, why, and what waits.

What belongs here: questions that change nothing. What does not: making imports (`store`, `settling`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from assets import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection

STATUSES = ("valid", "warning", "error", "duplicate", "skipped")
"""Of rows, in the order in which they are shown."""


def types(conn: Connection[Any], import_ids: Sequence[UUID]) -> list[str]:
    """Name the types of imports, those aside that fit none."""
    rows = conn.execute(
        "SELECT DISTINCT coperniq_type FROM csv_imports WHERE id = ANY(%s) AND coperniq_type IS NOT NULL ORDER BY 1",
        [list(import_ids)],
    ).fetchall()
    return [row[0] for row in rows]


def statuses(conn: Connection[Any], import_ids: Sequence[UUID]) -> dict[str, dict[str, int]]:
    """Count the rows of imports by status, all statuses in their order; by the imports' names.

    Where a file is imported as several types, these are named, too.
    """
    rows = conn.execute(
        """
        SELECT m.import_name, m.coperniq_type, r.status::TEXT, count(*)
        FROM csv_imports AS m JOIN csv_import_records AS r ON r.csv_import_id = m.id
        WHERE m.id = ANY(%s) GROUP BY m.id, r.status ORDER BY m.created_at, m.import_name, m.coperniq_type
        """,
        [list(import_ids)],
    ).fetchall()
    of_name: dict[str, set[str]] = {}
    for name, type_name, *_ in rows:
        of_name.setdefault(name, set()).add(type_name)
    counted: dict[str, dict[str, int]] = {}
    for name, type_name, status, records in rows:
        shown = name if len(of_name[name]) == 1 else f"{name}, {type_name}"
        counted.setdefault(shown, dict.fromkeys(STATUSES, 0))[status] += records
    return counted


def in_all(statuses: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Add up the rows of imports by status."""
    return {status: sum(of.get(status, 0) for of in statuses.values()) for status in STATUSES}


def commonest_causes(conn: Connection[Any], import_ids: Sequence[UUID], limit: int) -> list[tuple[str, int]]:
    """Return the commonest reasons for which rows of imports are errors, in words, with their numbers."""
    return conn.execute(
        """
        SELECT cause ->> 'cause', sum((cause ->> 'records')::INTEGER)::INTEGER AS records
        FROM csv_imports CROSS JOIN LATERAL jsonb_array_elements(error_summary -> 'validation_errors') AS cause
        WHERE id = ANY(%s) GROUP BY 1 ORDER BY records DESC, 1 LIMIT %s
        """,
        [list(import_ids), limit],
    ).fetchall()


def doubts(conn: Connection[Any], import_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """Return what is doubtful about the files of imports as a whole: the file's name and a sentence."""
    return conn.execute(
        """
        SELECT import_name, warning FROM csv_imports CROSS JOIN LATERAL unnest(warnings) AS warning
        WHERE id = ANY(%s) ORDER BY created_at, import_name
        """,
        [list(import_ids)],
    ).fetchall()


@dataclass(frozen=True, slots=True)
class Summary:
    """An import as a person wants to see it: its rows by what became of them.

    `sent` rows are in Coperniq; `waiting` ones are to be sent, or their sending is not settled; `refused` ones Coperniq
    did not take; `open` ones need work, and no fix file has put them right.
    """

    id: UUID
    import_name: str
    coperniq_type: str | None
    status: str
    reason: str | None
    attempted: int
    success: int
    failed: int
    duplicate: int
    skipped: int
    sent: int
    waiting: int
    refused: int
    open: int


def summaries(conn: Connection[Any], import_ids: Sequence[UUID]) -> list[Summary]:
    """Summarise imports, in the order in which they were registered, those of one moment parents before children."""
    with conn.cursor(row_factory=class_row(Summary)) as cursor:
        return cursor.execute(
            """
            SELECT m.id, m.import_name, m.coperniq_type, m.status::TEXT AS status, m.error_summary ->> 'reason' AS
            reason,
                   coalesce(m.total_records_attempted, 0) AS attempted, coalesce(m.total_records_success, 0) AS success,
                   coalesce(m.total_records_failed, 0) AS failed, counted.duplicate, counted.skipped, counted.sent,
                   CASE
                       WHEN m.status IN ('success', 'partial_success') AND m.source_path IS NOT NULL
                            AND m.entered_at IS NULL THEN m.total_records_success
                       ELSE unsent.waiting
                   END AS waiting,
                   unsent.refused, s.open_records AS open
            FROM csv_imports AS m INNER JOIN csv_import_summary AS s ON s.csv_import_id = m.id
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE status = 'duplicate') AS duplicate,
                       count(*) FILTER (WHERE status = 'skipped') AS skipped,
                       count(*) FILTER (WHERE status IN ('valid', 'warning') AND coperniq_id IS NOT NULL) AS sent
                FROM csv_import_records WHERE csv_import_id = m.id
            ) AS counted
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE state IN ('waiting', 'ready', 'in_flight', 'unknown')) AS waiting,
                       count(*) FILTER (WHERE state = 'rejected') AS refused
                FROM coperniq_records WHERE csv_import_id = m.id
            ) AS unsent
            WHERE m.id = ANY(%s)
            ORDER BY m.created_at, array_position(%s, m.coperniq_type), m.import_name
            """,
            [list(import_ids), [record_type.name for record_type in catalogue.TYPES]],
        ).fetchall()


def of_contractor(conn: Connection[Any], contractor_id: UUID) -> list[UUID]:
    """List the imports of a contractor."""
    rows = conn.execute("SELECT id FROM csv_imports WHERE contractor_config_id = %s", [contractor_id]).fetchall()
    return [row[0] for row in rows]


def waiting_for(conn: Connection[Any], import_ids: Sequence[UUID], limit: int) -> list[tuple[str | None, int]]:
    """Return what most waiting rows of imports wait for, with their numbers."""
    return conn.execute(
        """
        SELECT waiting_for, count(*) FROM coperniq_records
        WHERE csv_import_id = ANY(%s) AND state IN ('waiting', 'ready', 'in_flight', 'unknown')
        GROUP BY waiting_for ORDER BY count(*) DESC, waiting_for LIMIT %s
        """,
        [list(import_ids), limit],
    ).fetchall()


def count_waiting(conn: Connection[Any], contractor_id: UUID) -> int:
    """Count a contractor's rows that are to be sent, or whose sending is not settled."""
    row = conn.execute(
        """
        SELECT
            (
                SELECT count(*) FROM coperniq_records
                WHERE contractor_config_id = %(contractor)s AND state IN ('waiting', 'ready', 'in_flight', 'unknown')
            ) + (
                SELECT coalesce(sum(total_records_success), 0) FROM csv_imports
                WHERE contractor_config_id = %(contractor)s AND status IN ('success', 'partial_success')
                      AND source_path IS NOT NULL AND entered_at IS NULL
            )
        """,
        {"contractor": contractor_id},
    ).fetchone()
    return row[0] if row else 0


def latest(conn: Connection[Any], most: int = 50) -> list[tuple[str, str]]:
    """Return the latest imports, those that can be named in a command: the beginning of each id, and the file."""
    return conn.execute(
        "SELECT left(id::TEXT, 8), import_name FROM csv_imports ORDER BY created_at DESC LIMIT %s", [most]
    ).fetchall()
