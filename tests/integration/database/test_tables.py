"""`assets/tables.json` says of the tables what the migrations make of them."""

from __future__ import annotations

import psycopg

from assets import tables
from sandbox.tables import document


def test_the_document_is_that_of_a_migrated_database(migrated_database: str) -> None:
    with psycopg.connect(migrated_database) as connection:
        made = document(connection)
    assert tables.DOCUMENT.read_text(encoding="utf-8") == made, "a migration changed a table: run `make tables`"


def test_every_table_and_its_columns_can_be_read() -> None:
    imports = tables.every()["csv_imports"]
    assert imports.comment
    assert ("file_hash", "text", True) in [(one.name, one.type, one.nullable) for one in imports.columns]
