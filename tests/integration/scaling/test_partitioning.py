"""Partitioning, tried on what real imports, sends and rollbacks have written: nothing else changes, there and back."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from orchestration import migrations
from orchestration.migrations import Applied
from tests.conftest import MIGRATIONS, _database
from tests.integration.coperniq import audit
from tests.integration.coperniq.world import contact, contacts
from tests.integration.database.test_schema import CATALOGUE
from tests.integration.scaling.conftest import new_world, roll_back

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox.postgres import Cluster
    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.world import World

Connection = psycopg.Connection[Any]

OPTION = Applied("900", "partitioning")
FIRST_WITHOUT = 17
"""The migrations that were there when the option came."""
PARTITIONED = ["coperniq_sync_log", "csv_import_records", "data_lineage"]
RELATIONS = """
    SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') ORDER BY 1
"""
AFTER = "SELECT id::TEXT FROM csv_import_records WHERE csv_import_id = %s ORDER BY record_number"


def partition(conn: Connection) -> None:
    assert migrations.up(conn, MIGRATIONS, ["partitioning"]) == [OPTION]


def unite(conn: Connection) -> None:
    last = max(migration.number for migration in migrations.files.read_folder(MIGRATIONS) if not migration.is_optional)
    assert migrations.down(conn, MIGRATIONS, to=last) == [OPTION]


def dumped(conn: Connection) -> dict[str, list[str]]:
    """Give every row of every table and view."""
    rows = {}
    for (name,) in conn.execute(RELATIONS).fetchall():
        query = "SELECT (to_jsonb(t) - 'logged_at')::TEXT FROM {} AS t ORDER BY 1"
        found = conn.execute(sql.SQL(query).format(sql.Identifier(name))).fetchall()
        rows[name] = [row for (row,) in found]
    return rows


def facts(conn: Connection) -> list[str]:
    return [fact for (fact,) in conn.execute(CATALOGUE.encode())]


def test_no_row_no_view_and_no_rule_changes_there_and_back(conn: Connection, offices: list[World]) -> None:
    before, schema = dumped(conn), facts(conn)
    partition(conn)
    assert dumped(conn) == before
    kinds = "SELECT relname FROM pg_class WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    assert [name for (name,) in conn.execute(kinds)] == PARTITIONED
    for table in ("csv_import_records", "data_lineage"):
        used = conn.execute(sql.SQL("SELECT count(DISTINCT tableoid) FROM {}").format(sql.Identifier(table)))
        assert (used.fetchone() or (0,))[0] > 3
    spread = "SELECT csv_import_id FROM csv_import_records GROUP BY 1 HAVING count(DISTINCT tableoid) > 1"
    assert conn.execute(spread).fetchall() == []
    lost = set(schema) - set(facts(conn))
    unite(conn)
    assert dumped(conn) == before
    assert facts(conn) == schema
    # What is not there meanwhile: that these are plain tables, their three keys, and the reference to a row's id.
    assert sorted(fact for fact in lost if not fact.startswith(("relation", "column", "index"))) == sorted(
        [
            "constraint coperniq_sync_log coperniq_sync_log_pkey PRIMARY KEY (id)",
            "constraint csv_import_records csv_import_records_pkey PRIMARY KEY (id)",
            "constraint data_lineage data_lineage_csv_import_record_id_fkey FOREIGN KEY (csv_import_record_id) "
            "REFERENCES csv_import_records(id) ON DELETE CASCADE",
            "constraint data_lineage data_lineage_pkey PRIMARY KEY (id)",
        ]
    )


def test_migrations_that_come_later_find_partitions_as_good(postgres: Cluster, tmp_path: Path) -> None:
    def copy(names: Iterable[Path]) -> None:
        for path in names:
            shutil.copy(path, tmp_path)

    numbered = sorted(MIGRATIONS.glob("[0-9]*.sql"))
    shutil.copytree(MIGRATIONS / "optional", tmp_path / "optional")
    copy([MIGRATIONS / "shim.sql", *numbered[:FIRST_WITHOUT]])
    with _database(postgres) as (_, url), psycopg.connect(url, autocommit=True, prepare_threshold=None) as conn:
        migrations.up(conn, tmp_path, ["partitioning"])
        copy(numbered)
        assert len(migrations.up(conn, tmp_path)) == len(numbered) - FIRST_WITHOUT
        migrations.down(conn, tmp_path)
        assert conn.execute(RELATIONS).fetchall() == []


def test_imports_sending_and_rollbacks_go_on(
    conn: Connection, offices: list[World], sandbox: SandboxHandle, tmp_path: Path
) -> None:
    partition(conn)
    world = new_world(conn, sandbox, tmp_path)
    first = world.bring("Contact.csv", *contacts(120))
    sites = world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person0@example.com"})
    world.deliver()
    assert len(world.held("Contact")) == 120
    again = world.bring("Contact-2.csv", contact(0), contact(1, title="Owner"), contact(500))
    assert [row["status"] for row in world.rows(again)] == ["skipped", "valid", "valid"]
    world.deliver()
    audit.agrees(world)
    roll_back(world, sites)
    roll_back(world, again)
    roll_back(world, first)
    assert world.held("Site") == []
    # What was sent before takes part: its rows are known, its records are updated, its lineage is found.
    known = offices[2].bring("Contact.csv", *contacts(3))
    offices[2].deliver()
    roll_back(offices[2], known)
    for office in offices:
        audit.agrees(office)
    before = dumped(conn)
    unite(conn)
    assert dumped(conn) == before


def test_who_may_see_a_row_is_as_before(conn: Connection, offices: list[World]) -> None:
    def seen(role: str, email: str | None) -> list[int | str]:
        found: list[int | str] = []
        with conn.transaction(force_rollback=True):
            conn.execute(
                "SELECT set_config('request.jwt.claims', %s, true)", [json.dumps({"role": role, "email": email})]
            )
            conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            for table in (*PARTITIONED, "coperniq_sync_history", "csv_import_summary"):
                try:
                    with conn.transaction():
                        counted = conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
                        found.append((counted.fetchone() or (0,))[0])
                except psycopg.errors.InsufficientPrivilege:
                    found.append("refused")
        return found

    emails = [row[0] for row in conn.execute("SELECT contractor_email FROM mep_contractor_configs ORDER BY 1")]
    callers = [("authenticated", email) for email in (*emails, "x@y.z")]
    before = [seen(*caller) for caller in (*callers, ("anon", None), ("service_role", None))]
    partition(conn)
    assert [seen(*caller) for caller in (*callers, ("anon", None), ("service_role", None))] == before
    assert before[0] != before[1]
    parts = conn.execute(
        "SELECT oid::regclass::TEXT, relrowsecurity FROM pg_class"
        " WHERE relnamespace = 'mep_partitions'::regnamespace AND relkind = 'r'"
    ).fetchall()
    assert all(secured for _, secured in parts)
    for role in ("anon", "authenticated", "service_role"):
        with conn.transaction(force_rollback=True):
            conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(f"SELECT FROM {parts[0][0]}".encode())


def test_lineage_comes_with_its_row_and_goes_with_it(conn: Connection, offices: list[World]) -> None:
    partition(conn)
    (row,) = conn.execute(
        "SELECT csv_import_record_id, contractor_config_id, coperniq_entity_type FROM data_lineage LIMIT 1"
    ).fetchall()
    add = (
        "INSERT INTO data_lineage (csv_import_record_id, contractor_config_id, coperniq_entity_type)"
        " VALUES (gen_random_uuid(), %s, 'Contact')"
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="There is no row"):
        conn.execute(add, [row[1]])
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        conn.execute("UPDATE data_lineage SET csv_import_record_id = gen_random_uuid()")
    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute(
            "INSERT INTO data_lineage (csv_import_record_id, contractor_config_id, coperniq_entity_type)"
            " VALUES (%s, %s, %s)", row,
        )  # fmt: skip
    world = offices[0]
    of = "SELECT DISTINCT csv_import_id FROM csv_import_records WHERE id = %s"
    (found,) = world.query(of, row[0])
    left = (
        "SELECT count(*) FROM data_lineage AS l"
        " WHERE NOT EXISTS (SELECT FROM csv_import_records AS r WHERE r.id = l.csv_import_record_id)"
    )
    lineage = conn.execute("SELECT count(*) FROM data_lineage").fetchone()
    conn.execute("DELETE FROM coperniq_sync_log")
    conn.execute("DELETE FROM csv_imports WHERE id = %s", [found["csv_import_id"]])
    assert conn.execute(left).fetchone() == (0,)
    assert conn.execute("SELECT count(*) FROM data_lineage").fetchone() != lineage


def test_a_row_number_is_given_once_and_a_final_import_stays_so(conn: Connection, offices: list[World]) -> None:
    partition(conn)
    world = offices[2]
    open_import = conn.execute(
        "INSERT INTO csv_imports (contractor_config_id, import_name, coperniq_type)"
        " VALUES (%s, 'a.csv', 'Contact') RETURNING id", [world.contractor],
    ).fetchone()  # fmt: skip
    add = 'SELECT add_csv_import_record(%s, 1, \'{"name": "Ann"}\')'
    conn.execute(add, open_import)
    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute(add, open_import)
    final = conn.execute("SELECT id FROM csv_imports WHERE status = 'partial_success' LIMIT 1").fetchone()
    with pytest.raises(psycopg.errors.CheckViolation, match="which is final"):
        conn.execute("DELETE FROM csv_import_records WHERE csv_import_id = %s", final)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        conn.execute("UPDATE coperniq_sync_log SET performed_by = 'me'")


def test_the_log_has_a_month_for_every_entry_and_makes_those_ahead(conn: Connection, offices: list[World]) -> None:
    conn.execute(
        "INSERT INTO coperniq_sync_log (csv_import_id, operation_type, entity_type, status, started_at, completed_at)"
        " SELECT id, 'import', 'Contact', 'success', at, at FROM (SELECT id FROM csv_imports LIMIT 1) AS i,"
        " unnest(ARRAY['2025-11-30 23:59:59.9+00', '2026-02-01 00:00+00']::TIMESTAMPTZ[]) AS at"
    )
    partition(conn)
    stray = "SELECT count(*) FROM mep_partitions.coperniq_sync_log_other"
    assert conn.execute(stray).fetchone() == (0,)
    placed = conn.execute(
        "SELECT tableoid::regclass::TEXT FROM coperniq_sync_log WHERE logged_at < '2026-03-01' ORDER BY logged_at"
    ).fetchall()
    assert placed == [("mep_partitions.coperniq_sync_log_2025_11",), ("mep_partitions.coperniq_sync_log_2026_02",)]
    # Nobody made months for a while: entries are kept meanwhile, and get theirs later.
    last = "to_char(now() + INTERVAL '2 months', 'YYYY_MM')"
    (part,) = conn.execute(f"SELECT 'mep_partitions.coperniq_sync_log_' || {last}".encode()).fetchone() or ("",)
    conn.execute(f"DROP TABLE {part}".encode())
    conn.execute(
        "INSERT INTO coperniq_sync_log (csv_import_id, operation_type, entity_type, status, logged_at)"
        " SELECT id, 'import', 'Contact', 'success', now() + INTERVAL '2 months' FROM csv_imports LIMIT 1"
    )
    assert conn.execute(stray).fetchone() == (1,)
    before = dumped(conn)
    assert conn.execute("SELECT mep_partitions.make_months(), mep_partitions.make_months()").fetchone() == (1, 0)
    assert dumped(conn) == before
    assert conn.execute(stray).fetchone() == (0,)
