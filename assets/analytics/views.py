"""The SQL that reads dbt's views, for what their assets say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    from psycopg import Connection

MOST_GROUPS = 8
OTHERS = "others"


def count_rows(conn: Connection[Any], schema: str, view: str, column: str) -> dict[str, int]:
    """Count a view's rows by the values of a column, the commonest first; the rest as `others`."""
    rows = conn.execute(
        sql.SQL("SELECT coalesce({}::TEXT, 'none'), count(*) FROM {} GROUP BY 1 ORDER BY 2 DESC, 1").format(
            sql.Identifier(column), sql.Identifier(schema, view)
        )
    ).fetchall()
    counted: dict[str, int] = dict(rows[:MOST_GROUPS])
    if rest := rows[MOST_GROUPS:]:
        counted[OTHERS] = sum(number for _, number in rest)
    return counted
