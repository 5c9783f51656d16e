"""What a contractor's office has in its old system, as files, and what of it must be in Coperniq in the end.

The expectation is made together with the files, from the rules of the specification alone: nothing of the product is
asked. What does not belong here: running anything (`rounds`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

Row = dict[str, str]
NAMED_BY = {"Contact": "name", "Site": "fullAddress", "Asset": "serialNumber", "Task": "title"}
"""Of each type: the field by which the expectation names its records."""
REFERENCES = {"Site": "clientId", "Asset": "siteId", "Task": "siteId"}
BAD, TWICE, MISSING_PARENT, CHANGED = 0.04, 0.03, 0.03, 0.2
"""Shares of rows that break a rule, come twice, refer to nobody, and are corrected by a later file."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A record that must be in Coperniq: its values, and for each reference the type and name of the parent."""

    values: dict[str, Any]
    parents: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])


@dataclass
class Office:
    """An office's files, in the order in which they arrive, and what is expected of them.

    Attributes:
        files: Name and rows of each.
        expected: By type and name, every record that must be in Coperniq once.
        waiting: How many sendable rows wait for ever, because nobody is what they call their parent.
        refused: How many rows break a rule or are the same record as an earlier row.
    """

    chance: Random
    files: list[tuple[str, list[Row]]] = field(default_factory=list[tuple[str, list[Row]]])
    expected: dict[str, dict[str, Expected]] = field(default_factory=dict[str, dict[str, Expected]])
    waiting: int = 0
    refused: int = 0

    @classmethod
    def furnish(cls, chance: Random, people: int) -> Office:
        """Make an office of so many people, their sites, the assets there, and the tasks on these."""
        office = cls(chance)
        rows = office._contacts(people)
        office._children("Site", "Contact", 0.5, "{} Main St", {})
        office._children("Asset", "Site", 0.8, "SN-{}", {"name": "Boiler", "type": "Boiler"})
        office._children("Task", "Site", 0.5, "Visit {}", {"status": "New"})
        office._corrections(rows)
        return office

    def write(self, folder: Path, number: int) -> Path:
        """Write one of the files into a folder."""
        name, rows = self.files[number]
        path = folder / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(column for row in rows for column in row)))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def _contacts(self, people: int) -> dict[str, Row]:
        good: dict[str, Row] = {}
        rows: list[Row] = []
        for number in range(people):
            row = {"name": f"Person {number}", "email": f"person{number}@example.com", "phone": "", "title": "Owner"}
            if self.chance.random() < 0.2:
                row |= {"email": "", "phone": f"(212) 555-{number:04d}"}
            if self.chance.random() < BAD:
                rows.append(row | {"email": "not an address", "phone": ""})
                self.refused += 1
                continue
            good[row["name"]] = row
            rows.append(row)
            if self.chance.random() < TWICE:
                rows.append(dict(row))
                self.refused += 1
        self.files.append(("Contact.csv", rows))
        self.expected["Contact"] = {name: Expected(_contact(row)) for name, row in good.items()}
        return good

    def _children(self, type_name: str, parent_type: str, share: float, pattern: str, same: Row) -> None:
        """Make rows for a share of the parents; some are bad, and some refer to nobody."""
        named_by, reference = NAMED_BY[type_name], REFERENCES[type_name]
        rows: list[Row] = []
        expected = self.expected.setdefault(type_name, {})
        for number, parent in enumerate(self.expected[parent_type]):
            if self.chance.random() > share:
                continue
            name = pattern.format(number)
            row = {named_by: name, **same, reference: parent}
            if self.chance.random() < BAD:
                rows.append({name: "" if name in (named_by, "name") else value for name, value in row.items()})
                self.refused += 1
            elif self.chance.random() < MISSING_PARENT:
                rows.append(row | {reference: f"Nobody {number}"})
                self.waiting += 1
            else:
                rows.append(row)
                expected[name] = Expected({named_by: name, **same}, {reference: (parent_type, parent)})
        self.files.append((f"{type_name}.csv", rows))

    def _corrections(self, contacts: dict[str, Row]) -> None:
        """Make a later file of contacts: some changed, some as they were, some new."""
        rows: list[Row] = []
        for name, row in contacts.items():
            if self.chance.random() < CHANGED:
                rows.append(row | {"title": "Manager"})
                self.expected["Contact"][name] = Expected(_contact(rows[-1]))
            elif self.chance.random() < CHANGED:
                rows.append(dict(row))
        for number in range(len(contacts) // 10):
            rows.append({"name": f"New {number}", "email": f"new{number}@example.com", "phone": "", "title": "Tenant"})
            self.expected["Contact"][rows[-1]["name"]] = Expected(_contact(rows[-1]))
        self.files.append(("Contact corrected.csv", rows))


def _contact(row: Row) -> dict[str, Any]:
    phone = row["phone"]
    digits = "".join(character for character in phone if character.isdigit())
    return {
        "name": row["name"],
        "emails": [row["email"]] if row["email"] else [],
        "phones": [f"+1{digits}"] if digits else [],
        "title": row["title"],
    }
