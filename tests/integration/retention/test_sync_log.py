"""Old entries of the audit log go by the owner's function: never young ones, never of what is still to be sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from assets.database import Database
from assets.retention import store
from orchestration import migrations
from tests.conftest import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

Connection = psycopg.Connection[Any]
AGES = (1, 29, 31, 100, 400, 800)


@pytest.fixture
def conn(migrated_database: str) -> Iterator[Connection]:
    """Give a database with a settled and an open import, each with entries of these ages, in days."""
    with Database(migrated_database).connect() as connection:
        connection.execute(
            """
            WITH contractor AS (
                INSERT INTO mep_contractor_configs (contractor_name, contractor_email)
                VALUES ('A', 'a@b.co') RETURNING id
            ), imports AS (
                INSERT INTO csv_imports (contractor_config_id, import_name, coperniq_type, coperniq_sync_status)
                SELECT id, status, 'Contact', status FROM contractor, unnest(ARRAY['synced', 'pending']) AS status
                RETURNING id, contractor_config_id
            )
            INSERT INTO coperniq_sync_log (
                csv_import_id, contractor_config_id, operation_type, entity_type, status, started_at, completed_at
            )
            SELECT i.id, i.contractor_config_id, 'import', 'Contact', 'success', at, at
            FROM imports AS i, unnest(%s::INTEGER[]) AS age, LATERAL (SELECT now() - age * INTERVAL '1 day') AS t (at)
            """,
            [list(AGES)],
        )
        yield connection


def ages(conn: Connection, status: str) -> list[int]:
    return [
        age
        for (age,) in conn.execute(
            "SELECT extract(DAY FROM now() - l.started_at)::INTEGER FROM coperniq_sync_log AS l"
            " INNER JOIN csv_imports AS i ON i.id = l.csv_import_id WHERE i.import_name = %s ORDER BY 1",
            [status],
        )
    ]


def before(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def test_what_is_older_goes_and_a_line_says_so(conn: Connection) -> None:
    assert store.forget_sync_log(conn, before(730), 100) == 1
    assert store.forget_sync_log(conn, before(730), 100) == 0
    assert ages(conn, "synced") == [1, 29, 31, 100, 400]
    assert store.forget_sync_log(conn, before(90), 100) == 2
    assert ages(conn, "synced") == [1, 29, 31]
    assert ages(conn, "pending") == list(AGES)
    said = conn.execute("SELECT what, removed FROM retention_log ORDER BY removed_at").fetchall()
    assert said == [("sync_log", 1), ("sync_log", 2)]


def test_the_oldest_go_first_where_a_run_may_not_take_all(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "ENTRIES_AT_ONCE", 1)
    assert store.forget_sync_log(conn, before(90), 2) == 2
    assert ages(conn, "synced") == [1, 29, 31, 100]


@pytest.mark.parametrize("days", [29.9, 0, -1])
def test_what_is_young_stays_whoever_asks(conn: Connection, days: float) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="last 30 days stay"):
        conn.execute("SELECT forget_sync_log(%s, 100)", [before(days)])
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        conn.execute("SELECT forget_sync_log(NULL, 100)")
    assert ages(conn, "synced") == list(AGES)


def test_the_service_role_deletes_by_the_function_and_not_otherwise(conn: Connection) -> None:
    with conn.transaction():
        conn.execute("SET LOCAL ROLE service_role")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
            conn.execute("DELETE FROM coperniq_sync_log")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
            conn.execute("DELETE FROM retention_log")
        assert store.forget_sync_log(conn, before(730), 100) == 1
    for role in ("anon", "authenticated"):
        with conn.transaction(force_rollback=True):
            conn.execute(f"SET LOCAL ROLE {role}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute("SELECT forget_sync_log(now() - INTERVAL '99 days', 1)")


def test_where_the_log_is_partitioned_whole_months_go(conn: Connection) -> None:
    migrations.up(conn, MIGRATIONS, ["partitioning"])
    months = "SELECT count(*) FROM pg_class WHERE relname ~ '^coperniq_sync_log_20.._..$'"
    (there,) = conn.execute(months).fetchone() or (0,)
    # Every month holds entries of an import of which something is still to be sent.
    assert store.forget_sync_log(conn, before(90), 1) == 0
    conn.execute("UPDATE csv_imports SET coperniq_sync_status = 'synced'")
    with conn.transaction():
        conn.execute("SET LOCAL ROLE service_role")
        assert store.forget_sync_log(conn, before(130), 1) == 4
    assert ages(conn, "synced") == ages(conn, "pending") == [1, 29, 31, 100]
    (left,) = conn.execute(months).fetchone() or (0,)
    # Months without an entry went as well, back to that of 800 days ago.
    assert there - left in range(21, 24)
    assert conn.execute("SELECT what, removed FROM retention_log").fetchall() == [("sync_log", 4)]
