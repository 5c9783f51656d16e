"""The SQL of replays: which rows of an import they repeat, by which mapping, and those rows as they stand.

What belongs here: the table `replays`, and reading stored rows to be judged again. What does not: which of them differ
(`assets.replaying`), and how they are judged (`repeating`). Callers own transactions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import uuid4

from psycopg.types.json import Jsonb

from assets.sql import execute, follow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.files.stored import Row

_MOVE = ("assets.csv_imports", "move.sql")
OWNERS = (("assets.csv_imports", "attempted.sql"), ("assets.csv_imports", "owners.sql"))
"""Whose records the rows are that the rows of an import are other attempts at. Parameters: import, contractor, type."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read once more.

    Attributes:
        mapping: The bytes of the mapping file that counts; None for none.
        contacts_mapping: The same of contacts, where the import takes the sites out of a file of contacts.
        orders: `MDY` or `DMY` for date fields, as all rows of the import decide it.
    """

    mapping: bytes | None
    contacts_mapping: bytes | None = None
    orders: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a replay is to do.

    Attributes:
        record_numbers: The rows of its parent that it repeats, as text of an `INT4MULTIRANGE`.
        reading: How they are read.
    """

    record_numbers: str
    reading: Reading


def standing(condition: LiteralString = "TRUE") -> LiteralString:
    """Return the query of the rows of an import as they stand, from one number to another: of its line, the latest.

    They are named with their schema, for a shadow holds none of them. A row that must not be read again is left out
    here, and nowhere else.

    Args:
        condition: Which rows count, as `r`.
    """
    return f"""
        SELECT DISTINCT ON (r.record_number) r.*
        FROM public.csv_import_records AS r
        WHERE
            r.csv_import_id = ANY(%(line)s::UUID [])
            AND r.record_number BETWEEN %(first)s AND %(last)s
            AND r.erased_at IS NULL
            AND {condition}
        ORDER BY r.record_number, array_position(%(line)s::UUID [], r.csv_import_id) DESC
    """  # noqa: S608 - the statement's own text


def sealed(conn: Connection[Any], import_id: UUID) -> Sealed | None:
    """Return what a replay is to do; None for an import that is none."""
    found = conn.execute(
        "SELECT record_numbers::TEXT, mapping, contacts_mapping, date_orders FROM public.replays"
        " WHERE csv_import_id = %s",
        [import_id],
    ).fetchone()
    return Sealed(found[0], Reading(*found[1:])) if found else None


def keeps_records(conn: Connection[Any], import_id: UUID) -> bool:
    """Say whether the rows of an import are the records of those that they correct, under whatever keys.

    Those of a replay are, and those of its fix files.
    """
    found = conn.execute(
        """
        WITH RECURSIVE line AS (
            SELECT id, parent_import_id FROM csv_imports WHERE id = %s
            UNION
            SELECT i.id, i.parent_import_id FROM line INNER JOIN csv_imports AS i ON line.parent_import_id = i.id
        )
        SELECT EXISTS (SELECT FROM line INNER JOIN public.replays AS p ON line.id = p.csv_import_id)
        """,
        [import_id],
    ).fetchone()
    return bool(found and found[0])


def replayed(conn: Connection[Any], import_id: UUID) -> UUID:
    """Return the import whose rows a replay repeats; for any other import, that import itself."""
    found = conn.execute(
        "SELECT i.parent_import_id FROM csv_imports AS i INNER JOIN public.replays AS p ON i.id = p.csv_import_id"
        " WHERE i.id = %s",
        [import_id],
    ).fetchone()
    return (found and found[0]) or import_id


def line(conn: Connection[Any], import_id: UUID) -> list[UUID]:
    """Return an import and the replays of it that stand, in the order in which they were made."""
    rows = conn.execute(
        """
        SELECT i.id FROM csv_imports AS i INNER JOIN public.replays AS p ON i.id = p.csv_import_id
        WHERE i.parent_import_id = %s AND i.status IN ('success', 'partial_success', 'failed')
              AND i.total_records_attempted > 0
        ORDER BY i.created_at, i.id
        """,
        [import_id],
    ).fetchall()
    return [import_id, *(id_ for (id_,) in rows)]


def register(conn: Connection[Any], import_id: UUID, by: str) -> UUID:
    """Register an import that replays another, as pending.

    Args:
        conn: In a transaction.
        import_id: The import whose rows are judged again.
        by: Who replays.
    """
    # Its content is no file's: it has a hash of its own, so that no file is ever taken for it.
    own = hashlib.sha256(uuid4().bytes).hexdigest()
    found = conn.execute(
        """
        INSERT INTO csv_imports (
            contractor_config_id, import_name, coperniq_type, imported_by, file_size_bytes, file_hash, source_path,
            parent_import_id)
        SELECT
            contractor_config_id, 'Replay of ' || import_name, coperniq_type, %(by)s, file_size_bytes, %(hash)s,
            source_path, id
        FROM csv_imports WHERE id = %(import)s
        RETURNING id
        """,
        {"import": import_id, "by": by, "hash": own},
    ).fetchone()
    assert found is not None  # noqa: S101 - the import is there
    return found[0]


def seal(conn: Connection[Any], import_id: UUID, what: Sealed) -> None:
    """Write down what a replay is to do, in the transaction that registers it."""
    conn.execute(
        "INSERT INTO replays (csv_import_id, record_numbers, mapping, contacts_mapping, date_orders)"
        " VALUES (%s, %s::INT4MULTIRANGE, %s, %s, %s)",
        [
            import_id,
            what.record_numbers,
            what.reading.mapping,
            what.reading.contacts_mapping,
            Jsonb(dict(what.reading.orders)),
        ],
    )


def pages(conn: Connection[Any], of_line: Sequence[UUID], record_numbers: str, size: int) -> Iterator[Sequence[Row]]:
    """Yield the rows of an import to be judged again, in order, at most `size` at a time.

    Args:
        conn: In a transaction, or in autocommit mode.
        of_line: The import, and its replays that stand.
        record_numbers: Which rows, as text of an `INT4MULTIRANGE`.
        size: Numbers that are looked at together: each row is read by its place in an index.
    """
    parameters = {"line": list(of_line), "numbers": record_numbers}
    span = conn.execute(
        "SELECT lower(range_merge(%(numbers)s::INT4MULTIRANGE)), upper(range_merge(%(numbers)s::INT4MULTIRANGE))",
        parameters,
    ).fetchone()
    first, behind = span if span and span[0] is not None else (0, 0)
    for start in range(first, behind, size):
        rows = conn.execute(
            f"""
            SELECT record_number, line_number, record_data::TEXT, id
            FROM ({standing()}) AS standing
            WHERE record_number <@ %(numbers)s::INT4MULTIRANGE
            ORDER BY record_number
            """,  # noqa: S608 - the statement's own text
            parameters | {"first": start, "last": start + size - 1},
        ).fetchall()
        if rows:
            yield rows


def move(conn: Connection[Any], parameters: Mapping[str, Any]) -> None:
    """Let the records of rows keep their ids where their keys are others now, and so the keys made of those.

    Args:
        conn: In the transaction that enters the rows, before that.
        parameters: As for entering. Needs identities and repeats.
    """
    execute(conn, parameters, *OWNERS, _MOVE)
    follow(conn)
