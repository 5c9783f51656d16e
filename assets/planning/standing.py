"""What a plan rests on in the database: a digest of what is known of a contractor, part by part, to compare later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from assets.sql import statements

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

MOVED = {
    "imports": "imports of {slug} were added or have gone on",
    "columns": "what columns of {slug} were taken for has changed",
    "records": "what is known of the records of {slug} in Coperniq has changed",
}
"""What it means that a part is another one now."""


def digests(conn: Connection[Any], contractor_id: UUID) -> dict[str, str]:
    """Return the digest of each part; reads all that is known of the contractor's records."""
    (statement,) = statements("assets.planning", "standing.sql")
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, {"contractor": contractor_id}).fetchone() or {}
