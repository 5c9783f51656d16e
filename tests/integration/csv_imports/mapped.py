"""Reading files by a contractor's mapping files, and how the columns were read: what tests of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.csv_imports import importing, registering, store

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.integration.csv_imports.conftest import Office


def run(office: Office, mappings: Path | None) -> list[registering.Registered]:
    registered = registering.register_files(
        office.conn, office.id, office.inbox, office.sources(), "a test", retry=False,
        mappings=mappings,
    )  # fmt: skip
    for found in store.unfinished(office.conn, office.id):
        importing.read_import(office.conn, office.id, office.inbox, found, lambda _: None, mappings=mappings)
    return registered


def columns(office: Office, import_id: UUID | None) -> list[tuple[str, str | None, str | None, float | None]]:
    return office.conn.execute(
        "SELECT csv_column_header, coperniq_field_name, source, confidence::FLOAT FROM csv_column_mapping"
        " WHERE csv_import_id = %s ORDER BY csv_column_number",
        [import_id],
    ).fetchall()
