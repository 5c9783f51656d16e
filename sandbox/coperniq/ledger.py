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
        at: Microseconds since 1970, UTC.
    """

    transaction_id: str
    company_id: int
    name: str
    record_ids: tuple[str, ...]
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


def operations(store: Path) -> list[Operation]:
    """List every mutation that was carried out since the store was made or reset, oldest first."""
    rows = _read(store, "SELECT transaction_id, company_id, name, record_ids, at FROM operations ORDER BY seq")
    return [
        Operation(transaction_id, company_id, name, tuple(json.loads(record_ids)), at)
        for transaction_id, company_id, name, record_ids, at in rows
    ]


def _read(store: Path, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(statement, parameters).fetchall()
