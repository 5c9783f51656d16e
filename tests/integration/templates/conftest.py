"""A folder of templates beside a migrated database."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from assets.database import Database
from assets.templates import syncing
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg import Connection

    from assets.templates.syncing import Synced

SAMPLES = ROOT / "templates"
SMALL = """\
name: {name}
display_name: Leak report
trade: {trade}
phase: service
groups:
  - name: Leak
    fields:
      - {{name: foundAt, label: Found at, type: Text}}
      - {{name: flow, label: Flow, type: Numeric, validation_rules: {{min: 0, max: 100}}}}
  - name: Repair
    fields:
      - {{name: done, label: Done, type: Single select, options: [Yes, No], required: true}}
"""


@dataclass(frozen=True)
class Office:
    """A folder of templates and the database that it is synced to."""

    conn: Connection[Any]
    folder: Path

    def put(self, name: str, text: str | None = None, trade: str = "plumbing") -> Path:
        path = self.folder / trade / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or SMALL.format(name=name, trade=trade))
        return path

    def samples(self) -> None:
        shutil.copytree(SAMPLES, self.folder, dirs_exist_ok=True)

    def sync(self) -> Synced:
        return syncing.sync(self.conn, self.folder, lambda _: None)

    def one(self, query: str, *parameters: object) -> Any:
        row = self.conn.execute(query, parameters).fetchone()
        return row if row is None or len(row) > 1 else row[0]

    def full(self, name: str) -> Any:
        return self.one("SELECT get_template_full(%s)", name)

    def ids(self, name: str) -> dict[str, str]:
        return {field["name"]: field["id"] for group in self.full(name)["groups"] for field in group["fields"]}


@pytest.fixture
def office(migrated_database: str, tmp_path: Path) -> Iterator[Office]:
    with Database(migrated_database).connect() as conn:
        yield Office(conn, tmp_path)
