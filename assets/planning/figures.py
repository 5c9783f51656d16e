"""The SQL that reads what came of an import off the shadow: its columns, its rows by outcome, samples and differences.

What belongs here: questions about what stands in the shadow once all is sent. What does not: making it (`shadow`,
`sending`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assets.csv_imports import summaries
from assets.planning.forecast import OUTCOMES, Column, Difference, Sample
from assets.sql import statements
from assets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.planning.forecast import PlannedImport

SHOWN = 3
"""Rows of each outcome that are shown."""
MOST_DIFFERENCES = 1_000
"""Updates whose fields are given with their values."""
SHOWN_CAUSES = 8
MOST_CHARACTERS = 80
MOST_SAID = 300


def settle(conn: Connection[Any], import_ids: Sequence[UUID], unsendable: Mapping[str, str]) -> None:
    """Decide what becomes of each row of imports, for the questions below.

    Args:
        conn: In the shadow, after all is sent.
        import_ids: The imports.
        unsendable: Why records of types cannot be sent, by type.
    """
    for statement in statements("assets.planning", "outcomes.sql"):
        conn.execute(statement, {"imports": list(import_ids), "unsendable": Jsonb(dict(unsendable))})


def fill(conn: Connection[Any], import_id: UUID, planned: PlannedImport, *, is_read: bool) -> None:
    """Say of an import which content it has and, if this plan has read it, what came of that."""
    planned.coperniq_type, planned.sha256, planned.size_bytes, read_as, warnings = _import(conn, import_id)
    if not is_read:
        return
    planned.read_as, planned.doubts = read_as or {}, warnings or []
    planned.columns = _columns(conn, import_id)
    counted = conn.execute(
        """
        SELECT outcome, count(*), count(*) FILTER (WHERE is_warned AND outcome IN ('created', 'updated', 'waiting'))
        FROM outcomes WHERE csv_import_id = %s GROUP BY outcome
        """,
        [import_id],
    ).fetchall()
    planned.counts = dict.fromkeys(OUTCOMES, 0) | {outcome: rows for outcome, rows, _ in counted}
    planned.warned = sum(warned for *_, warned in counted)
    planned.causes = summaries.commonest_causes(conn, [import_id], SHOWN_CAUSES)
    waited_for = conn.execute(
        """
        SELECT waits_for, count(*) FROM outcomes WHERE csv_import_id = %s AND outcome = 'waiting'
        GROUP BY waits_for ORDER BY count(*) DESC, waits_for LIMIT %s
        """,
        [import_id, SHOWN_CAUSES],
    ).fetchall()
    planned.waits_for = [(one_line(what, MOST_SAID), rows) for what, rows in waited_for]
    planned.samples = {name: _samples(conn, import_id, name) for name in OUTCOMES if planned.counts[name]}
    if planned.counts["updated"]:
        planned.changed_fields, planned.differences = _changed_fields(conn, import_id), _differences(conn, import_id)
        planned.updates_left_out = max(0, planned.counts["updated"] - MOST_DIFFERENCES)


def _import(conn: Connection[Any], import_id: UUID) -> tuple[Any, ...]:
    found = conn.execute(
        "SELECT coperniq_type, file_hash, file_size_bytes, read_as, warnings FROM csv_imports WHERE id = %s",
        [import_id],
    ).fetchone()
    return found or (None, None, 0, None, None)


def _columns(conn: Connection[Any], import_id: UUID) -> list[Column]:
    with conn.cursor(row_factory=class_row(Column)) as cursor:
        return cursor.execute(
            """
            SELECT
                csv_column_header AS header, coperniq_field_name AS field,
                coalesce(transformation_params ->> 'function', transformation_rule) AS rule, source,
                confidence::FLOAT8 AS confidence
            FROM csv_column_mapping WHERE csv_import_id = %s ORDER BY csv_column_number, coperniq_field_name
            """,
            [import_id],
        ).fetchall()


def _samples(conn: Connection[Any], import_id: UUID, outcome: str) -> list[Sample]:
    rows = conn.execute(
        """
        SELECT r.record_number, coalesce(r.mapped_data, r.record_data), first.waits_for, first.said
        FROM (
            SELECT * FROM outcomes WHERE csv_import_id = %s AND outcome = %s ORDER BY record_number LIMIT %s
        ) AS first
        INNER JOIN csv_import_records AS r ON r.id = first.row_id
        ORDER BY r.record_number
        """,
        [import_id, outcome, SHOWN],
    ).fetchall()
    return [
        Sample(
            number,
            {_shown(name): _shown(value) for name, value in values.items() if value not in (None, "", [])},
            one_line(f"Waits for {waits_for}." if outcome == "waiting" else said or "", MOST_SAID) or None,
        )
        for number, values, waits_for, said in rows
    ]


# Fields that an update leaves out stay as they are in Coperniq.
_CHANGED = """
    FROM planned AS p
    CROSS JOIN LATERAL jsonb_each(p.after) AS field (name, value)
    WHERE p.csv_import_id = %s AND p.operation = 'updated'
      AND field.value IS DISTINCT FROM coalesce(p.before, '{}') -> field.name
"""


def _changed_fields(conn: Connection[Any], import_id: UUID) -> list[tuple[str, int]]:
    return conn.execute(
        f"SELECT field.name, count(*) {_CHANGED} GROUP BY field.name ORDER BY count(*) DESC, field.name", [import_id]
    ).fetchall()


def _differences(conn: Connection[Any], import_id: UUID) -> list[Difference]:
    rows = conn.execute(
        f"""
        SELECT p.record_number, field.name, p.before -> field.name, field.value {_CHANGED}
          AND p.record_id IN (
              SELECT record_id FROM planned WHERE csv_import_id = %s AND operation = 'updated'
              ORDER BY record_number LIMIT %s
          )
        ORDER BY p.record_number, field.name
        """,  # noqa: S608 - the statement's own text
        [import_id, import_id, MOST_DIFFERENCES],
    ).fetchall()
    return [
        Difference(number, name, None if before is None else _shown(before), _shown(after))
        for number, name, before, after in rows
    ]


def _shown(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return one_line(text, MOST_CHARACTERS)
