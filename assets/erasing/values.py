"""The SQL of a person's values: where they are found, and making it so that they are nowhere.

What belongs here: questions and changes over the tables of all concepts. What does not: their order, and the outbox
(`erasing`). Callers own transactions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from assets import catalogue
from assets.record_types import Kind
from assets.sql import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

KEYS_AT_ONCE = 200
"""Keys that one reading of the contractor's messages looks for."""
SHORTEST_KEY = 5
"""Characters of a key that is looked for in messages: a shorter one is part of any text."""
ASCII = 127
LONGEST_SAID = 80
"""Characters of a key that a message quotes (`ambiguous.sql`)."""

_COUNTED: dict[str, LiteralString] = {
    "rows": "SELECT count(*) FROM found_rows",
    "rows of others that name the address": "SELECT count(*) FROM naming WHERE id NOT IN (SELECT id FROM found_rows)",
    "records": "SELECT count(*) FROM found_records",
    "forms": "SELECT count(*) FROM found_forms",
    "possible duplicates": "SELECT count(*) FROM found_pairs",
    "forms that the person filled or reviewed": """
        SELECT count(*) FROM mep_form_submissions AS s
        WHERE s.contractor_config_id = %(contractor)s
            AND %(email)s IN (normalise_key(s.submitted_by), normalise_key(s.reviewed_by))
    """,
    "uses of templates": """
        SELECT count(*) FROM mep_template_usage AS u
        WHERE u.contractor_config_id = %(contractor)s AND normalise_key(u.user_email) = %(email)s
    """,
    "contractors that the person added, and mappings that the person confirmed": """
        SELECT
            (SELECT count(*) FROM mep_contractor_configs WHERE id = %(contractor)s AND created_by ~* %(pattern)s)
            + (
                SELECT count(*) FROM coperniq_field_mapping
                WHERE confirmed_by ~* %(pattern)s AND %(contractor)s = (
                    SELECT id FROM mep_contractor_configs ORDER BY created_at, id LIMIT 1
                )
            )
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
    known, found = None, _found(conn)
    while found != known:
        execute(conn, given, ("assets.erasing", "follow.sql"))
        known, found = found, _found(conn)
    counts: dict[str, int] = {}
    for what, statement in _COUNTED.items():
        (counts[what],) = conn.execute(statement, given).fetchone() or (0,)
    return counts


def _found(conn: Connection[Any]) -> tuple[int, int, int] | None:
    """Count what is found so far: it only grows, and as long as it does there may be more."""
    return conn.execute(
        "SELECT (SELECT count(*) FROM found_rows), (SELECT count(*) FROM found_records),"
        " (SELECT count(*) FROM found_forms)"
    ).fetchone()


def open_requests(conn: Connection[Any]) -> int:
    """Count those of the records that were found of which it is not settled what Coperniq has."""
    (number,) = conn.execute(
        """
        SELECT count(*) FROM found_records AS f INNER JOIN coperniq_records AS c ON f.id = c.id
        WHERE c.state IN ('in_flight', 'unknown')
        """
    ).fetchone() or (0,)
    return number


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
    given = _parameters(contractor_id, email, pattern) | {"erasure": erasure, "salt": uuid4()}
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
    execute(conn, given, ("assets.erasing", "headers.sql"), ("assets.erasing", "erase.sql"))
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
    conn.execute(
        "SELECT erase_form_submissions(%(contractor)s, ARRAY(SELECT id FROM found_forms), %(email)s),"
        " erase_from_sync_log(%(contractor)s, %(email)s)",
        given,
    )
    return erasure


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
        "parents": parents, "named": [record_type.name for record_type in catalogue.TYPES if record_type.names],
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
            yield _literal(key)


def _literal(text: str) -> str:
    """Return a regular expression of PostgreSQL's that finds a text."""
    return "".join(c if c.isalnum() or ord(c) > ASCII else f"\\{c}" for c in text)
