"""The SQL of fix files: which import a file corrects, what became of the rows that it names, and putting them right.

What belongs here: `parent_import_id`, and reading and writing which row is another attempt at which. What does not:
what follows for a row (`judging.attempts`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from assets.catalogue import CONTACT, SITE
from assets.csv_imports.judging.attempts import Named
from assets.sql import execute

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection

_CORRECT = ("assets.csv_imports", "correct.sql")


@dataclass(frozen=True, slots=True)
class Parent:
    """An import whose rows a fix file corrects.

    Attributes:
        id: Its id.
        import_name: The name of its file.
        coperniq_type: Of its rows.
        is_rolled_back: Whether it was rolled back, so that none of its rows wants work.
        origin: Where the file lay that the first of its line came from: the one that is no fix file.
        headers: Of the columns of its file, in their order.
        twins: The imports of that file: several, where it fed several types. A row of one is a row of all.
    """

    id: UUID
    import_name: str
    coperniq_type: str
    is_rolled_back: bool
    origin: str
    headers: list[str]
    twins: list[UUID]


def parent(conn: Connection[Any], contractor_id: UUID, import_id: UUID) -> Parent | None:
    """Return an import of a contractor as one whose rows may be corrected; None where it has no rows to correct."""
    with conn.cursor(row_factory=class_row(Parent)) as cursor:
        return cursor.execute(
            """
            WITH RECURSIVE line AS (
                SELECT id, parent_import_id, source_path FROM csv_imports WHERE id = %(import)s
                UNION
                SELECT i.id, i.parent_import_id, i.source_path
                FROM line INNER JOIN csv_imports AS i ON line.parent_import_id = i.id
            )
            SELECT
                i.id, i.import_name, i.coperniq_type, i.status = 'rolled_back' AS is_rolled_back,
                (SELECT line.source_path FROM line WHERE line.parent_import_id IS NULL) AS origin,
                ARRAY(
                    SELECT DISTINCT ON (m.csv_column_number) m.csv_column_header FROM csv_column_mapping AS m
                    WHERE m.csv_import_id = i.id AND m.csv_column_header <> '' ORDER BY m.csv_column_number
                ) AS headers,
                ARRAY(
                    SELECT t.id FROM csv_imports AS t
                    WHERE t.contractor_config_id = i.contractor_config_id AND t.file_hash = i.file_hash
                          AND t.status IN ('success', 'partial_success', 'failed') AND t.total_records_attempted > 0
                    ORDER BY t.created_at
                ) AS twins
            FROM csv_imports AS i
            WHERE i.id = %(import)s AND i.contractor_config_id = %(contractor)s AND i.source_path IS NOT NULL
                  AND i.completed_at IS NOT NULL AND i.total_records_attempted > 0
            """,
            {"import": import_id, "contractor": contractor_id},
        ).fetchone()


def corrected_with(conn: Connection[Any], contractor_id: UUID, of: Parent) -> list[Parent]:
    """Return the imports that the fix file of one corrects: where a file of contacts fed sites, those as well.

    Not the other way round: a site is nothing without its contact, but a contact is right or wrong by itself.
    """
    if of.coperniq_type != CONTACT.name:
        return [of]
    fed = (parent(conn, contractor_id, twin) for twin in of.twins if twin != of.id)
    return [of, *(twin for twin in fed if twin is not None and twin.coperniq_type == SITE.name)]


def named(conn: Connection[Any], import_id: UUID, numbers: Sequence[int]) -> dict[int, Named]:
    """Return the rows of an import that have these numbers, by number."""
    rows = conn.execute(
        """
        SELECT
            r.record_number,
            r.id,
            EXISTS (SELECT FROM open_csv_import_records AS o WHERE o.csv_import_record_id = r.id),
            (
                SELECT format(
                    '%%s row %%s of %%s',
                    CASE a.status WHEN 'error' THEN 'came again as' ELSE 'was put right by' END,
                    a.record_number, i.import_name
                )
                FROM csv_import_records AS a INNER JOIN csv_imports AS i ON a.csv_import_id = i.id
                WHERE a.id = r.corrected_by_id
            ),
            CASE WHEN r.status = 'error' AND r.invalid_fields IS NULL THEN r.record_data END,
            r.error_message
        FROM csv_import_records AS r
        WHERE r.csv_import_id = %s AND r.record_number = ANY(%s)
        """,
        [import_id, list(numbers)],
    ).fetchall()
    return {number: Named(*row) for number, *row in rows}


def correct(conn: Connection[Any], import_id: UUID) -> None:
    """Write down what the settled rows of a fix file have put right, and how much is open of every import before it."""
    execute(conn, {"import": import_id}, _CORRECT)
