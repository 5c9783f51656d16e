"""An office's files for REST, and what must be in the sandbox's books of it: each record once, under its parent.

What belongs here: rows, and judging by what the sandbox wrote down by itself. What does not: running anything.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from sandbox.coperniq import ledger
from tests.integration.coperniq.world import contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.world import World

KINDS = {
    "Contact": ("accounts", "primaryEmail"), "Site": ("sites", "fullAddress"), "Asset": ("assets", "serialNumber"),
    "Task": ("work-orders", "title"), "FinancialDocument": ("invoices", "description"),
}  # fmt: skip
"""Of each type that has an endpoint: what the API calls it, and the field that tells its records apart; an invoice has
no title there, but a note of it."""
NAMES = {
    "Contact": "person{}@example.com", "Site": "{} Main St", "Asset": "SN-{}", "Task": "Visit {}",
    "FinancialDocument": "INV-{}",
}  # fmt: skip
PARENTS = {"sites": "accountId", "assets": "siteId", "work-orders": "accountId", "invoices": "recordId"}


def bring(world: World, people: int) -> dict[str, Any]:
    """Import so many clients, each with a site, an asset there, a task and a bill; give the imports by type."""
    everyone, made = range(people), {"manufacturer": "Acme", "model": "M-1"}
    return {
        "Contact": world.bring("Contact.csv", *contacts(people, title="Owner")),
        "Site": world.bring(
            "Site.csv", *({"fullAddress": f"{n} Main St", "clientId": f"person{n}@example.com"} for n in everyone)
        ),
        "Asset": world.bring(
            "Asset.csv",
            *({"name": "Boiler", "type": "Boiler", "serialNumber": f"SN-{n}", "siteId": f"{n} Main St", **made}
              for n in everyone),
        ),
        "Task": world.bring(
            "Task.csv", *({"title": f"Visit {n}", "status": "New", "siteId": f"{n} Main St"} for n in everyone)
        ),
        "FinancialDocument": world.bring(
            "Invoice.csv",
            *({"title": f"INV-{n}", "type": "Invoice", "clientId": f"person{n}@example.com", "amount": "10",
               "issueDate": "2026-02-01"} for n in everyone),
        ),
    }  # fmt: skip


def agree(world: World, people: int) -> None:
    """Check that the sandbox has each record once, whole, under its own parent, and that the pipeline knows it so."""
    held = {kind: ledger.records(world.store, kind, world.company) for kind, _ in KINDS.values()}
    wrote = Counter(one.name for one in ledger.operations(world.store, world.company))
    number = {str(row["id"]): n for n in range(people) for row in held["accounts"] if row["title"] == f"Person {n}"}
    number |= {
        str(row["id"]): n for n in range(people) for row in held["sites"] if row["fullAddress"] == f"{n} Main St"
    }
    for type_name, (kind, named_by) in KINDS.items():
        names = {row["id"]: _name(row[named_by]) for row in held[kind]}
        assert sorted(names.values()) == sorted(NAMES[type_name].format(n) for n in range(people)), kind
        assert wrote[f"create {kind}"] - wrote[f"delete {kind}"] == people, f"{kind}: {wrote}"
        assert set(world.states(type_name).values()) == {"synced"}, type_name
        known = world.query(
            "SELECT coperniq_id FROM coperniq_records WHERE contractor_config_id = %s AND coperniq_type = %s",
            world.contractor, type_name,
        )  # fmt: skip
        assert sorted(row["coperniq_id"] for row in known) == sorted(_id(kind, row) for row in held[kind])
        if kind in PARENTS:
            found = {names[row["id"]]: number[str(row[PARENTS[kind]])] for row in held[kind]}
            assert found == {NAMES[type_name].format(n): n for n in range(people)}, kind
    assert [row["title"] for row in ledger.records(world.store, "contacts", world.company)] == ["Owner"] * people
    assert {row["name"] for row in held["assets"]} == {"Boiler"}


def _name(text: str) -> str:
    """Return what tells a record apart; of an invoice, the one of its notes that does."""
    noted = re.search(r"INV-\d+", text)
    return noted[0] if noted else text


def _id(kind: str, row: dict[str, Any]) -> str:
    """Return the id by which the pipeline knows a record; two kinds of documents count for themselves."""
    return f"invoices/{row['id']}" if kind == "invoices" else str(row["id"])
