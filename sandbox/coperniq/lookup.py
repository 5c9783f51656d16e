"""How a search is run on the store: an index narrows the candidates where it can, the search itself decides.

Only reading belongs here. What a search means is `search`'s.
"""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from sandbox.coperniq.records import Record
from sandbox.coperniq.value_index import hash_value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sized

    from sandbox.coperniq.search import Alternative, Search

#: The columns that `to_record()` reads, in its order.
COLUMNS = "records.seq, records.id, records.company_id, records.created_at, records.updated_at, records.fields"
#: Values that this many records hold or more are equally bad: counting them to the end would cost more than it saves.
_MANY = 500

Row = tuple[int, str, int, int, int, str]


def find(connection: sqlite3.Connection, search: Search, limit: int) -> list[Record]:
    """Give the first records that a search accepts, at most `limit`, in the order of insertion."""
    source, parameters = _candidates(connection, search)
    statement = (
        f"SELECT {COLUMNS} FROM {source}"  # noqa: S608 - placeholders only
        " WHERE records.company_id = ? AND records.type = ? AND records.created_at >= ?"
        " AND (records.created_at, records.seq) > (?, ?) ORDER BY records.created_at, records.seq"
    )
    parameters += [search.company_id, search.record_type.name, search.created_since, *search.after]
    found: list[Record] = []
    with closing(connection.execute(statement, parameters)) as rows:
        for row in rows:
            record = to_record(row)
            if search.accepts(record):
                found.append(record)
                if len(found) == limit:
                    break
    return found


def to_record(row: Row) -> Record:
    """Make a record of a row of `COLUMNS`."""
    return Record(*row[:5], json.loads(row[5]))


def marks(values: Sized) -> str:
    """Give as many placeholders as there are values."""
    return ",".join("?" * len(values))


def _candidates(connection: sqlite3.Connection, search: Search) -> tuple[str, list[object]]:
    """Give the FROM clause with its parameters: by id, by indexed values, or everything of the type."""
    if search.ids is not None:
        return _joined(f"SELECT seq FROM records WHERE id IN ({marks(search.ids)})"), list(search.ids)  # noqa: S608
    if search.alternatives is None:
        return "records", []
    hashes = {_most_selective(connection, search, alternative) for alternative in search.alternatives}
    if None in hashes:
        return "records", []
    return _joined(f"SELECT seq FROM field_values WHERE hash IN ({marks(hashes)})"), list(hashes)  # noqa: S608


def _joined(subquery: str) -> str:
    """Make the subquery drive: CROSS JOIN keeps SQLite from reordering, DISTINCT keeps a record from coming twice."""
    return f"(SELECT DISTINCT seq FROM ({subquery})) AS hit CROSS JOIN records ON records.seq = hit.seq"  # noqa: S608


def _most_selective(connection: sqlite3.Connection, search: Search, alternative: Alternative) -> int | None:
    """Choose the indexed value that the fewest records hold, counting no further than it takes to tell."""
    hashes = [
        hash_value(search.record_type, search.company_id, name, str(value))
        for name, value in alternative
        if name in search.record_type.lookups
    ]
    if len(hashes) < 2:
        return hashes[0] if hashes else None
    return min(hashes, key=lambda hash_: _count(connection, hash_))


def _count(connection: sqlite3.Connection, hash_: int) -> int:
    statement = "SELECT count(*) FROM (SELECT 1 FROM field_values WHERE hash = ? LIMIT ?)"
    return connection.execute(statement, (hash_, _MANY)).fetchone()[0]
