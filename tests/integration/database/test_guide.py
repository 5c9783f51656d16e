"""Every SQL block of the migration guide, run as it is written, by the owner and by the service role.

`guide_blocks.md` is a copy of the guide's blocks, because a clone of the project does not have the guide.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.conftest import shared_file

if TYPE_CHECKING:
    import psycopg

    from tests.integration.database.seed import Ids

COPY = Path(__file__).with_name("guide_blocks.md")
KEY_COLUMNS = "-- Key columns"

# What makes every query of the guide find something.
ROWS = """
    UPDATE mep_contractor_configs SET contractor_name = 'ABC Heating & Cooling';
    UPDATE mep_form_submissions SET status = 'submitted';
    UPDATE csv_imports SET status = 'processing', started_at = now() - INTERVAL '1 hour';
    UPDATE data_lineage SET data_quality_score = 0.5;
    INSERT INTO csv_import_records (
        csv_import_id, record_number, record_data, record_key, status, error_message, invalid_fields
    ) VALUES
        ('{import}', 8, '{{}}', 'john', 'duplicate', 'Same record as row 7.', NULL),
        ('{import}', 9, '{{}}', NULL, 'error', 'Phone "x" is not a phone number.', '{{phones}}');
    INSERT INTO coperniq_sync_log (csv_import_id, operation_type, entity_type, records_processed, status)
    VALUES ('{import}', 'import', 'Contact', 0, 'failed');
"""


class Block(NamedTuple):
    """An SQL block and the heading under which it stands."""

    heading: str
    sql: str


def blocks(text: str) -> list[Block]:
    """Return the SQL blocks of a Markdown text in order."""
    found = re.findall(r"^(#+ [^\n]*)$|^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    heading, result = "", []
    for title, language, body in found:
        heading = title.lstrip("# ") or heading
        if language == "sql":
            result.append(Block(heading, body))
    return result


ALL = blocks(COPY.read_text(encoding="utf-8"))
RUNNABLE = [block for block in ALL if not block.sql.startswith(KEY_COLUMNS)]
COLUMNS = [block for block in ALL if block.sql.startswith(KEY_COLUMNS)]


def named(chosen: list[Block]) -> list[Any]:
    """Give each block the identifier `heading-n` for the test report."""
    seen: dict[str, int] = {}
    for heading, _ in chosen:
        seen[heading] = seen.get(heading, 0) + 1
    counts = dict.fromkeys(seen, 0)
    params: list[Any] = []
    for block in chosen:
        counts[block.heading] += 1
        suffix = f"-{counts[block.heading]}" if seen[block.heading] > 1 else ""
        params.append(pytest.param(block, id=f"{block.heading}{suffix}"))
    return params


def as_run(block: Block, ids: Ids) -> str:
    """Put real ids in the place of the placeholders; nothing else differs from the guide."""
    text = block.sql.replace(",...}", "}").replace("= ?;", "= 'Office@A-Mechanical.example';")
    text = text.replace("_id = 'id'", f"_id = '{ids['contractor']}'")
    for placeholder in ("contractor", "template", "import"):
        text = text.replace(f"'{placeholder}-uuid'", f"'{ids[placeholder]}'")
    if "pg_stat_user_indexes" in text:  # PostgreSQL calls these columns relname and indexrelname.
        text = text.replace("tablename", "relname").replace("indexname", "indexrelname")
    return text


def test_the_copy_is_the_guide() -> None:
    assert blocks(shared_file("spec/migration-guide.md").read_text(encoding="utf-8")) == ALL


@pytest.mark.parametrize("role", ["owner", "service_role"])
@pytest.mark.parametrize("block", named(RUNNABLE))
def test_block_runs_and_finds_its_rows(connection: psycopg.Connection[Any], ids: Ids, block: Block, role: str) -> None:
    connection.execute(ROWS.format(**ids).encode(), prepare=False)
    if role != "owner":
        connection.execute("SET LOCAL ROLE service_role")

    cursor = connection.execute(as_run(block, ids).encode(), prepare=False)
    results = [cursor]
    while True:
        if cursor.description is not None:
            assert cursor.fetchall(), f"statement {len(results)} of the block finds nothing"
        elif (cursor.statusmessage or "").split()[0] in {"INSERT", "UPDATE"}:
            assert cursor.rowcount > 0, f"statement {len(results)} of the block writes nothing"
        if not cursor.nextset():
            break
        results.append(cursor)


@pytest.mark.parametrize("block", named(COLUMNS))
def test_key_columns_are_there_with_their_types(connection: psycopg.Connection[Any], block: Block) -> None:
    wanted = re.findall(
        r"^([a-z_]+(?:, [a-z_]+)*): ([A-Za-z_]+(?:\(\d,\d\))?(?:\[\])?)(?: REFERENCES (\w+)\((\w+)\))?",
        block.sql,
        re.MULTILINE,
    )
    assert len(wanted) == block.sql.count("\n") - 1
    for names, type_name, table, column in wanted:
        for name in names.split(", "):
            assert _type_of(connection, block.heading, name) == _spelled(connection, type_name), name
            if table:
                assert _refers(connection, block.heading, name, table, column), f"{name} refers to {table}"


def test_rows_security_shows_true_for_all(connection: psycopg.Connection[Any]) -> None:
    (block,) = (block for block in RUNNABLE if "rowsecurity" in block.sql)
    rows = connection.execute(block.sql.encode()).fetchall()
    assert {secured for _, _, secured in rows} == {True}


def _type_of(connection: psycopg.Connection[Any], table: str, column: str) -> str | None:
    row = connection.execute(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
        [table, column],
    ).fetchone()
    return row and row[0]


def _spelled(connection: psycopg.Connection[Any], type_name: str) -> str:
    name, _, modifier = type_name.partition("(")
    row = connection.execute("SELECT %s::regtype::text", [name]).fetchone()
    assert row is not None
    return f"{row[0]}({modifier}" if modifier else row[0]


def _refers(connection: psycopg.Connection[Any], table: str, column: str, target: str, target_column: str) -> bool:
    keys = connection.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'", [table]
    ).fetchall()
    wanted = re.compile(rf"FOREIGN KEY \({column}\b.*\) REFERENCES {target}\({target_column}\b")
    return any(wanted.match(definition) for (definition,) in keys)
