"""What the server holds and what it did, read from the store's file: for tests to compare with what a client claims.

Reading only, past the server, also while it runs. Nothing here checks keys or companies.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.coperniq.scalars import from_microseconds

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Operation:
    """Hold one mutation that was carried out.

    Attributes:
        name: The mutation, `createContacts`.
        record_ids: What it wrote, in the order of its inputs; refused inputs have no id here.
        values: What each of these records held after it; before it, for a delete.
        at: Microseconds since 1970, UTC.
        request: The number of the request that asked for it; one request of REST may carry out several.
        fault: What the request met, `drop_after`; None when it was answered in peace.
    """

    transaction_id: str
    company_id: int
    name: str
    record_ids: tuple[str, ...]
    values: tuple[dict[str, Any], ...]
    at: int
    request: int
    fault: str | None


@dataclass(frozen=True)
class Fault:
    """Hold one request that met a fault.

    Attributes:
        company_id: None for a key that is not known.
        label: What was asked, `mutation createContacts`.
        kind: What happened, `drop_after`.
        at: Microseconds since 1970, UTC.
    """

    request: int
    company_id: int | None
    label: str
    kind: str
    at: int


def records(store: Path, record_type: str, company_id: int) -> list[dict[str, object]]:
    """List a company's records of a type (`Contact`), oldest first, as a query would answer them."""
    rows = _read(
        store,
        "SELECT id, created_at, updated_at, fields FROM records WHERE type = ? AND company_id = ? ORDER BY seq",
        record_type,
        company_id,
    )
    return [
        {
            "id": id_,
            "companyId": company_id,
            "createdAt": from_microseconds(created_at),
            "updatedAt": from_microseconds(updated_at),
            **json.loads(fields),
        }
        for id_, created_at, updated_at, fields in rows
    ]


def operations(store: Path, company_id: int | None = None) -> list[Operation]:
    """List the mutations that were carried out since the store was made or reset, a company's or all, oldest first."""
    rows = _read(
        store,
        "SELECT transaction_id, o.company_id, name, record_ids, record_values, o.at, request, kind"
        " FROM operations AS o LEFT JOIN faults USING (request)"
        " WHERE o.company_id = coalesce(?, o.company_id) ORDER BY seq",
        company_id,
    )
    return [
        Operation(transaction_id, company_id, name, tuple(json.loads(ids)), tuple(json.loads(values)), *rest)
        for transaction_id, company_id, name, ids, values, *rest in rows
    ]


def faults(store: Path) -> list[Fault]:
    """List every request that met a fault since the store was made or reset, in the order of their numbers."""
    return [
        Fault(*row) for row in _read(store, "SELECT request, company_id, label, kind, at FROM faults ORDER BY request")
    ]


def _read(store: Path, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(statement, parameters).fetchall()
