"""All SQL of the field mapping: following the catalogue and the templates, and what a human says about it.

What belongs here: `coperniq_field_mapping`. What does not: what its rows should say (`proposing`), and what forms fill
by it (`exports`).
"""

from __future__ import annotations

import contextlib
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import args_row, class_row

from assets.errors import PipelineError
from assets.forms import proposing
from assets.forms.proposing import Row, TemplateField
from assets.sql import execute

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg import Connection

_COLUMNS = [field.name for field in fields(Row)]


class FieldMappingError(PipelineError):
    """Say why a template field cannot be mapped so."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What following the catalogue and the templates changed, in rows."""

    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a template field fills, and whose word that is."""

    template_field_name: str
    coperniq_type: str
    coperniq_field_name: str
    confidence: float
    source: str
    is_ignored: bool
    confirmed_by: str | None


def sync(conn: Connection[Any]) -> Synced:
    """Follow the catalogue and the templates in one transaction; what a human wrote or confirmed stays as it is.

    Args:
        conn: In autocommit mode.
    """
    with conn.transaction(), conn.cursor(row_factory=class_row(Synced)) as cursor:
        # One at a time, to the end of the transaction: none undoes what another did after it had looked.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('coperniq_field_mapping', 0))")
        rows = [*proposing.of_catalogue(), *_of_templates(conn)]
        columns = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
        nothing = sql.SQL("SELECT {} FROM coperniq_field_mapping WHERE FALSE").format(columns)
        cursor.execute(sql.SQL("CREATE TEMP TABLE wanted ON COMMIT DROP AS {}").format(nothing))
        with cursor.copy(sql.SQL("COPY wanted ({}) FROM STDIN").format(columns)) as copying:
            for row in rows:
                copying.write_row(astuple(row))
        execute(conn, {}, ("assets.forms", "sync_field_mapping.sql"))
        (synced,) = cursor.execute("SELECT added, changed, removed FROM changes").fetchall()
    return synced


def every(conn: Connection[Any], template: str | None = None) -> list[Mapped]:
    """List what template fields fill, in the order of their templates; those of one template, or of all."""
    with conn.cursor(row_factory=class_row(Mapped)) as cursor:
        return cursor.execute(
            """
            SELECT m.template_field_name, m.coperniq_type, m.coperniq_field_name,
                   CASE m.source WHEN 'human' THEN 1 ELSE coalesce(m.mapping_confidence, 0) END::FLOAT8 AS confidence,
                   m.source, m.is_ignored, m.confirmed_by
            FROM coperniq_field_mapping AS m
            INNER JOIN templates AS t ON m.template_id = t.id
            LEFT JOIN template_fields AS f ON m.template_field_id = f.id
            LEFT JOIN template_groups AS g ON f.group_id = g.id
            WHERE m.template_field_name IS NOT NULL AND (%(template)s::TEXT IS NULL OR t.name = %(template)s)
            ORDER BY t.name, g.display_order, f.display_order, m.template_field_name, m.coperniq_type,
                     m.coperniq_field_name
            """,
            {"template": template},
        ).fetchall()


def confirm(conn: Connection[Any], template_field: str, target: str, by: str) -> None:
    """Write a human's word that a template field fills a field of Coperniq, proposed or not.

    Raises:
        FieldMappingError: When there is no such template field, or no such field of Coperniq.
    """
    _say(conn, template_field, target, by, ignored=False)


def ignore(conn: Connection[Any], template_field: str, target: str | None, by: str) -> int:
    """Write a human's word that a template field does not fill a field of Coperniq; None for all that it would fill.

    Returns:
        How many it does not fill any more.

    Raises:
        FieldMappingError: When there is no such template field, or no such field of Coperniq.
    """
    if target is not None:
        _say(conn, template_field, target, by, ignored=True)
        return 1
    _field(conn, template_field)
    with _writing(conn, by):
        return conn.execute(
            "UPDATE coperniq_field_mapping SET is_ignored = TRUE WHERE template_field_name = %s AND NOT is_ignored",
            [template_field],
        ).rowcount


def _say(conn: Connection[Any], template_field: str, target: str, by: str, *, ignored: bool) -> None:
    field, found = _field(conn, template_field), proposing.find(target)
    if found is None:
        raise FieldMappingError(f'Coperniq has no field "{target[:80]}": write type and field, such as Contact.emails.')
    row = proposing.row_of(*found, field)
    with _writing(conn, by):
        conn.execute(
            """
            INSERT INTO coperniq_field_mapping (
                coperniq_type, coperniq_field_name, coperniq_field_type, is_required, description, example_values,
                template_id, template_field_id, template_field_name, is_ignored)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (coperniq_type, coperniq_field_name, template_id, template_field_name) DO UPDATE
            SET is_ignored = excluded.is_ignored
            """,
            [
                row.coperniq_type, row.coperniq_field_name, row.coperniq_field_type, row.is_required, row.description,
                row.example_values, row.template_id, row.template_field_id, row.template_field_name, ignored,
            ],
        )  # fmt: skip


@contextlib.contextmanager
def _writing(conn: Connection[Any], by: str) -> Generator[None, None, None]:
    """Say for one transaction who writes: the trigger that marks a human's rows asks for it."""
    with conn.transaction():
        conn.execute("SELECT set_config('mep.field_mapping_writer', %s, TRUE)", [by])
        yield


def _field(conn: Connection[Any], template_field: str) -> TemplateField:
    template, _, name = template_field.partition(".")
    with conn.cursor(row_factory=args_row(TemplateField)) as cursor:
        found = cursor.execute(
            """
            SELECT t.id, f.id, t.name, f.name, f.coperniq_fields
            FROM templates AS t INNER JOIN template_fields AS f ON f.template_id = t.id
            WHERE t.name = %s AND f.name = %s
            """,
            [template, name],
        ).fetchone()
    if found is None:
        raise FieldMappingError(
            f'No template has the field "{template_field[:80]}": write template and field, such as lead_intake.email.'
        )
    return found


def _of_templates(conn: Connection[Any]) -> list[Row]:
    """Return what the fields of the templates in use fill; what one does not know is left to the check of its file."""
    with conn.cursor(row_factory=args_row(TemplateField)) as cursor:
        every_field = cursor.execute(
            """
            SELECT t.id, f.id, t.name, f.name, f.coperniq_fields
            FROM templates AS t
            INNER JOIN template_fields AS f ON f.template_id = t.id
            INNER JOIN template_groups AS g ON f.group_id = g.id
            WHERE t.is_active AND f.retired_at IS NULL
            ORDER BY t.name, g.display_order, f.display_order, f.name
            """
        ).fetchall()
    by_template: dict[str, list[TemplateField]] = {}
    for field in every_field:
        by_template.setdefault(field.template, []).append(field)
    return [row for of_one in by_template.values() for row in proposing.of_template(of_one)]
