"""Tracing: all that is known of whatever an e-mail address, a phone, a key or an id stands for.

What belongs here: the order of questions. What does not: SQL (`store`), and how an answer is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assets.errors import PipelineError
from assets.lineage import store
from assets.lineage.trace import traces
from assets.text import UNSTORABLE, minute

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

    from assets.lineage.trace import Trace

MOST_FOUND = 5_000
"""Records and rows that one question may find: what finds more names nobody."""
ROUNDS = 5
"""How often rows lead to records, and those to rows: a correction has another key, and what has that key another."""


class TraceError(PipelineError):
    """Say why nothing is told."""


def trace(conn: Connection[Any], given: str, contractor_id: UUID | None = None) -> list[Trace]:
    """Return the way of every record that is known by something.

    Args:
        conn: To the product's database.
        given: An e-mail address, a phone, any other natural key or name, a Coperniq id, or the id of a record or row.
        contractor_id: Whose records are meant; None for everybody's.

    Raises:
        TraceError: When nothing is found, also because it was erased, or too much.
    """
    if UNSTORABLE.search(given) or not given.strip():
        raise TraceError("Nothing is known by that: give an e-mail address, a phone, another natural key, or an id.")
    with conn.transaction():
        # What a run writes meanwhile is told as a whole or not at all.
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        records, rows = store.find(conn, given.strip(), contractor_id)
        if not records and not rows:
            erased_at = store.erased_at(conn, given, contractor_id)
            if erased_at is not None:
                raise TraceError(f"What was known by that was erased {minute(erased_at)} (docs/personal-data.md).")
            raise TraceError(
                "No record and no row is known by that: give an e-mail address, a phone or another natural key as a"
                " file has it, a Coperniq id, or an id of coperniq_records or csv_import_records."
            )
        if len(records) + len(rows) > MOST_FOUND:
            raise TraceError(f"More than {MOST_FOUND:,} records and rows are known by that: name one by its id.")
        asked = records | rows
        for _ in range(ROUNDS):
            known = len(records), len(rows)
            records = records | set(store.records_of(conn, rows).values())
            rows = store.rows_of(conn, records, rows)
            if known == (len(records), len(rows)):
                break
        record_of = store.records_of(conn, rows)
        told, of_files, findings = store.told(conn, records, rows)
    return traces(of_files, told, record_of, findings, asked)
