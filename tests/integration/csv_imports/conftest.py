"""A contractor on a real database, an inbox folder, and reading files through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from assets.contractors import store as contractors
from assets.csv_imports import importing, registering, store
from assets.csv_imports.inbox import in_order
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from tests.integration.csv_imports.fixing import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    import psycopg
    from psycopg import Connection

CONTACTS = "name,email,phone\nAnn,a@b.co,303-555-0123\nBob,b@b.co,\nCid,,303-555-0199\n"


@dataclass(frozen=True)
class Office:
    """A contractor whose files lie in a folder of their own.

    Attributes:
        conn: In autocommit mode, as the pipeline's.
        id: The contractor's.
        root: The inbox.
        slug: The contractor's folder in it.
    """

    conn: Connection[Any]
    id: UUID
    root: Path
    slug: str

    @property
    def inbox(self) -> LocalInbox:
        """The inbox, as the pipeline knows it."""
        return LocalInbox(self.root)

    def sources(self) -> list[str]:
        """Name the files of the folder in the order in which they are read."""
        return [file.source for file in in_order(self.inbox.files(self.slug))]

    def put(self, name: str, content: str | bytes) -> Path:
        """Put a file into the contractor's folder."""
        path = self.root / self.slug / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def register(self, *, retry: bool = False) -> list[registering.Registered]:
        """Register every file of the folder."""
        return registering.register_files(self.conn, self.id, self.inbox, self.sources(), "a test", retry=retry)

    def read(self) -> list[importing.Contents]:
        """Read every import that is not finished."""
        return [
            importing.read_import(self.conn, self.id, self.inbox, found, lambda _: None)
            for found in store.unfinished(self.conn, self.id)
        ]

    def run(self, *, retry: bool = False) -> dict[str, UUID | None]:
        """Register and read; give the import of each file, its first one where it has two."""
        registered = self.register(retry=retry)
        self.read()
        return {file.file: file.import_id for file in reversed(registered)}

    def send(self, name: str, text: str) -> UUID:
        """Put a file into the folder, run, and give its import."""
        self.put(name, text)
        found = self.run()[name]
        assert found is not None
        return found

    def rows(self, import_id: UUID, *columns: str) -> list[tuple[Any, ...]]:
        """Give these columns of an import's rows, in their order."""
        chosen = ", ".join(columns)
        return self.conn.execute(
            f"SELECT {chosen} FROM csv_import_records WHERE csv_import_id = %s ORDER BY record_number", [import_id]
        ).fetchall()

    def import_row(self, import_id: UUID, *columns: str) -> tuple[Any, ...]:
        """Give these columns of an import."""
        found = self.conn.execute(f"SELECT {', '.join(columns)} FROM csv_imports WHERE id = %s", [import_id]).fetchone()
        assert found is not None
        return found

    def mark_synced(self) -> None:
        """Say of every record of the contractor that Coperniq has it, as its rows stand now."""
        self.conn.execute(
            """
            UPDATE coperniq_records AS c
            SET state = 'synced', coperniq_id = 'cq-' || c.record_key, sent_data = r.mapped_data
            FROM csv_import_records AS r
            WHERE r.id = c.csv_import_record_id AND c.contractor_config_id = %s
            """,
            [self.id],
        )


def make_office(conn: Connection[Any], root: Path, slug: str) -> Office:
    """Register a contractor."""
    contractors.add(conn, slug, f"Contractor {slug}", f"{slug}@example.com", ["hvac"])
    return Office(conn, contractors.get(conn, slug).id, root, slug)


def records(office: Office, type_name: str) -> list[tuple[Any, ...]]:
    """Give what is known of each record of a type: key, state, and the row whose values it takes."""
    return office.conn.execute(
        """
        SELECT c.record_key, c.state::TEXT, m.import_name, c.record_number
        FROM coperniq_records AS c INNER JOIN csv_imports AS m ON m.id = c.csv_import_id
        WHERE c.contractor_config_id = %s AND c.coperniq_type = %s ORDER BY c.record_key
        """,
        [office.id, type_name],
    ).fetchall()


def statuses(office: Office, import_id: UUID) -> list[str]:
    """Give the statuses of an import's rows, in their order."""
    return [status for (status,) in office.rows(import_id, "status::TEXT")]


@pytest.fixture
def connection(migrated_database: str) -> Iterator[psycopg.Connection[Any]]:
    """Give a connection as the pipeline opens it."""
    with Database(migrated_database).connect() as conn:
        yield conn


@pytest.fixture
def office(connection: psycopg.Connection[Any], tmp_path: Path) -> Office:
    """Give a contractor with an empty inbox."""
    return make_office(connection, tmp_path, "abc")


@pytest.fixture
def outbox(office: Office, tmp_path: Path) -> Outbox:
    """Give the outbox of the office, which is empty."""
    return Outbox(office, tmp_path / "outbox")


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """Give the folder of the contractor's override files."""
    folder = tmp_path / "mappings" / "abc"
    folder.mkdir(parents=True)
    return folder
