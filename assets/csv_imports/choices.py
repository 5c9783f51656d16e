"""The SQL of what columns were taken for: written down for each import, and remembered for the contractor's next files.

What belongs here: `csv_column_mapping`. What does not: deciding what a column is taken for (`mapping`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from assets.csv_imports.mapping.decision import Earlier
from assets.csv_imports.mapping.matching import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.mapping.decision import ColumnMapping
    from assets.record_types import RecordType


def write(conn: Connection[Any], import_id: UUID, record_type: RecordType, rows: Iterable[ColumnMapping]) -> None:
    """Write down what each column and constant was taken for, in place of what an interrupted reading wrote."""
    conn.execute("DELETE FROM csv_column_mapping WHERE csv_import_id = %s", [import_id])
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO csv_column_mapping (
                csv_import_id, csv_column_number, csv_column_header, coperniq_type, coperniq_field_name,
                transformation_rule, transformation_params, is_required, validation_rule, source, confidence)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (
                    import_id, row.number, row.header, record_type.name, row.field, row.rule,
                    Jsonb(row.params) if row.params else None, row.required, row.validation,
                    row.choice and row.choice.source, row.choice and row.choice.confidence,
                )
                for row in rows
            ],
        )  # fmt: skip


def read_as(conn: Connection[Any], record_type: RecordType, parent_id: UUID) -> UUID | None:
    """Return the import that tells how the rows of one were read as a type; None where there is none.

    It is that import itself. For another type it is the other import of its file, or of the file that its rows came
    from first: a fix file of sites alone, or a replay, has none beside it.
    """
    found = conn.execute(
        """
        WITH RECURSIVE line AS (
            SELECT id, parent_import_id, file_hash, 0 AS step FROM csv_imports WHERE id = %(parent)s
            UNION ALL
            SELECT i.id, i.parent_import_id, i.file_hash, line.step + 1
            FROM line INNER JOIN csv_imports AS i ON line.parent_import_id = i.id
        )

        SELECT i.id
        FROM line
        INNER JOIN csv_imports AS own ON line.id = own.id
        INNER JOIN csv_imports AS i
            ON own.contractor_config_id = i.contractor_config_id AND line.file_hash = i.file_hash
        WHERE i.coperniq_type = %(type)s AND i.total_records_attempted > 0
        ORDER BY line.step, i.id = line.id DESC, i.created_at DESC, i.id DESC
        LIMIT 1
        """,
        {"parent": parent_id, "type": record_type.name},
    ).fetchone()
    return found[0] if found else None


def decided(conn: Connection[Any], import_id: UUID) -> dict[str, str | None]:
    """Return what a person had decided of the columns of an import, by the header; None for one that is not sent."""
    rows = conn.execute(
        """
        SELECT csv_column_header, coalesce(transformation_params ->> 'part', coperniq_field_name)
        FROM csv_column_mapping WHERE csv_import_id = %s AND source = 'override' AND csv_column_header <> ''
        ORDER BY csv_column_number
        """,
        [import_id],
    ).fetchall()
    return dict(rows)


def earlier(
    conn: Connection[Any], contractor_id: UUID, record_type: RecordType, import_id: UUID | None = None
) -> dict[str, Earlier]:
    """Return what a contractor's former imports of a type made of headers, by the header as `matching.plain` has it.

    The latest word on a header counts; an import that failed has none. Where an import is given, its alone counts.
    """
    rows = conn.execute(
        """
        SELECT
            m.csv_column_header,
            m.source IN ('override', 'similar', 'earlier') AS chosen,
            coalesce(m.transformation_params ->> 'part', m.coperniq_field_name) AS target,
            m.transformation_params ->> 'order' AS dates_order
        FROM csv_column_mapping AS m
        INNER JOIN csv_imports AS i ON m.csv_import_id = i.id
        WHERE
            i.contractor_config_id = %(contractor)s
            AND i.coperniq_type = %(type)s
            AND (i.id = %(import)s
                 OR %(import)s::UUID IS NULL AND i.parent_import_id IS NULL
                 AND i.status IN ('success', 'partial_success'))
            AND m.csv_column_header <> ''
            AND (m.source IN ('override', 'similar', 'earlier') OR m.transformation_params ? 'order')
        ORDER BY i.created_at, i.id, m.csv_column_number
        """,
        {"contractor": contractor_id, "type": record_type.name, "import": import_id},
    ).fetchall()
    known: dict[str, Earlier] = {}
    for header, chosen, target, order in rows:
        before = known.get(plain(header), Earlier())
        known[plain(header)] = Earlier(
            chosen=chosen or before.chosen,
            target=target if chosen else before.target,
            order=order or before.order,
        )
    return known
