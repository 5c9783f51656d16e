"""All SQL of retention. Callers own transactions unless a docstring says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from assets.retention.rules import ENTRIES_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Processed:
    """A file that every import of its content is done with.

    Attributes:
        slug: Of the contractor: its folder in the inbox.
        source: Where it was found, in the inbox.
        file_hash: SHA-256 of its content, in hex.
        imports: All imports of that content that were found there.
    """

    slug: str
    source: str
    file_hash: str
    imports: list[UUID]


def processed_files(conn: Connection[Any], before: datetime, most: int) -> list[Processed]:
    """List files of the inbox whose rows all stand and are settled with Coperniq since a time, the oldest first.

    A file that failed or was rolled back is no such file: somebody is to look at it, or may want it read again. Nor is
    one of which anything is still to be sent.
    """
    with conn.cursor(row_factory=class_row(Processed)) as cursor:
        return cursor.execute(
            """
            SELECT c.slug, i.source_path AS source, i.file_hash, array_agg(i.id) AS imports
            FROM csv_imports AS i
            INNER JOIN mep_contractor_configs AS c ON i.contractor_config_id = c.id
            WHERE i.file_removed_at IS NULL
                AND i.status IN ('success', 'partial_success')
                AND i.completed_at < %(before)s
                AND i.file_hash IS NOT NULL
                AND starts_with(i.source_path, c.slug || '/')
                AND strpos(substr(i.source_path, length(c.slug) + 2), '/') = 0
                AND NOT EXISTS (
                    SELECT FROM csv_imports AS o
                    WHERE o.contractor_config_id = i.contractor_config_id
                        AND o.file_hash = i.file_hash
                        AND (
                            o.status NOT IN ('success', 'partial_success')
                            OR o.entered_at IS NULL
                            OR o.coperniq_sync_status = 'pending'
                            OR o.completed_at >= %(before)s
                        )
                )
            GROUP BY c.slug, i.source_path, i.file_hash
            ORDER BY min(i.completed_at)
            LIMIT %(most)s
            """,
            {"before": before, "most": most},
        ).fetchall()


def note_removed_files(conn: Connection[Any], imports: Sequence[UUID]) -> None:
    """Write down of imports that their file is not in the inbox any more."""
    conn.execute("UPDATE csv_imports SET file_removed_at = clock_timestamp() WHERE id = ANY(%s)", [list(imports)])


def forget_sync_log(conn: Connection[Any], before: datetime, most: int) -> int:
    """Delete entries of the audit log from before a time, some in each transaction; return how many.

    Args:
        conn: In autocommit mode.
        before: What is younger stays.
        most: What is left over goes next time. Where the log is partitioned, all months before that time go.
    """
    removed = 0
    while removed < most:
        (went,) = conn.execute("SELECT forget_sync_log(%s, %s)", [before, ENTRIES_AT_ONCE]).fetchone() or (0,)
        removed += went
        if went != ENTRIES_AT_ONCE:
            break
    return removed


def note(conn: Connection[Any], what: str, older_than: datetime, removed: int) -> None:
    """Write down that something was removed; of the audit log the database does so itself."""
    if removed:
        conn.execute(
            "INSERT INTO retention_log (what, older_than, removed) VALUES (%s, %s, %s)", [what, older_than, removed]
        )
