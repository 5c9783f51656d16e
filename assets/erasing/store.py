"""The SQL around erasures: whose files there are, what was erased when, and what is left of it.

What belongs here: table `erasures`, and questions about contractors and their files. What does not: a person's values
(`values`), the order of things, and the outbox (`erasing`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

_ERASURE = "id, counts, import_ids, in_coperniq, erased_at, completed_at"


@dataclass(frozen=True, slots=True)
class Whose:
    """A contractor whose files and forms may name a person; `slug` is missing where the pipeline does not serve it.

    `signs_in` says whether the address is the one that the contractor signs in with, which nothing here changes; `rows`
    is how many its imports have.
    """

    id: UUID
    slug: str | None
    name: str
    signs_in: bool
    rows: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """A row of `erasures`."""

    id: UUID
    counts: dict[str, int]
    import_ids: list[UUID]
    in_coperniq: list[str]
    erased_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """A file that an erased row came from: where it was found, whose it is, and the lines that the rows have in it."""

    source: str
    lines: list[int]


def normalised(conn: Connection[Any], email: str) -> str:
    """Return an address as keys have it."""
    (text,) = conn.execute("SELECT normalise_key(%s)", [email]).fetchone() or ("",)
    return text


def pattern(conn: Connection[Any], email: str) -> str:
    """Return a regular expression of PostgreSQL's that finds an address, and no longer one."""
    (text,) = conn.execute("SELECT email_pattern(%s)", [email]).fetchone() or ("",)
    return text


def contractors(conn: Connection[Any], email: str) -> list[Whose]:
    """List all contractors."""
    with conn.cursor(row_factory=class_row(Whose)) as cursor:
        return cursor.execute(
            """
            SELECT
                id, slug, contractor_name AS name, coalesce(normalise_key(contractor_email) = %s, FALSE) AS signs_in,
                (
                    SELECT coalesce(sum(m.total_records_attempted), 0)::BIGINT
                    FROM csv_imports AS m WHERE m.contractor_config_id = c.id
                ) AS rows
            FROM mep_contractor_configs AS c ORDER BY slug, contractor_name
            """,
            [email],
        ).fetchall()


def unread(conn: Connection[Any], contractor_id: UUID) -> str | None:
    """Name an import whose file is still to be read to its end, if there is one: it may bring the person."""
    found = conn.execute(
        """
        SELECT import_name FROM csv_imports
        WHERE contractor_config_id = %s AND entered_at IS NULL AND source_path IS NOT NULL
            AND status NOT IN ('failed', 'rolled_back')
        LIMIT 1
        """,
        [contractor_id],
    ).fetchone()
    return None if found is None else found[0]


def erasures(conn: Connection[Any], contractor_id: UUID, email: str) -> list[Erasure]:
    """List what was erased of an address in a contractor's files and forms, the oldest first."""
    with conn.cursor(row_factory=class_row(Erasure)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_ERASURE} FROM erasures
            WHERE contractor_config_id = %(contractor)s AND asked_hash = erased_key(%(email)s, id)
            ORDER BY erased_at
            """,  # noqa: S608 - a constant of this module
            {"contractor": contractor_id, "email": email},
        ).fetchall()


def incomplete(conn: Connection[Any], contractor_id: UUID) -> list[Erasure]:
    """List a contractor's erasures, of whomever, after which the outbox was not written anew."""
    with conn.cursor(row_factory=class_row(Erasure)) as cursor:
        return cursor.execute(
            f"SELECT {_ERASURE} FROM erasures"  # noqa: S608 - a constant of this module
            " WHERE contractor_config_id = %s AND completed_at IS NULL ORDER BY erased_at",
            [contractor_id],
        ).fetchall()


def handed_back(conn: Connection[Any], erasure: Erasure) -> list[UUID]:
    """List the imports that were changed and have results in an outbox."""
    rows = conn.execute(
        "SELECT id FROM csv_imports WHERE id = ANY(%s) AND handed_back_at IS NOT NULL", [erasure.import_ids]
    ).fetchall()
    return [import_id for (import_id,) in rows]


def hand_back_anew(conn: Connection[Any], erasure: Erasure) -> None:
    """Have the imports that were changed handed back once more, whatever has been since."""
    conn.execute(
        "UPDATE csv_imports SET handed_back_at = 'epoch' WHERE id = ANY(%s) AND handed_back_at IS NOT NULL",
        [erasure.import_ids],
    )


def complete(conn: Connection[Any], erasure: Erasure) -> None:
    """Write down that nothing of an erasure is left to do here."""
    conn.execute("UPDATE erasures SET completed_at = clock_timestamp() WHERE id = %s", [erasure.id])


def in_coperniq(conn: Connection[Any], contractor_id: UUID, erasure: Erasure) -> list[str]:
    """List what Coperniq still has of it, as far as is known: a rollback may have deleted some."""
    rows = conn.execute(
        """
        SELECT known FROM unnest(%s::TEXT[]) AS known
        WHERE NOT EXISTS (
            SELECT FROM data_lineage AS l
            WHERE l.coperniq_entity_type = split_part(known, ' ', 1)
                AND l.coperniq_entity_id = split_part(known, ' ', 2)
                AND l.contractor_config_id = %s AND l.deleted_at IS NOT NULL
        )
        """,
        [erasure.in_coperniq, contractor_id],
    ).fetchall()
    return [known for (known,) in rows]


def files(conn: Connection[Any], erasure: Erasure) -> list[Held]:
    """List the files that erased rows came from, with their lines, as far as retention has not removed them."""
    with conn.cursor(row_factory=class_row(Held)) as cursor:
        return cursor.execute(
            """
            SELECT m.source_path AS source,
                coalesce(
                    array_agg(DISTINCT r.line_number ORDER BY r.line_number) FILTER (WHERE r.line_number IS NOT NULL),
                    '{}'
                ) AS lines
            FROM csv_imports AS m
            INNER JOIN csv_import_records AS r ON r.csv_import_id = m.id
            WHERE m.id = ANY(%s) AND m.file_removed_at IS NULL AND m.source_path IS NOT NULL
                AND (r.erased_at = %s OR strpos(r.record_data::TEXT, '[erased]') > 0)
            GROUP BY m.source_path
            ORDER BY m.source_path
            """,
            [erasure.import_ids, erasure.erased_at],
        ).fetchall()
