"""The records and the ledger: every statement that reads or writes them, `lookup`'s searches aside.

A mutation is one transaction, committed before the reply: what was acknowledged survives `kill -9`. What may be
written is not decided here but in `rules` and `bulk`.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.coperniq import database, lookup, value_index
from sandbox.coperniq.lookup import COLUMNS, marks, to_record
from sandbox.coperniq.search import Search

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping, Sequence
    from pathlib import Path

    from sandbox.coperniq.records import Record, RecordType

#: The id of a record that was written, and its fields as JSON.
Written = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold what the ledger says of a mutation, beside what it wrote.

    Attributes:
        name: The mutation, `createContacts`.
        request: The number of the request that asked for it; 0 where nothing numbered it.
    """

    transaction_id: str
    company_id: int
    name: str
    request: int


class Store:
    """Give access to one store file. One thread at a time may use an instance; processes may share the file."""

    def __init__(self, path: Path, types: Mapping[str, RecordType]) -> None:
        """Open the file, and make it when there is none.

        Args:
            path: The store's file.
            types: The seven types by name, to know what to index.

        Raises:
            StoreError: It cannot be opened, or something else lives in it.
        """
        self.path = path.resolve()
        self.types = types
        self._connection = database.connect(self.path)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[int]:
        """Hold the write lock; commit at the end, roll back on an exception.

        Yields:
            The time of the transaction in microseconds since 1970, UTC: never before that of an earlier one, so that
            the order of creation is the order of insertion whatever the clock does.
        """
        with database.transaction(self._connection):
            last = self._connection.execute("SELECT at FROM operations ORDER BY seq DESC LIMIT 1").fetchone()
            yield max(time.time_ns() // 1000, last[0] if last else 0)

    def next_seq(self) -> int:
        """Give the sequence number of the next record: one that was never used."""
        last = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'records'").fetchone()
        return 1 + (last[0] if last else 0)

    def insert(self, record_type: RecordType, company_id: int, at: int, new: Sequence[Written]) -> None:
        """Add records in this order."""
        database.insert(
            self._connection,
            "records (seq, id, type, company_id, created_at, updated_at, fields)",
            [
                (seq, id_, record_type.name, company_id, at, at, fields)
                for seq, (id_, fields) in enumerate(new, self.next_seq())
            ],
        )
        if value_index.has_backlog(self._connection, value_index.BACKLOG):
            value_index.catch_up(self._connection, self.types)

    def replace(self, record_type: RecordType, before: Collection[Record], after: Collection[Record]) -> None:
        """Replace records as they are by the same records as they shall be."""
        value_index.catch_up(self._connection, self.types)
        value_index.replace(self._connection, record_type, before, after)
        self._connection.executemany(
            "UPDATE records SET updated_at = ?, fields = ? WHERE seq = ?",
            [(record.updated_at, json.dumps(record.fields), record.seq) for record in after],
        )

    def delete(self, record_type: RecordType, records: Collection[Record]) -> None:
        """Remove records."""
        value_index.replace(self._connection, record_type, records, after=())
        self._connection.executemany("DELETE FROM records WHERE seq = ?", [(record.seq,) for record in records])

    def log_operation(self, entry: Entry, written: Sequence[Written], at: int) -> None:
        """Write down a mutation and what it wrote."""
        ids, values = json.dumps([id_ for id_, _ in written]), f"[{','.join(fields for _, fields in written)}]"
        self._connection.execute(
            "INSERT INTO operations (transaction_id, company_id, name, request, record_ids, record_values, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (entry.transaction_id, entry.company_id, entry.name, entry.request, ids, values, at),
        )

    def log_fault(self, request: int, company_id: int | None, label: str, kind: str) -> None:
        """Write down that a request meets a fault."""
        self._connection.execute(
            "INSERT INTO faults (request, company_id, label, kind, at) VALUES (?, ?, ?, ?, ?)",
            (request, company_id, label, kind, time.time_ns() // 1000),
        )

    def next_request(self) -> int:
        """Give a number that is higher than that of every request in the ledger."""
        statement = (
            "SELECT 1 + max((SELECT coalesce(max(request), 0) FROM operations),"
            " (SELECT coalesce(max(request), 0) FROM faults))"
        )
        return self._connection.execute(statement).fetchone()[0]

    def find(self, search: Search, limit: int) -> list[Record]:
        """Give the first records that a search accepts, at most `limit`, in the order of insertion."""
        if search.alternatives and value_index.has_backlog(self._connection, 1):
            with nullcontext() if self._connection.in_transaction else database.transaction(self._connection):
                value_index.catch_up(self._connection, self.types)
        return lookup.find(self._connection, search, limit)

    def page(
        self,
        record_type: RecordType,
        company_id: int,
        conditions: Sequence[tuple[str, tuple[object, ...]]],
        *,
        descending: bool,
        limit: int,
        offset: int,
    ) -> list[Record]:
        """Give a page of a type's records in the order of insertion: those that meet conditions of SQL on `records`."""
        where = "".join(f" AND {condition}" for condition, _ in conditions)
        order = "DESC" if descending else "ASC"
        rows = self._connection.execute(
            f"SELECT {COLUMNS} FROM records WHERE company_id = ? AND type = ?{where}"  # noqa: S608 - placeholders only
            f" ORDER BY created_at {order}, seq {order} LIMIT ? OFFSET ?",
            (company_id, record_type.name, *(value for _, values in conditions for value in values), limit, offset),
        )
        return [to_record(row) for row in rows]

    def get(self, record_type: RecordType, company_id: int, ids: Collection[str]) -> dict[str, Record]:
        """Give those of these records that exist, by id."""
        rows = self._connection.execute(
            f"SELECT {COLUMNS} FROM records WHERE id IN ({marks(ids)}) AND type = ? AND +company_id = ?",  # noqa: S608
            (*ids, record_type.name, company_id),
        )
        return {record.id: record for record in map(to_record, rows)}

    def existing(self, company_id: int, ids_by_type: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
        """Give those of these ids that exist, by type: one query for each type."""
        known: dict[str, set[str]] = {}
        for name, ids in ids_by_type.items():
            rows = self._connection.execute(
                f"SELECT id FROM records WHERE id IN ({marks(ids)}) AND type = ? AND +company_id = ?",  # noqa: S608
                (*ids, name, company_id),
            )
            known[name] = {id_ for (id_,) in rows}
        return known

    def is_referred_to(self, record_type: RecordType, field: str, company_id: int, id_: str) -> bool:
        """Say whether some record of the type holds this id in the field."""
        return bool(self.find(Search(record_type, company_id, alternatives=(((field, id_),),)), limit=1))
