"""A database that has rows and statistics of them when it is migrated gains what a new one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from orchestration.migrations import up
from tests.conftest import MIGRATIONS, _database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.postgres import Cluster
    from tests.integration.migrations.conftest import Conn

IMPORTS, ROWS = 3, 2_000
PLANNED = "EXPLAIN (FORMAT json) SELECT FROM {} WHERE csv_import_id = '{}'"


@pytest.fixture
def any_conn(any_postgres: Cluster) -> Iterator[Conn]:
    """Connect to a new, empty database of each supported PostgreSQL."""
    with _database(any_postgres) as (_, url), psycopg.connect(url, prepare_threshold=None) as conn:
        yield conn


def test_the_planner_forgets_which_imports_there_were(any_conn: Conn, tmp_path: Path) -> None:
    conn = any_conn
    conn.autocommit = True
    for path in [MIGRATIONS / "shim.sql", *sorted(MIGRATIONS.glob("0[01]*.sql"))[:12]]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    up(conn, tmp_path)
    contractor = _one(
        conn,
        "INSERT INTO mep_contractor_configs (contractor_name, contractor_email) VALUES ('A', 'a@b.co') RETURNING id",
    )
    for number in range(IMPORTS):
        _bring(conn, contractor, number)
    conn.execute("ANALYZE csv_import_records, coperniq_records")
    up(conn, MIGRATIONS)
    latest = _bring(conn, contractor, IMPORTS)
    conn.execute("ANALYZE csv_import_records, coperniq_records")
    for table in ("csv_import_records", "coperniq_records"):
        (plan,) = conn.execute(PLANNED.format(table, latest).encode()).fetchall()[0]
        assert plan[0]["Plan"]["Plan Rows"] >= ROWS * IMPORTS / 200, table


def _bring(conn: Conn, contractor: str, number: int) -> str:
    import_id = _one(
        conn,
        "INSERT INTO csv_imports (contractor_config_id, import_name, coperniq_type) "
        f"VALUES ('{contractor}', '{number}.csv', 'Contact') RETURNING id",
    )
    conn.execute(
        "INSERT INTO csv_import_records (csv_import_id, record_number, record_data, status) "
        f"SELECT '{import_id}', place, '{{}}', 'valid' FROM generate_series(1, {ROWS}) AS place".encode()
    )
    conn.execute(
        "INSERT INTO coperniq_records (contractor_config_id, coperniq_type, record_key, csv_import_id) "
        f"SELECT '{contractor}', 'Contact', '{number}-' || place, '{import_id}' "
        f"FROM generate_series(1, {ROWS}) AS place".encode()
    )
    return import_id


def _one(conn: Conn, statement: str) -> str:
    row = conn.execute(statement.encode()).fetchone()
    assert row is not None
    return str(row[0])
