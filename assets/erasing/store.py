"""The SQL of erasing: where a person is found, and making it so that nobody is.

What belongs here: questions and changes over the tables of all concepts. What does not: their order, and the outbox
(`erasing`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID, uuid4

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assets import catalogue
from assets.catalogue import Kind
from assets.sql import execute

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from psycopg import Connection

MOST_ROUNDS = 20
"""How often what belongs to what was found is looked for: a parent's child's child is at most four away, attempts at a
row may be more."""
KEYS_AT_ONCE = 200
"""Keys that one reading of the contractor's messages looks for."""
SHORTEST_KEY = 5
"""Characters of a key that is looked for in messages: a shorter one is part of any text."""
ASCII = 127
LONGEST_SAID = 80
"""Characters of a key that a message quotes (`ambiguous.sql`)."""

_ERASURE = "id, counts, import_ids, in_coperniq, erased_at, completed_at"
_COUNTED: dict[str, LiteralString] = {
    "rows": "SELECT count(*) FROM found_rows",
    "rows of others that name the address": "SELECT count(*) FROM naming WHERE id NOT IN (SELECT id FROM found_rows)",
    "records": "SELECT count(*) FROM found_records",
    "forms": "SELECT count(*) FROM found_forms",
    "possible duplicates": """
        SELECT count(*) FROM possible_duplicates AS d
        WHERE d.contractor_config_id = %(contractor)s AND EXISTS (
            SELECT FROM found_records AS f
            WHERE f.coperniq_type = 'Contact' AND f.record_key IN (d.first_key, d.second_key)
        )
    """,
    "forms that the person filled or reviewed": """
        SELECT count(*) FROM mep_form_submissions AS s
        WHERE s.contractor_config_id = %(contractor)s
            AND %(email)s IN (normalise_key(s.submitted_by), normalise_key(s.reviewed_by))
    """,
    "uses of templates": """
        SELECT count(*) FROM mep_template_usage AS u
        WHERE u.contractor_config_id = %(contractor)s AND normalise_key(u.user_email) = %(email)s
    """,
    "texts about imports, alerts and requests": """
        SELECT
            (
                SELECT count(*) FROM csv_imports AS m WHERE m.contractor_config_id = %(contractor)s
                AND concat_ws(E'\\n', m.error_summary, m.warnings, m.imported_by) ~* %(pattern)s
            ) + (
                SELECT count(*) FROM csv_column_mapping AS c INNER JOIN csv_imports AS m ON c.csv_import_id = m.id
                WHERE m.contractor_config_id = %(contractor)s AND c.csv_column_header ~* %(pattern)s
            ) + (
                SELECT count(*) FROM alerts AS a
                WHERE a.contractor_config_id = %(contractor)s AND a.said ~* %(pattern)s
            ) + (
                SELECT count(*) FROM coperniq_sync_log AS l WHERE l.contractor_config_id = %(contractor)s
                AND concat_ws(E'\\n', l.api_error_message, l.api_error_code, l.performed_by) ~* %(pattern)s
            ) + (
                SELECT count(*) FROM inbox_files AS i
                WHERE i.contractor_config_id = %(contractor)s AND i.refused ~* %(pattern)s
            ) + (
                SELECT count(*) FROM possible_duplicates AS d
                WHERE d.contractor_config_id = %(contractor)s AND d.decided_by ~* %(pattern)s
            )
    """,
}


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


def find(conn: Connection[Any], contractor_id: UUID, email: str, pattern: str) -> dict[str, int]:
    """Find everything of a person, into temporary tables of the transaction; return how much of what.

    Args:
        conn: In a transaction.
        contractor_id: Of whose files and forms.
        email: The address, normalised.
        pattern: A regular expression for it.
    """
    given = _parameters(contractor_id, email, pattern)
    execute(conn, given, ("assets.erasing", "find.sql"))
    known = (0, 0, 0)
    for _ in range(MOST_ROUNDS):
        execute(conn, given, ("assets.erasing", "follow.sql"))
        found = conn.execute(
            "SELECT (SELECT count(*) FROM found_rows), (SELECT count(*) FROM found_records),"
            " (SELECT count(*) FROM found_forms)"
        ).fetchone()
        if found is None or found == known:
            break
        known = found
    counts: dict[str, int] = {}
    for what, statement in _COUNTED.items():
        (counts[what],) = conn.execute(statement, given).fetchone() or (0,)
    return counts


def open_requests(conn: Connection[Any]) -> int:
    """Count those of the records that were found of which it is not settled what Coperniq has."""
    (number,) = conn.execute(
        """
        SELECT count(*) FROM found_records AS f INNER JOIN coperniq_records AS c ON f.id = c.id
        WHERE c.state IN ('in_flight', 'unknown')
        """
    ).fetchone() or (0,)
    return number


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


def erase(
    conn: Connection[Any], contractor_id: UUID, email: str, pattern: str, counts: dict[str, int], by: str
) -> UUID:
    """Erase what `find` found in this transaction, and write down that it was done; return the erasure's id.

    Args:
        conn: In the transaction of `find`.
        contractor_id: As there.
        email: As there.
        pattern: As there.
        counts: What it returned.
        by: Who erases.
    """
    erasure = uuid4()
    given = _parameters(contractor_id, email, pattern) | {"erasure": erasure}
    in_coperniq = [
        known
        for (known,) in conn.execute(
            "SELECT coperniq_type || ' ' || coperniq_id FROM found_records WHERE coperniq_id IS NOT NULL ORDER BY 1"
        )
    ]
    keys = list(_keys(conn))
    for start in range(0, len(keys), KEYS_AT_ONCE):
        some = given | {"pattern": f"({'|'.join(keys[start : start + KEYS_AT_ONCE])})"}
        execute(conn, some, ("assets.erasing", "messages.sql"))
    execute(conn, given, ("assets.erasing", "erase.sql"))
    conn.execute(
        "SELECT erase_form_submissions(%(contractor)s, ARRAY(SELECT id FROM found_forms), %(email)s),"
        " erase_from_sync_log(%(contractor)s, %(pattern)s)",
        given,
    )
    conn.execute(
        """
        INSERT INTO erasures (
            id, contractor_config_id, asked_hash, counts, import_ids, in_coperniq, requested_by, erased_at
        )
        VALUES (
            %(erasure)s, %(contractor)s, erased_key(%(email)s, %(erasure)s), %(counts)s,
            ARRAY(SELECT DISTINCT id FROM changed_imports), %(in_coperniq)s, %(by)s, now()
        )
        """,
        given | {"counts": Jsonb(counts), "in_coperniq": in_coperniq, "by": by},
    )
    return erasure


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


def hand_back_anew(conn: Connection[Any], erasure: Erasure) -> None:
    """Have the imports that were changed handed back once more, whatever has been since."""
    conn.execute("UPDATE csv_imports SET handed_back_at = NULL WHERE id = ANY(%s)", [erasure.import_ids])


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


def _parameters(contractor_id: UUID, email: str, pattern: str) -> dict[str, Any]:
    identifying = [
        (record_type.name, field.name, field.refers_to)
        for record_type in catalogue.TYPES
        for field in record_type.fields
        if field.kind is Kind.EMAILS or field.refers_to is not None
    ]
    types, fields, parents = (list(column) for column in zip(*identifying, strict=True))
    return {
        "contractor": contractor_id, "email": email, "pattern": pattern, "types": types, "fields": fields,
        "parents": parents,
    }  # fmt: skip


def _keys(conn: Connection[Any]) -> Iterator[str]:
    """Yield regular expressions for the keys of what was found and may be a parent, as far as messages quote them."""
    parents = {field.refers_to for record_type in catalogue.TYPES for field in record_type.references}
    rows = conn.execute(
        "SELECT DISTINCT left(record_key, %s) FROM found_records WHERE coperniq_type = ANY(%s) ORDER BY 1",
        [LONGEST_SAID, [name for name in parents if name]],
    )
    for (key,) in rows:
        if len(key) >= SHORTEST_KEY:
            yield literal(key)


def literal(text: str) -> str:
    """Return a regular expression of PostgreSQL's that finds a text."""
    return "".join(c if c.isalnum() or ord(c) > ASCII else f"\\{c}" for c in text)
