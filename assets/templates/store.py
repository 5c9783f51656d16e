"""All SQL of templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import ClientCursor
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assets import sql

if TYPE_CHECKING:
    from collections.abc import Collection

    from psycopg import Connection

    from assets.templates.schema import Template

STATUSES = ("in use", "retired")


@dataclass(frozen=True, slots=True)
class Written:
    """What writing a template changed: whether it is new, and the names of its fields that were touched.

    A field that only changed places is not among them.
    """

    is_new: bool
    added: list[str]
    changed: list[str]
    removed: list[str]


def in_use(conn: Connection[Any]) -> dict[str, dict[str, dict[str, int]]]:
    """Count templates, groups and fields by status: numbers by status, by trade, by table."""
    rows = conn.execute(
        """
        WITH counted (part, trade, used) AS (
            SELECT 'templates', trade, is_active FROM templates
            UNION ALL
            SELECT 'template_groups', t.trade, g.retired_at IS NULL
            FROM template_groups AS g JOIN templates AS t ON t.id = g.template_id
            UNION ALL
            SELECT 'template_fields', t.trade, f.retired_at IS NULL
            FROM template_fields AS f JOIN templates AS t ON t.id = f.template_id
        )
        SELECT part, trade::TEXT, count(*) FILTER (WHERE used), count(*) FILTER (WHERE NOT used)
        FROM counted GROUP BY part, trade ORDER BY part, trade
        """
    ).fetchall()
    counted: dict[str, dict[str, dict[str, int]]] = {"templates": {}, "template_groups": {}, "template_fields": {}}
    for part, trade, *numbers in rows:
        counted[part][trade] = dict(zip(STATUSES, numbers, strict=True))
    return counted


def hashes(conn: Connection[Any]) -> dict[str, str | None]:
    """Return the content hash of each template that is in use, by name; None where it did not come from a file."""
    return dict(conn.execute("SELECT name, content_hash FROM templates WHERE is_active").fetchall())


def write(conn: Connection[Any], template: Template, source_path: str, content_hash: str) -> Written:
    """Write a template with its groups and fields in one transaction, and retire what it names no more.

    Args:
        conn: In autocommit mode.
        template: What the file says.
        source_path: Where the file lies in the folder of templates.
        content_hash: Of the file.
    """
    # Sent as one text, which costs one round trip and is one transaction by itself.
    text: LiteralString = ";\n".join(sql.statements("assets.templates", "write.sql"))
    with ClientCursor(conn, row_factory=class_row(Written)) as cursor:
        cursor.execute(text, _rows(template, source_path, content_hash))
        cursor.nextset()
        (written,) = cursor.fetchall()
    return written


def retire(conn: Connection[Any], kept: Collection[str]) -> list[str]:
    """Retire the templates that came from files and are not among those kept; return their names."""
    return [
        name
        for (name,) in conn.execute(
            """
            UPDATE templates SET is_active = FALSE
            WHERE is_active AND content_hash IS NOT NULL AND name <> ALL (%s)
            RETURNING name
            """,
            [list(kept)],
        )
    ]


def _rows(template: Template, source_path: str, content_hash: str) -> dict[str, Jsonb]:
    """Return a template as the rows of its tables; places are counted, from 1."""
    fields = [
        {
            "group_name": group.name, "name": field.name, "label": field.label, "field_type": field.type,
            "is_required": field.required, "options": field.options, "placeholder": field.placeholder,
            "description": field.description, "display_order": place,
            "validation_rules": field.validation_rules.model_dump(exclude_none=True),
            "coperniq_fields": field.coperniq,
        }
        for group in template.groups
        for place, field in enumerate(group.fields, 1)
    ]  # fmt: skip
    groups = [
        {"name": group.name, "display_order": place, "is_critical": group.critical}
        for place, group in enumerate(template.groups, 1)
    ]
    own = template.model_dump(exclude={"groups"}) | {"source_path": source_path, "content_hash": content_hash}
    return {"template": Jsonb(own), "groups": Jsonb(groups), "fields": Jsonb(fields)}
