"""The SQL of what is handed back: which imports are to be handed back, and which of their rows need work.

What belongs here: reading rows as they are handed back, and noting that they were. What does not: files (`fix_file`,
`workbook`, `report`). Callers own transactions unless a docstring says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from assets.outbox.fix_file import Column, Faulty, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

AT_ONCE = 2_000
"""Rows that are in memory."""
_FAULTY = """
    FROM csv_import_records AS r
    WHERE r.csv_import_id = %(import)s
        AND r.corrected_by_id IS NULL
        AND r.erased_at IS NULL
        AND (
            r.status = 'error'
            OR r.id IN (
                SELECT c.csv_import_record_id FROM coperniq_records AS c
                WHERE c.csv_import_id = %(import)s AND c.state = 'rejected'
            )
        )
        -- A site whose contact is to be corrected comes with the contact. Each is looked up by its number: of how many
        -- rows an import has the planner knows nothing.
        AND NOT coalesce(
            (
                SELECT t.status = 'error' AND t.corrected_by_id IS NULL FROM csv_import_records AS t
                WHERE t.csv_import_id = %(contacts)s AND t.record_number = r.record_number
            ), FALSE
        )
"""


@dataclass(frozen=True, slots=True)
class Due:
    """An import whose results have changed since they were handed back.

    Attributes:
        id: Its id.
        import_name: The name of its file.
        is_rolled_back: Whether it was rolled back, so that nothing of it is to be corrected.
        updated_at: When it changed last.
        contacts_id: The import of the contacts in its file, where it is that of their sites.
        delimiter: Of its file; None for a workbook.
    """

    id: UUID
    import_name: str
    is_rolled_back: bool
    updated_at: datetime
    contacts_id: UUID | None
    delimiter: str | None


def due(conn: Connection[Any], contractor_id: UUID) -> list[Due]:
    """List a contractor's finished imports of files that changed since they were handed back, the oldest first."""
    with conn.cursor(row_factory=class_row(Due)) as cursor:
        return cursor.execute(
            """
            SELECT
                i.id, i.import_name, i.status = 'rolled_back' AS is_rolled_back, i.updated_at,
                (
                    SELECT t.id FROM csv_imports AS t
                    WHERE i.coperniq_type = 'Site' AND t.coperniq_type = 'Contact' AND t.file_hash = i.file_hash
                        AND t.contractor_config_id = i.contractor_config_id
                        AND t.status IN ('success', 'partial_success', 'failed') AND t.total_records_attempted > 0
                    ORDER BY t.created_at DESC LIMIT 1
                ) AS contacts_id,
                i.read_as ->> 'delimiter' AS delimiter
            FROM csv_imports AS i
            WHERE i.contractor_config_id = %s AND (i.handed_back_at IS NULL OR i.handed_back_at < i.updated_at)
                AND i.completed_at IS NOT NULL AND i.source_path IS NOT NULL
            ORDER BY i.created_at, i.id
            """,
            [contractor_id],
        ).fetchall()


def note(conn: Connection[Any], handed_back: Due) -> None:
    """Write down that an import was handed back; not where it changed meanwhile, so that it is again."""
    conn.execute(
        # Its trigger gives updated_at the same time.
        "UPDATE csv_imports SET handed_back_at = now() WHERE id = %s AND updated_at = %s",
        [handed_back.id, handed_back.updated_at],
    )


def table(conn: Connection[Any], of: Due) -> Table:
    """Return the columns of the fix file of an import."""
    columns: dict[int, Column] = {}
    for number, header, field in conn.execute(
        """
        SELECT csv_column_number, csv_column_header, coperniq_field_name FROM csv_column_mapping
        WHERE csv_import_id = %s AND csv_column_header <> '' ORDER BY csv_column_number
        """,
        [of.id],
    ):
        column = columns.setdefault(number, Column(number, header, set()))
        column.fields.update([field] if field else [])
    widest = conn.execute(
        f"""
        SELECT max((SELECT count(*) FROM jsonb_object_keys(r.record_data)))
        {_FAULTY} AND r.status = 'error' AND r.invalid_fields IS NULL
        """,  # noqa: S608 - a constant of this module
        {"import": of.id, "contacts": of.contacts_id},
    ).fetchone()
    return Table(of.id, list(columns.values()), max(0, ((widest and widest[0]) or 0) - len(columns)), of.delimiter)


def faulty(conn: Connection[Any], of: Due) -> Iterator[Faulty]:
    """Yield the rows of an import that need work, in their order, some at a time.

    Args:
        conn: In autocommit mode; a transaction of its own lasts until the last row was taken.
        of: The import.
    """
    with conn.transaction(), conn.cursor(name="faulty_rows", row_factory=class_row(Faulty)) as cursor:
        conn.execute("SELECT set_config('statement_timeout', '0', TRUE)")
        cursor.itersize = AT_ONCE
        yield from cursor.execute(
            f"""
            SELECT
                r.record_number AS number,
                r.record_data AS data,
                coalesce(r.error_message, '') AS message,
                CASE
                    WHEN r.status = 'error' THEN r.invalid_fields || r.missing_required_fields ELSE '{{}}'
                END AS fields
            {_FAULTY}
            ORDER BY r.record_number
            """,
            {"import": of.id, "contacts": of.contacts_id},
        )
