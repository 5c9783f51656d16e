"""Create, update and delete: up to 100 records, one transaction, one result for each input.

An input that is refused leaves the others alone. Nothing is idempotent: what is created twice is there twice. Where
the contract is silent, this server decides: an empty batch is carried out and writes nothing; an id that comes twice
in an update is updated twice, in order, and in a delete is NOT_FOUND the second time; an update moves `updatedAt` also
when it changes nothing; a record is IN_USE while a `clientId`, `siteId` or `assetId` holds its id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.coperniq.records import Fields, Record, RecordType, UserError, new_ids
from sandbox.coperniq.rules import find_faults, referred_ids
from sandbox.coperniq.store import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.coperniq.store import Store, Written


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what became of one input: the id that was written, or why it was refused."""

    id: str | None
    errors: Sequence[UserError] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """Hold what a mutation answers: its transaction id, and the outcomes in the order of the inputs."""

    transaction_id: str
    outcomes: list[Outcome]


@dataclass(frozen=True, slots=True)
class Bulk:
    """Carry out the mutations of one company.

    Attributes:
        name: The mutation's name, for the ledger.
        request: The number of the request, for the ledger.
    """

    store: Store
    company_id: int
    name: str
    request: int = 0

    def create(self, record_type: RecordType, inputs: list[Fields]) -> Receipt:
        """Store a new record for each input that holds."""
        with self.store.transaction() as at:
            parents = self.store.existing(self.company_id, referred_ids(record_type, inputs))
            outcomes: list[Outcome] = []
            new: list[Written] = []
            empty = _empty_lists(record_type)
            for id_, given in zip(new_ids(record_type.prefix, len(inputs)), inputs, strict=True):
                fields = _merge(empty, given)
                if errors := find_faults(record_type, fields, given, parents):
                    outcomes.append(Outcome(None, errors))
                else:
                    new.append((id_, json.dumps(fields)))
                    outcomes.append(Outcome(id_))
            self.store.insert(record_type, self.company_id, at, new)
            return self._receipt(outcomes, new, at)

    def update(self, record_type: RecordType, ids: list[str], inputs: list[Fields]) -> Receipt:
        """Change each record: fields that are left out stay, an explicit null clears."""
        with self.store.transaction() as at:
            parents = self.store.existing(self.company_id, referred_ids(record_type, inputs))
            before = self.store.get(record_type, self.company_id, ids)
            after: dict[str, Record] = {}
            written: list[Written] = []
            outcomes: list[Outcome] = []
            for id_, given in zip(ids, inputs, strict=True):
                record = after.get(id_) or before.get(id_)
                if record is None:
                    outcomes.append(_not_found(record_type))
                    continue
                fields = _merge(record.fields, given)
                if errors := find_faults(record_type, fields, given, parents):
                    outcomes.append(Outcome(None, errors))
                else:
                    after[id_] = replace(record, fields=fields, updated_at=at)
                    written.append((id_, json.dumps(fields)))
                    outcomes.append(Outcome(id_))
            self.store.replace(record_type, [before[id_] for id_ in after], after.values())
            return self._receipt(outcomes, written, at)

    def delete(self, record_type: RecordType, ids: list[str]) -> Receipt:
        """Remove each record that nothing refers to."""
        with self.store.transaction() as at:
            stored = self.store.get(record_type, self.company_id, ids)
            gone: list[Record] = []
            outcomes: list[Outcome] = []
            for id_ in ids:
                if id_ not in stored:
                    outcomes.append(_not_found(record_type))
                elif user := self._user_of(record_type, id_):
                    outcomes.append(Outcome(None, [UserError("IN_USE", f"a {user} refers to this record", "id")]))
                else:
                    gone.append(stored.pop(id_))
                    outcomes.append(Outcome(id_))
            self.store.delete(record_type, gone)
            return self._receipt(outcomes, [(record.id, json.dumps(record.fields)) for record in gone], at)

    def _user_of(self, record_type: RecordType, id_: str) -> str | None:
        """Name a type of which some record refers to this one, if there is any."""
        for child in self.store.types.values():
            for field, parent in child.references.items():
                if parent == record_type.name and self.store.is_referred_to(child, field, self.company_id, id_):
                    return child.name
        return None

    def _receipt(self, outcomes: list[Outcome], written: list[Written], at: int) -> Receipt:
        (transaction_id,) = new_ids("txn", 1)
        self.store.log_operation(Entry(transaction_id, self.company_id, self.name, self.request), written, at)
        return Receipt(transaction_id, outcomes)


def _merge(stored: Fields, given: Fields) -> Fields:
    """Lay an input over a record; a null takes its field away, and makes a list empty."""
    merged = {**stored, **given}
    return {
        name: [] if value is None else value
        for name, value in merged.items()
        if value is not None or isinstance(stored.get(name), list)
    }


def _empty_lists(record_type: RecordType) -> Fields:
    """Start a record: the contract's output has no null for a list."""
    return {name: [] for name, field in record_type.fields.items() if field.is_list}


def _not_found(record_type: RecordType) -> Outcome:
    return Outcome(None, [UserError("NOT_FOUND", f"there is no {record_type.name} with this id", "id")])
