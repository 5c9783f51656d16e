"""What the users of a deployment may not do; that they can do their work is shown in `tests/pipeline`."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from orchestration import migrations
from tests.conftest import MIGRATIONS
from tests.roles import SCRIPT, make_roles, url_of

REFUSED = [
    "DROP TABLE csv_imports",
    "ALTER TABLE csv_imports ADD COLUMN x INTEGER",
    "ALTER TABLE csv_imports DISABLE ROW LEVEL SECURITY",
    "DROP TRIGGER coperniq_sync_log_append_only ON coperniq_sync_log",
    "ALTER TABLE coperniq_sync_log DISABLE TRIGGER ALL",
    "TRUNCATE csv_import_records",
    "UPDATE coperniq_sync_log SET status = 'success'",
    "DELETE FROM coperniq_sync_log",
    "DELETE FROM csv_imports",
    "DELETE FROM data_lineage",
    "DELETE FROM mep_contractor_configs",
    "UPDATE mep_contractor_configs SET contractor_email = 'mine@example.com'",
    "DELETE FROM mep_form_submissions",
    "UPDATE mep_form_submissions SET status = 'approved'",
    "UPDATE mep_form_submissions SET form_data = '{}'",
    "INSERT INTO mep_form_submissions (form_title) VALUES ('x')",
    "SELECT approve_form_submission(gen_random_uuid(), 'me')",
    "SELECT erase_form_submissions(gen_random_uuid(), '{}', 'x')",
    "SELECT erase_from_sync_log(gen_random_uuid(), 'x')",
    "SELECT create_csv_import(gen_random_uuid(), 'x', 'Contact')",
    "INSERT INTO supabase_migrations.schema_migrations (version) VALUES ('999')",
    "DELETE FROM supabase_migrations.schema_migrations",
    "SELECT * FROM auth.users",
    "CREATE TABLE mine (id INTEGER)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE VIEW analytics.mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE VIEW contractor_summary AS SELECT 1",
    "ALTER VIEW contractor_summary OWNER TO mep_pipeline",
    "ALTER VIEW contractor_summary SET SCHEMA analytics",
    "SET ROLE mep_views; CREATE VIEW mine AS SELECT 1",
    "SET ROLE mep_views; SELECT * FROM csv_imports",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "ALTER ROLE mep_dagster PASSWORD 'x'",
    "SET ROLE service_role",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "COPY csv_imports TO PROGRAM 'cat'",
    "COPY csv_imports TO '/tmp/mine'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM dagster.runs",
    "DROP SCHEMA dagster",
    "DROP SCHEMA analytics",
]


def test_the_pipelines_user_may_not_do_what_is_not_its_work(database: str) -> None:
    with psycopg.connect(database) as owner:
        owner.execute("CREATE TABLE auth.users (id UUID)")
        owner.execute("CREATE TABLE dagster.runs (id INTEGER)")
    done: list[str] = []
    with psycopg.connect(url_of("mep_pipeline", database), autocommit=True) as connection:
        for statement in REFUSED:
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                continue
            done.append(statement)
    assert done == []


def test_a_view_that_forgets_its_reader_shows_nothing(database: str) -> None:
    with psycopg.connect(database) as owner:
        owner.execute("INSERT INTO mep_contractor_configs (contractor_name) VALUES ('ABC')")
    with psycopg.connect(url_of("mep_pipeline", database), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM contractor_summary").fetchone() == (1,)
        connection.execute("ALTER VIEW contractor_summary RESET (security_invoker)")
        connection.execute("GRANT SELECT ON contractor_summary TO anon")
    with psycopg.connect(database) as owner:
        owner.execute("SET ROLE anon")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="mep_contractor_configs"):
            owner.execute("SELECT * FROM contractor_summary")


def test_dagsters_user_has_its_own_schema_and_sees_nothing_else(database: str) -> None:
    with psycopg.connect(url_of("mep_dagster", database), autocommit=True) as connection:
        assert connection.execute("SELECT current_schema()").fetchone() == ("dagster",)
        connection.execute("CREATE TABLE runs (id INTEGER)")
        assert connection.execute("SELECT 'runs'::REGCLASS::OID = 'dagster.runs'::REGCLASS").fetchone() == (True,)
        readable = connection.execute(
            "SELECT c.oid::REGCLASS::TEXT FROM pg_class AS c WHERE c.relkind IN ('r', 'v', 'p')"
            " AND c.relnamespace::REGNAMESPACE::TEXT IN ('public', 'auth', 'supabase_migrations')"
            " AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
        ).fetchall()
        assert readable == []
        for statement in ("CREATE SCHEMA mine", "CREATE TABLE public.mine (id INTEGER)", "SET ROLE mep_pipeline"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_every_table_is_given_or_kept_on_purpose(database: str) -> None:
    """A migration that makes a table has to say here what the pipeline's user may do with it."""
    with psycopg.connect(url_of("mep_pipeline", database)) as connection:
        kept = connection.execute(
            "SELECT c.relname FROM pg_class AS c WHERE c.relkind IN ('r', 'p', 'v')"
            " AND c.relnamespace = 'public'::REGNAMESPACE AND NOT has_table_privilege(c.oid, 'SELECT')"
        ).fetchall()
    assert kept == []


def test_the_tables_that_dagster_had_already_become_its_users(migrated_database: str) -> None:
    with psycopg.connect(migrated_database) as owner:
        owner.execute("CREATE SCHEMA dagster")
        owner.execute("CREATE TABLE dagster.event_logs (id BIGSERIAL PRIMARY KEY)")
    make_roles(migrated_database)
    with psycopg.connect(url_of("mep_dagster", migrated_database)) as connection:
        connection.execute("INSERT INTO event_logs DEFAULT VALUES")
        connection.execute("ALTER TABLE event_logs ADD COLUMN x INTEGER")


def test_a_right_that_is_not_in_the_script_any_more_is_taken_back(database: str) -> None:
    with psycopg.connect(database) as owner:
        owner.execute("GRANT DELETE ON csv_imports TO mep_pipeline")
    make_roles(database)
    with psycopg.connect(url_of("mep_pipeline", database)) as connection:
        (may,) = connection.execute("SELECT has_table_privilege('csv_imports', 'DELETE')").fetchone() or ()
    assert may is False


def test_migrations_go_up_and_down_as_before(database: str) -> None:
    with psycopg.connect(database, prepare_threshold=None) as owner:
        migrations.down(owner, MIGRATIONS)
        migrations.up(owner, MIGRATIONS)
    make_roles(database)


def test_it_takes_no_superuser_on_supabase(fresh_database: str, postgres: object) -> None:
    """Supabase's `postgres` is none; it may make users and pass by row-level security (PostgreSQL 16 and newer)."""
    with psycopg.connect(fresh_database, autocommit=True) as superuser:
        if superuser.info.server_version < 160000:
            pytest.skip(
                "PostgreSQL 15 lets only a superuser make users that pass by row-level security: run on 16 or newer"
            )
        superuser.execute((MIGRATIONS / "shim.sql").read_bytes(), prepare=False)
        superuser.execute("DROP ROLE IF EXISTS deployer")
        superuser.execute("CREATE ROLE deployer LOGIN CREATEROLE BYPASSRLS PASSWORD 'deployer'")
        for role in ("mep_pipeline", "mep_dagster", "mep_views"):
            superuser.execute(
                sql.SQL(
                    "DO $$ BEGIN IF to_regrole('{0}') IS NOT NULL THEN"
                    " GRANT {0} TO deployer WITH ADMIN TRUE; END IF; END $$"
                ).format(sql.SQL(role))
            )
        name = sql.Identifier(urlsplit(fresh_database).path.strip("/"))
        superuser.execute(sql.SQL("ALTER DATABASE {} OWNER TO deployer").format(name))
        superuser.execute("GRANT USAGE ON SCHEMA auth TO deployer WITH GRANT OPTION")
    parts = urlsplit(fresh_database)
    deployer = parts._replace(netloc=f"deployer:deployer@{parts.hostname}:{parts.port}").geturl()
    with psycopg.connect(deployer, prepare_threshold=None) as connection:
        migrations.up(connection, MIGRATIONS)
    for _ in range(2):
        with psycopg.connect(deployer) as connection:
            connection.execute(SCRIPT.read_bytes(), prepare=False)
    with psycopg.connect(fresh_database, autocommit=True) as superuser:
        superuser.execute(sql.SQL("ALTER DATABASE {} OWNER TO postgres").format(name))
