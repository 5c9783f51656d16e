"""What the migrations make: the guide's indexes, comments and guards on everything, and nothing left after rollback."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from orchestration import migrations
from tests.conftest import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

Connection = psycopg.Connection[Any]

CATALOGUE = Path(__file__).with_name("catalogue.sql").read_text(encoding="utf-8")
INDEXES = (
    "SELECT indexname, split_part(indexdef, ' USING ', 2) FROM pg_indexes "
    "WHERE schemaname = 'public' AND indexname LIKE 'idx_%'"
)

# The indexes that the guide names, and what follows USING in their definitions.
NAMED = {
    "idx_contractor_configs_name": "btree (contractor_name)",
    "idx_contractor_configs_email": "btree (contractor_email)",
    "idx_contractor_configs_trades": "gin (trades)",
    "idx_contractor_configs_markets": "gin (markets)",
    "idx_contractor_configs_active": "btree (is_active)",
    "idx_form_submissions_status": "btree (status)",
    "idx_form_submissions_composite": "btree (contractor_config_id, template_id, status)",
    "idx_template_usage_composite": "btree (contractor_config_id, template_id, action)",
    "idx_csv_imports_status": "btree (status)",
    "idx_csv_imports_coperniq_status": "btree (coperniq_sync_status)",
    "idx_csv_imports_hash": "btree (file_hash)",
    "idx_csv_import_records_status": "btree (status)",
    "idx_csv_import_records_coperniq_id": "btree (coperniq_id) WHERE (coperniq_id IS NOT NULL)",
    "idx_coperniq_sync_log_status": "btree (status)",
    "idx_coperniq_sync_log_timestamp": "btree (started_at DESC)",
    "idx_data_lineage_coperniq": "btree (coperniq_entity_type, coperniq_entity_id)",
}
TABLES = {
    1: {"templates", "template_groups", "template_fields"},
    2: {"mep_contractor_configs", "mep_form_submissions", "mep_template_usage"},
    3: {
        "csv_imports",
        "csv_import_records",
        "coperniq_field_mapping",
        "csv_column_mapping",
        "coperniq_sync_log",
        "data_lineage",
    },
}


@pytest.fixture
def empty(fresh_database: str) -> Iterator[Connection]:
    """Give a connection to an empty database."""
    with psycopg.connect(fresh_database, autocommit=True, prepare_threshold=None) as conn:
        yield conn


def first(count: int, folder: Path) -> Path:
    """Copy the shim and the first so many migrations into a folder of their own."""
    folder.mkdir()
    for path in [MIGRATIONS / "shim.sql", *sorted(MIGRATIONS.glob("0*.sql"))[:count]]:
        shutil.copy(path, folder)
    return folder


def catalogue(conn: Connection) -> list[str]:
    """Return a line for each fact about the schema."""
    return [line for (line,) in conn.execute(CATALOGUE.encode(), prepare=False)]


def test_each_migration_makes_its_tables_and_as_many_indexes_as_the_guide_says(
    empty: Connection, tmp_path: Path
) -> None:
    expected, indexes, tables = {1: 8, 2: 17, 3: 20}, 0, set[str]()
    for number, added in expected.items():
        migrations.up(empty, first(number, tmp_path / str(number)))
        indexes += added
        tables |= TABLES[number]
        assert len(empty.execute(INDEXES.encode()).fetchall()) == indexes
        assert {
            name for (name,) in empty.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        } == tables


def test_named_indexes_are_on_the_guides_columns(connection: Connection) -> None:
    found = dict(connection.execute(INDEXES.encode()).fetchall())
    assert {name: found.get(name) for name in NAMED} == NAMED


def test_every_foreign_key_can_be_followed_backwards(connection: Connection) -> None:
    """A key without an index makes a delete of its target read the whole table; small reference tables may."""
    missing = connection.execute(
        """
        SELECT c.conrelid::regclass::text, a.attname
        FROM pg_constraint AS c
        INNER JOIN pg_attribute AS a ON c.conrelid = a.attrelid AND c.conkey[1] = a.attnum
        WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
        """
    ).fetchall()
    assert [row for row in missing if row != ("coperniq_field_mapping", "template_field_id")] == []


def test_up_down_up_leaves_the_same_schema_and_down_leaves_nothing(empty: Connection) -> None:
    empty.execute((MIGRATIONS / "shim.sql").read_bytes(), prepare=False)
    before = catalogue(empty)
    migrations.up(empty, MIGRATIONS)
    made = catalogue(empty)
    migrations.down(empty, MIGRATIONS)
    assert catalogue(empty) == before
    migrations.up(empty, MIGRATIONS)
    assert catalogue(empty) == made
    assert len(made) > 300


@pytest.mark.parametrize("last", [1, 2, 3])
def test_down_to_a_migration_leaves_what_it_and_those_before_it_made(
    empty: Connection, tmp_path: Path, last: int
) -> None:
    migrations.up(empty, first(last, tmp_path / "first"))
    expected = catalogue(empty)
    migrations.up(empty, MIGRATIONS)
    migrations.down(empty, MIGRATIONS, to=last)
    # PostgreSQL takes no value out of an enum: this one stays as long as its type.
    assert [line.replace(",rolled_back}", "}") for line in catalogue(empty)] == expected


def test_down_also_takes_what_was_built_on_the_tables(empty: Connection) -> None:
    migrations.up(empty, MIGRATIONS)
    empty.execute("CREATE VIEW stg_imports AS SELECT id, status FROM csv_imports")
    migrations.down(empty, MIGRATIONS)
    assert empty.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchone() == (0,)


def test_down_out_of_order_is_refused(empty: Connection) -> None:
    migrations.up(empty, MIGRATIONS)
    for path in sorted(MIGRATIONS.glob("00[123]*.sql")):
        section = path.read_text(encoding="utf-8").partition("\n-- Down Migration\n")[2]
        with pytest.raises(psycopg.errors.RaiseException, match="back first"):
            empty.execute("\n".join(line[3:] for line in section.splitlines()).encode(), prepare=False)


def test_everything_has_a_comment(connection: Connection) -> None:
    missing = connection.execute(
        """
        SELECT oid::regclass::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
            AND obj_description(oid, 'pg_class') IS NULL
        UNION ALL
        SELECT oid::regprocedure::text FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
        UNION ALL
        SELECT oid::regtype::text FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype = 'e' AND obj_description(oid, 'pg_type') IS NULL
        """
    ).fetchall()
    assert missing == []


def test_no_object_runs_with_more_rights_than_its_caller_unguarded(connection: Connection) -> None:
    """Tables have row-level security, views the caller's rights, functions a search path that no caller can change."""
    unguarded = connection.execute(
        """
        SELECT oid::regclass::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
            AND (relkind = 'r' AND NOT relrowsecurity
                OR relkind = 'v' AND coalesce('security_invoker=true' <> ALL (reloptions), true))
        UNION ALL
        SELECT oid::regprocedure::text FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
            AND coalesce('search_path=""' <> ALL (proconfig), true)
        """
    ).fetchall()
    assert unguarded == []


def test_the_shim_makes_what_supabase_has_and_can_run_again(empty: Connection) -> None:
    shim = (MIGRATIONS / "shim.sql").read_bytes()
    for _ in range(2):
        empty.execute(shim, prepare=False)
    roles = "SELECT rolname, rolcanlogin, rolbypassrls FROM pg_roles WHERE rolname = ANY(%s) ORDER BY rolname"
    assert empty.execute(roles, [["anon", "authenticated", "service_role"]]).fetchall() == [
        ("anon", False, False),
        ("authenticated", False, False),
        ("service_role", False, True),
    ]
    caller = "SELECT auth.jwt() ->> 'email', auth.uid()::text, auth.role()"
    assert empty.execute(caller).fetchone() == (None, None, None)
    uid = "00000000-0000-0000-0000-000000000001"
    with empty.transaction():
        claims = f'{{"email": "a@x.example", "sub": "{uid}", "role": "anon"}}'
        empty.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
        empty.execute("SET LOCAL ROLE anon")
        assert empty.execute(caller).fetchone() == ("a@x.example", uid, "anon")
    assert empty.execute(caller).fetchone() == (None, None, None)


def test_the_shim_leaves_supabases_own_schema_alone(empty: Connection) -> None:
    empty.execute("CREATE SCHEMA auth")
    empty.execute((MIGRATIONS / "shim.sql").read_bytes(), prepare=False)
    assert empty.execute("SELECT count(*) FROM pg_proc WHERE pronamespace = 'auth'::regnamespace").fetchone() == (0,)
