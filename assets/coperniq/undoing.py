"""The SQL of rolling an import back: what is to become of each of its records, and what is said of it.

What belongs here: an import and its records, as far as a rollback asks. What does not: deleting in Coperniq, which is
sending (`claims`, `deliver`), how a row ends (`taking_back`), and the order of things (`rolling_back`). Callers own
transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assets import catalogue
from assets.sql import refresh_forms, statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection, Cursor


class Standing(StrEnum):
    """What a rollback does with a record of an import, or why it leaves it."""

    DELETE = "to be deleted"
    WITHDRAW = "not sent yet, withdrawn"
    OPEN = "sending not settled"
    LATER = "updated by a later import"
    REPEATED = "in a later import too, unchanged"
    BEFORE = "there before the import, updated by it"
    IN_USE = "in use by records of other imports"
    CHANGED = "changed in Coperniq since"
    REFUSED = "refused by Coperniq"


@dataclass(frozen=True, slots=True)
class Import:
    """An import that may be rolled back."""

    id: UUID
    contractor_id: UUID
    slug: str
    import_name: str
    coperniq_type: str
    status: str
    entered: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """A record that an import created, with the values that Coperniq is to have still."""

    id: UUID
    row: int
    coperniq_id: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """A record of an import, by its row there, with what a rollback does with it and the others that keep it there."""

    standing: Standing
    row: int
    key: str
    coperniq_id: str | None
    other: str | None


@dataclass(frozen=True, slots=True)
class User:
    """An import whose records refer to those of another; None for what was in Coperniq before the pipeline came."""

    coperniq_type: str
    import_id: UUID | None
    import_name: str | None
    records: int


@dataclass(frozen=True, slots=True)
class FixFile:
    """An import that corrects another one, or a fix file of that one: a fix file, or a replay.

    Attributes:
        import_id: Its id.
        import_name: Its name.
        is_replay: Whether no office has corrected it: the rows of the other import were judged again.
        is_read: Whether it was read to its end; what was not is not read once the other is rolled back.
        put_right: Rows of the other import that it put right.
        in_coperniq: Records that it wrote last and that are in Coperniq.
        to_send: Those that are still to be sent, refused ones aside.
    """

    import_id: UUID
    import_name: str
    is_replay: bool
    is_read: bool
    put_right: int
    in_coperniq: int
    to_send: int


def find(conn: Connection[Any], beginning: str) -> list[Import]:
    """Return the imports whose id begins so."""
    with conn.cursor(row_factory=class_row(Import)) as cursor:
        return cursor.execute(
            """
            SELECT m.id, m.contractor_config_id AS contractor_id, coalesce(c.slug, c.id::TEXT) AS slug, m.import_name,
                   coalesce(m.coperniq_type, '') AS coperniq_type, m.status::TEXT AS status,
                   m.entered_at IS NOT NULL AS entered
            FROM csv_imports AS m INNER JOIN mep_contractor_configs AS c ON m.contractor_config_id = c.id
            WHERE starts_with(m.id::TEXT, lower(%s))
            """,
            [beginning],
        ).fetchall()


def count(conn: Connection[Any], of: Import) -> dict[Standing, int]:
    """Count an import's records by what a rollback does with them, as far as the database knows."""
    rows = _ask(conn, of, "SELECT standing, count(*) FROM standings GROUP BY standing").fetchall()
    found = {Standing(standing): records for standing, records in rows}
    return {standing: found[standing] for standing in Standing if standing in found}


def users(conn: Connection[Any], of: Import) -> list[User]:
    """List whose records refer to those of an import, those with most first."""
    rows = _ask(
        conn,
        of,
        """
        SELECT u.coperniq_type, m.id, m.import_name, count(*)
        FROM standings AS s
        INNER JOIN used AS u ON s.coperniq_id = u.coperniq_id
        LEFT JOIN csv_imports AS m ON u.csv_import_id = m.id
        WHERE s.standing = 'in use by records of other imports'
        GROUP BY u.coperniq_type, m.id ORDER BY count(*) DESC, m.import_name
        """,
    ).fetchall()
    return [User(*row) for row in rows]


def fix_files(conn: Connection[Any], of: Import) -> list[FixFile]:
    """List the fix files and replays of an import, and theirs, in order of time; without any that failed or was undone.

    Reads the rows that were put right once, and the records of each fix file.
    """
    with conn.cursor(row_factory=class_row(FixFile)) as cursor:
        return cursor.execute(
            """
            WITH RECURSIVE line AS (
                SELECT id FROM csv_imports WHERE parent_import_id = %(import)s
                UNION
                SELECT i.id FROM line INNER JOIN csv_imports AS i ON line.id = i.parent_import_id
            ),

            corrected AS (
                SELECT a.csv_import_id, count(*) AS rows
                FROM csv_import_records AS r INNER JOIN csv_import_records AS a ON r.corrected_by_id = a.id
                WHERE r.csv_import_id = %(import)s
                GROUP BY a.csv_import_id
            )

            SELECT i.id AS import_id, i.import_name, replays.csv_import_id IS NOT NULL AS is_replay,
                   i.entered_at IS NOT NULL AS is_read,
                   coalesce(corrected.rows, 0) AS put_right, records.in_coperniq, records.to_send
            FROM line
            INNER JOIN csv_imports AS i ON line.id = i.id
            LEFT JOIN replays ON i.id = replays.csv_import_id
            LEFT JOIN corrected ON i.id = corrected.csv_import_id
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE c.coperniq_id IS NOT NULL) AS in_coperniq,
                       count(*) FILTER (WHERE c.state NOT IN ('synced', 'rejected')) AS to_send
                FROM coperniq_records AS c WHERE c.csv_import_id = i.id
            ) AS records
            WHERE i.status NOT IN ('failed', 'rolled_back')
            ORDER BY i.created_at, i.id
            """,
            {"import": of.id},
        ).fetchall()


def records(conn: Connection[Any], of: Import, most: int | None = None) -> Iterator[Placed]:
    """Yield an import's records in the order of its rows, as far as the database knows; at most so many of a standing.

    A few at a time, in a transaction of its own: an import may have a million.
    """
    (query,) = statements("assets.coperniq", "standing_records.sql")
    with conn.transaction(), conn.cursor("standing_records") as cursor:
        cursor.execute(_standings() + query, {**_of(of), "most": most})
        for standing, *rest in cursor:
            yield Placed(Standing(standing), *rest)


def deletable(conn: Connection[Any], of: Import) -> list[int]:
    """Return the numbers of the rows whose records are to be deleted, in order."""
    rows = _ask(conn, of, "SELECT record_number FROM standings WHERE standing = 'to be deleted' ORDER BY record_number")
    return [row[0] for row in rows]


def sent(conn: Connection[Any], of: Import, numbers: Sequence[int]) -> list[Sent]:
    """Return the records of an import that are in Coperniq by some of its rows."""
    with conn.cursor(row_factory=class_row(Sent)) as cursor:
        return cursor.execute(
            """
            -- A reference compares by the id that was sent for it.
            SELECT id, record_number AS row, coperniq_id, (sent_data - %(references)s::TEXT[]) || parent_ids AS data
            FROM coperniq_records
            WHERE csv_import_id = %(import)s AND state = 'synced'
              AND record_number BETWEEN %(first)s AND %(last)s AND record_number = ANY(%(numbers)s)
            """,
            {
                "import": of.id, "first": numbers[0], "last": numbers[-1], "numbers": list(numbers),
                "references": [field.name for field in catalogue.BY_NAME[of.coperniq_type].references],
            },
        ).fetchall()  # fmt: skip


def unmark(conn: Connection[Any], of: Import) -> None:
    """Take back what an earlier rollback was about to delete: it is looked at again."""
    conn.execute(
        """
        UPDATE coperniq_records SET state = 'synced', undone_record_id = NULL, updated_at = now()
        WHERE csv_import_id = %s AND state = 'ready' AND undone_record_id = csv_import_record_id
        """,
        [of.id],
    )


def conclude(conn: Connection[Any], of: Import, deleted: int, left: Mapping[Standing, int]) -> None:
    """Write what a rollback did to its import: `rolled_back` when nothing of it is left in Coperniq.

    Args:
        conn: In a transaction.
        of: The import.
        deleted: Records that this rollback deleted.
        left: Those that are left, by the reason.
    """
    conn.execute(
        """
        UPDATE csv_imports SET
            status = CASE WHEN %(left)s::JSONB = '{}' THEN 'rolled_back' ELSE status::TEXT END::csv_import_status,
            -- Nothing of it waits to be sent any more.
            coperniq_sync_status = CASE WHEN %(left)s::JSONB = '{}' THEN 'synced' ELSE coperniq_sync_status END,
            error_summary = coalesce(error_summary, '{}') || jsonb_build_object('rollback', jsonb_build_object(
                'at', now(), 'deleted', %(deleted)s + coalesce((error_summary #>> '{rollback,deleted}')::INTEGER, 0),
                'left', %(left)s::JSONB
            ))
        WHERE id = %(import)s
        """,
        {"import": of.id, "deleted": deleted, "left": Jsonb(dict(left))},
    )
    refresh_forms(conn, of.contractor_id, of.id)


def _ask(conn: Connection[Any], of: Import, query: LiteralString) -> Cursor[tuple[Any, ...]]:
    """Ask about the standings of an import's records."""
    return conn.execute(_standings() + query, _of(of))


def _standings() -> LiteralString:
    (standings,) = statements("assets.coperniq", "standings.sql")
    return standings + "\n"


def _of(of: Import) -> dict[str, Any]:
    """Return the parameters of an import's standings."""
    referring = [
        (child.name, field.name)
        for child in catalogue.TYPES
        for field in child.references
        if field.refers_to == of.coperniq_type
    ]
    return {
        "import": of.id,
        "contractor": of.contractor_id,
        "type": of.coperniq_type,
        "child_types": [child for child, _ in referring],
        "child_fields": [field for _, field in referring],
    }
