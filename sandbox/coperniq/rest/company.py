"""A company's records of REST, within one request: reading them, and writing them with an entry in the ledger each."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.coperniq.records import Record, new_ids
from sandbox.coperniq.rest.errors import bad_request, not_found
from sandbox.coperniq.search import Search
from sandbox.coperniq.store import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.coperniq.records import RecordType
    from sandbox.coperniq.rest.listing import Listing
    from sandbox.coperniq.store import Store

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Company:
    """Hold whose records a request works on.

    Attributes:
        request: Its number, for the ledger.
        at: Its time, microseconds since 1970; writing needs a transaction of the store.
    """

    store: Store
    company_id: int
    request: int
    at: int = 0

    def get(self, record_type: RecordType, number: int | str) -> Record:
        """Give a record by its id; 404 when there is none."""
        found = self.store.get(record_type, self.company_id, [str(number)])
        if not found:
            raise not_found()
        return found[str(number)]

    def require(self, record_type: RecordType, number: int, field: str) -> Record:
        """Give a record that a body refers to; 400 when there is none."""
        found = self.store.get(record_type, self.company_id, [str(number)])
        if not found:
            raise bad_request(f"{field}: there is no such record", field)
        return found[str(number)]

    def holding(self, record_type: RecordType, field: str, value: object) -> list[Record]:
        """List the records that hold a value in a field which is an index of their type, oldest first."""
        return self.store.find(Search(record_type, self.company_id, alternatives=(((field, value),),)), _ALL)

    def page(self, listing: Listing) -> Sequence[Record]:
        """List a page of records."""
        return self.store.page(
            listing.record_type, self.company_id, listing.conditions,
            descending=listing.descending, limit=listing.size, offset=listing.offset,
        )  # fmt: skip

    def create(self, record_type: RecordType, fields: dict[str, Any]) -> Record:
        """Write a new record."""
        seq = self.store.next_seq()
        written = (str(seq), json.dumps(fields))
        self.store.insert(record_type, self.company_id, self.at, [written])
        self._log("create", record_type, *written)
        return Record(seq, str(seq), self.company_id, self.at, self.at, fields)

    def update(self, record_type: RecordType, record: Record, changes: dict[str, Any]) -> Record:
        """Write a record again, with other fields."""
        changed = replace(record, fields={**record.fields, **changes}, updated_at=self.at)
        self.store.replace(record_type, [record], [changed])
        self._log("update", record_type, record.id, json.dumps(changed.fields))
        return changed

    def delete(self, record_type: RecordType, record: Record) -> None:
        """Remove a record."""
        self.store.delete(record_type, [record])
        self._log("delete", record_type, record.id, json.dumps(record.fields))

    def _log(self, verb: str, record_type: RecordType, id_: str, fields: str) -> None:
        (transaction_id,) = new_ids("txn", 1)
        entry = Entry(transaction_id, self.company_id, f"{verb} {record_type.name}", self.request)
        self.store.log_operation(entry, [(id_, fields)], self.at)
