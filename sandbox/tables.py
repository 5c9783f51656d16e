"""Writing `assets/tables.json` from a migrated database: `make tables`, after a migration that changes a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from assets import tables
from sandbox import temporary

if TYPE_CHECKING:
    from psycopg import Connection


def document(connection: Connection[Any]) -> str:
    """Give the document for the tables of a database, partitions of tables left out."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            """
            SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS comment, json_agg(
                json_build_object(
                    'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', NOT a.attnotnull,
                    'comment', col_description(c.oid, a.attnum)
                ) ORDER BY a.attnum
            ) AS columns
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND a.attnum > 0 AND NOT a.attisdropped
            GROUP BY c.oid, c.relname ORDER BY c.relname COLLATE "C"
            """
        ).fetchall()
    written = {row["name"]: {"comment": row["comment"], "columns": row["columns"]} for row in found}
    return json.dumps(written, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Migrate a database, and write the document."""
    with temporary.migrated_database() as url, psycopg.connect(url) as connection:
        tables.DOCUMENT.write_text(document(connection), encoding="utf-8")


if __name__ == "__main__":
    main()
