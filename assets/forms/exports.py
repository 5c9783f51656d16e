"""The SQL of exporting forms: which ones are to go, the imports that they become, and which row is whose.

What belongs here: `forms_to_export`, `form_exports`, and the columns of submissions that speak of their export. What
does not: which template field is which field of Coperniq (`field_mapping`), rows of imports, which are written as a
file's are (`csv_imports`). Callers own the transaction: one for all of an export.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import args_row

from assets.csv_imports.store import Import
from assets.forms.filling import Said
from assets.forms.sheets import SUBMISSION
from assets.sql import refresh_forms, statements

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

    from assets.forms.filling import Sheet
    from assets.forms.sheets import SheetFile

NOTHING = "Nothing of the form can be sent: `mep field-mapping list` shows what its template fills in Coperniq."


def hold(conn: Connection[Any], contractor_id: UUID, threshold: float) -> int:
    """Hold the forms that fill a field of which it is less sure than that what it means; return how many."""
    (statement,) = statements("assets.forms", "hold.sql")
    return conn.execute(statement, {"contractor": contractor_id, "threshold": threshold}).rowcount


def choose(conn: Connection[Any], contractor_id: UUID, threshold: float, most: int) -> dict[UUID, datetime]:
    """Take forms that nobody is to be asked about and that no other run has; give when each was approved."""
    (statement,) = statements("assets.forms", "choose.sql")
    parameters = {"contractor": contractor_id, "threshold": threshold, "most": most}
    while chosen := dict(conn.execute(statement, parameters).fetchall()):
        # What another run exported while this statement began is seen by the next one only; it cannot change any more.
        exported = conn.execute(
            "SELECT form_submission_id FROM form_exports WHERE form_submission_id = ANY(%s)", [list(chosen)]
        ).fetchall()
        if left := {form: at for form, at in chosen.items() if (form,) not in exported}:
            return left
    return {}


def said(conn: Connection[Any], form_ids: Sequence[UUID]) -> list[Said]:
    """Return what forms say of Coperniq's fields, those that were approved last first, in the order of the template."""
    with conn.cursor(row_factory=args_row(Said)) as cursor:
        return cursor.execute(
            """
            SELECT s.id, t.template_field_name, t.coperniq_type, t.coperniq_field_name, t.confidence::FLOAT8, t.value
            FROM mep_form_submissions AS s
            CROSS JOIN LATERAL form_targets(s.template_id, s.form_data) WITH ORDINALITY
                AS t (template_field_name, coperniq_type, coperniq_field_name, confidence, value, place)
            WHERE s.id = ANY(%s)
            ORDER BY s.approved_at DESC, s.id DESC, t.place
            """,
            [list(form_ids)],
        ).fetchall()


def unsent(
    conn: Connection[Any], contractor_id: UUID, sheet: Sheet, keys: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Return what rows of these keys would send, of those that were not sent yet."""
    rows = conn.execute(
        """
        SELECT c.record_key, r.mapped_data
        FROM coperniq_records AS c INNER JOIN csv_import_records AS r ON r.id = c.csv_import_record_id
        WHERE c.contractor_config_id = %s AND c.coperniq_type = %s AND c.record_key = ANY(%s)
            AND c.state IN ('waiting', 'ready') AND r.mapped_data IS NOT NULL
        """,
        [contractor_id, sheet.record_type.name, list(keys)],
    ).fetchall()
    return dict(rows)


def register(conn: Connection[Any], contractor_id: UUID, name: str, sheet: Sheet, file: SheetFile, by: str) -> Import:
    """Register an import of forms; it has no source that another run could read again."""
    size, digest, type_name = len(file.content), file.sha256, sheet.record_type.name
    found = conn.execute(
        """
        INSERT INTO csv_imports (
            contractor_config_id, import_name, coperniq_type, imported_by, file_size_bytes, file_hash)
        VALUES (%s, %s, %s, %s, %s, %s) RETURNING id
        """,
        [contractor_id, name, type_name, by, size, digest],
    ).fetchone()
    assert found is not None  # noqa: S101 - RETURNING gives one row
    return Import(found[0], name, type_name, "pending", digest, None, size, None, again=False)


def name_sources(conn: Connection[Any], import_id: UUID, sheet: Sheet, file: SheetFile) -> None:
    """Write which template fields each column of an import of forms came from, and how sure the least sure one is."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            UPDATE csv_column_mapping SET csv_column_header = %s, source = 'form', confidence = %s
            WHERE csv_import_id = %s AND csv_column_number = %s
            """,
            [
                (", ".join(sources), min(sources.values()), import_id, number)
                for number, header in enumerate(file.headers, 1)
                if (sources := sheet.sources.get(header))
            ],
        )


def link(conn: Connection[Any], contractor_id: UUID, made: Import) -> None:
    """Write which row of an import each form became, once its rows are entered."""
    (statement,) = statements("assets.forms", "link.sql")
    conn.execute(
        statement,
        {"contractor": contractor_id, "type": made.coperniq_type, "import": made.id, "submission": SUBMISSION},
    )


def conclude(conn: Connection[Any], contractor_id: UUID, form_ids: Sequence[UUID]) -> None:
    """Write that forms are exported, count that for their templates, and say of each how far it is."""
    ids = list(form_ids)
    conn.execute(
        "UPDATE mep_form_submissions SET coperniq_import_status = 'pending', coperniq_import_error = NULL"
        " WHERE id = ANY(%s)",
        [ids],
    )
    conn.execute(
        """
        UPDATE mep_form_submissions SET coperniq_import_status = 'failed', coperniq_import_error = %s
        WHERE id = ANY(%s) AND id NOT IN (SELECT form_submission_id FROM form_exports)
        """,
        [NOTHING, ids],
    )
    conn.execute(
        """
        INSERT INTO mep_template_usage (template_id, contractor_config_id, submission_id, action)
        SELECT template_id, contractor_config_id, id, 'exported' FROM mep_form_submissions
        WHERE id = ANY(%s) AND coperniq_import_status = 'pending'
        """,
        [ids],
    )
    refresh_forms(conn, contractor_id)


def questions(conn: Connection[Any], contractor_id: UUID) -> dict[str, int]:
    """Return what holds forms of a contractor, with the number of forms that each question holds."""
    rows = conn.execute(
        """
        SELECT coperniq_import_error, count(*) FROM forms_to_export
        WHERE contractor_config_id = %s AND coperniq_import_status = 'pending' AND coperniq_import_error IS NOT NULL
        GROUP BY coperniq_import_error ORDER BY count(*) DESC, coperniq_import_error
        """,
        [contractor_id],
    ).fetchall()
    return dict(rows)


def due(conn: Connection[Any]) -> list[str]:
    """Name the active contractors with approved forms that no run has looked at yet."""
    rows = conn.execute(
        """
        SELECT m.slug FROM mep_contractor_configs AS m
        WHERE m.slug IS NOT NULL AND m.is_active AND EXISTS (
            SELECT FROM forms_to_export AS f
            WHERE f.contractor_config_id = m.id AND f.coperniq_import_status IS NULL
        )
        ORDER BY m.slug
        """
    ).fetchall()
    return [slug for (slug,) in rows]
