"""The tables and their columns as the migrations make them, for who shows them without a database at hand.

What belongs here: reading `tables.json`, which `make tables` writes from a migrated database; a test compares the two.
What does not: anything that the migrations do not say.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, slots=True)
class Column:
    """A column, with its comment where it has one."""

    name: str
    type: str
    nullable: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its comment, and its columns in their order."""

    comment: str
    columns: tuple[Column, ...]


@functools.cache
def every() -> dict[str, Table]:
    """Return the tables by name."""
    written = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return {
        name: Table(table["comment"], tuple(Column(**column) for column in table["columns"]))
        for name, table in written.items()
    }
