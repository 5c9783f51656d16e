"""The index of field values: which records hold which value in a natural-key or reference field.

Its entries are spread at random over its pages, so that writing them with every batch would cost more than the records
themselves. They are written later, many at once: before the first look-up that needs them, and whenever `BACKLOG`
records wait. How far it has come is part of the same transaction, so that a killed server goes on where it stopped.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING

from sandbox.coperniq import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping

    from sandbox.coperniq.records import Fields, Record, RecordType

#: Records that may wait: about 50 ms of work for the mutation, one in fifty, that finds so many.
BACKLOG = 5000


def hash_value(record_type: RecordType, company_id: int, name: str, value: str) -> int:
    """Give the 64 bits under which a field's value is indexed; the same in every process."""
    key = f"{company_id}\0{record_type.name}\0{name}\0{value}".encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "big", signed=True)


def has_backlog(connection: sqlite3.Connection, size: int) -> bool:
    """Say whether about this many records wait to be indexed, or more."""
    last, up_to = connection.execute(
        "SELECT coalesce(max(seq), 0), (SELECT up_to FROM value_index_progress) FROM records"
    ).fetchone()
    return last >= up_to + size


def catch_up(connection: sqlite3.Connection, types: Mapping[str, RecordType]) -> None:
    """Index the records that wait; within a transaction."""
    (up_to,) = connection.execute("SELECT up_to FROM value_index_progress").fetchone()
    rows = connection.execute("SELECT seq, company_id, type, fields FROM records WHERE seq > ?", (up_to,)).fetchall()
    if not rows:
        return
    _add(
        connection,
        (
            (hash_, seq)
            for seq, company_id, name, fields in rows
            for hash_ in _hashes(types[name], company_id, json.loads(fields))
        ),
    )
    connection.execute("UPDATE value_index_progress SET up_to = ?", (max(row[0] for row in rows),))


def replace(
    connection: sqlite3.Connection, record_type: RecordType, before: Collection[Record], after: Collection[Record]
) -> None:
    """Index records anew that are in the index as they were before; none of them after a delete."""
    connection.executemany("DELETE FROM field_values WHERE hash = ? AND seq = ?", _entries(record_type, before))
    _add(connection, _entries(record_type, after))


def _add(connection: sqlite3.Connection, entries: Iterable[tuple[int, int]]) -> None:
    """Write entries in the order of the index, so that each of its pages is visited once."""
    database.insert(connection, "field_values (hash, seq)", sorted(entries))


def _entries(record_type: RecordType, records: Collection[Record]) -> list[tuple[int, int]]:
    return [
        (hash_, record.seq) for record in records for hash_ in _hashes(record_type, record.company_id, record.fields)
    ]


def _hashes(record_type: RecordType, company_id: int, fields: Fields) -> set[int]:
    hashes: set[int] = set()
    for name in record_type.lookups:
        value = fields.get(name)
        if isinstance(value, list):
            hashes.update(hash_value(record_type, company_id, name, str(entry)) for entry in value)
        elif isinstance(value, str | int):
            hashes.add(hash_value(record_type, company_id, name, str(value)))
    return hashes
