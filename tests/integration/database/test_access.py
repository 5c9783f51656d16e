"""Who may do what: every cell of `expectations.py` tried out, on a plain PostgreSQL and with Supabase's defaults.

An object of the schema that the expectations do not list fails the tests.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg import sql

from orchestration import migrations
from tests.conftest import MIGRATIONS, _database
from tests.integration.database.expectations import CALLS, FUNCTIONS, RELATIONS, Access
from tests.integration.database.seed import EMAILS, Ids, seed_approved, seed_contractor, seed_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster

Connection = psycopg.Connection[Any]

SUPABASE = """
    GRANT ALL ON SCHEMA public TO deployer;
    GRANT USAGE ON SCHEMA auth TO deployer;
    DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO deployer', current_database()); END $$;
    SET ROLE deployer;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
"""
# The API layer's login may become each of the three roles, and is none of them.
API = """
    CREATE ROLE api NOINHERIT;
    GRANT anon, authenticated, service_role TO api;
    SET LOCAL SESSION AUTHORIZATION api;
"""
LETTERS = {"s": "SELECT", "i": "INSERT", "u": "UPDATE", "d": "DELETE"}
ROLES = ("anon", "authenticated", "service_role")
# Who calls, and whose row is tried: (column of the expectations, role, contractor of the token, contractor of the row).
CALLERS = [
    pytest.param("anon", "anon", None, "a", id="anon"),
    pytest.param("own", "authenticated", "a", "a", id="a-own"),
    pytest.param("own", "authenticated", "b", "b", id="b-own"),
    pytest.param("others", "authenticated", "a", "b", id="a-of-b"),
    pytest.param("others", "authenticated", "b", "a", id="b-of-a"),
    pytest.param("others", "authenticated", None, "a", id="stranger"),
    pytest.param("service", "service_role", None, "a", id="service"),
]


class Seeded(NamedTuple):
    """The owner's connection to a migrated database with rows of two contractors, and their ids."""

    conn: Connection
    ids: dict[str, Ids]


@pytest.fixture(scope="module", params=["plain", "supabase"])
def seeded(postgres: Cluster, request: pytest.FixtureRequest) -> Iterator[Seeded]:
    """Migrate and fill a plain PostgreSQL, then one with Supabase's default privileges and no superuser as owner."""
    with psycopg.connect(postgres.url(), autocommit=True) as server:
        server.execute("CREATE ROLE deployer")
        with _database(postgres) as (_, url), psycopg.connect(url, autocommit=True, prepare_threshold=None) as conn:
            if request.param == "supabase":
                conn.execute((MIGRATIONS / "shim.sql").read_bytes(), prepare=False)
                conn.execute(SUPABASE.encode(), prepare=False)
            migrations.up(conn, MIGRATIONS)
            shared = seed_template(conn)
            ids = {who: shared | seed_contractor(conn, who, shared["template"]) for who in EMAILS}
            yield Seeded(conn, {who: of_one | seed_approved(conn, of_one) for who, of_one in ids.items()})
        server.execute("DROP ROLE deployer")


@contextmanager
def calling(conn: Connection, role: str, email: str | None = None) -> Iterator[Connection]:
    """Be a caller, as the API layer makes one of the connection, in a transaction that is rolled back."""
    with conn.transaction(force_rollback=True):
        conn.execute("SELECT set_config('request.jwt.claims', %s, true)", [json.dumps({"role": role, "email": email})])
        conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        yield conn


def statements(name: str, access: Access) -> dict[str, sql.Composed]:
    """Give the statement that tries each operation on the seeded row."""
    names = {
        "table": sql.Identifier(name),
        "key": sql.Identifier(access.column),
        "update": sql.Identifier(access.update or access.column),
        "insert": sql.SQL(access.insert or "DEFAULT VALUES"),
    }
    return {
        "s": sql.SQL("SELECT {key} FROM {table} WHERE {key} = %(row)s").format(**names),
        "i": sql.SQL("INSERT INTO {table} {insert}").format(**names),
        "u": sql.SQL("UPDATE {table} SET {update} = {update} WHERE {key} = %(row)s").format(**names),
        "d": sql.SQL("DELETE FROM {table} WHERE {key} = %(row)s").format(**names),
    }


def works(conn: Connection, statement: sql.Composed, values: dict[str, Any]) -> bool:
    """Tell whether a statement finds or writes a row, and undo it."""
    try:
        with conn.transaction(force_rollback=True):
            return conn.execute(statement, values).rowcount > 0
    except psycopg.errors.IntegrityError:
        return True  # It was let through, as far as the rules on the data.
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState):
        return False


@pytest.mark.parametrize("name", RELATIONS)
@pytest.mark.parametrize(("column", "role", "who", "whose"), CALLERS)
def test_operations(seeded: Seeded, name: str, column: str, role: str, who: str | None, whose: str) -> None:
    access = RELATIONS[name]
    ids = seeded.ids[whose]
    values = ids | {"row": ids[access.key], "email": EMAILS[whose]}
    with calling(seeded.conn, role, EMAILS.get(who or "")) as conn:
        found = "".join(letter for letter, each in statements(name, access).items() if works(conn, each, values))
    assert found == getattr(access, column)


@pytest.mark.parametrize("name", RELATIONS)
def test_grants(seeded: Seeded, name: str) -> None:
    """Row-level security does not stop TRUNCATE and the like: nobody but the owner has more than the four."""
    access = RELATIONS[name]
    expected = {
        (role, LETTERS[letter])
        for role, letters in zip(ROLES, (access.anon, access.own, access.service), strict=True)
        for letter in letters
    }
    found = seeded.conn.execute(
        """
        WITH lists AS (
            SELECT relacl AS acl FROM pg_class WHERE oid = %(name)s::regclass
            UNION ALL
            SELECT attacl FROM pg_attribute WHERE attrelid = %(name)s::regclass
        )
        SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, a.privilege_type
        FROM lists CROSS JOIN LATERAL aclexplode(lists.acl) AS a
        WHERE a.grantee <> (SELECT relowner FROM pg_class WHERE oid = %(name)s::regclass)
        """,
        {"name": name},
    )
    assert set(found) == expected


def test_every_object_of_the_schema_is_expected(seeded: Seeded) -> None:
    relations = seeded.conn.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 't')"
    )
    functions = seeded.conn.execute(
        """
        SELECT p.proname, coalesce(array_agg(a.grantee::regrole::text) FILTER (WHERE a.grantee <> p.proowner), '{}')
        FROM pg_proc AS p LEFT JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a ON true
        WHERE p.pronamespace = 'public'::regnamespace
        GROUP BY p.oid
        """
    )
    assert {name for (name,) in relations} == set(RELATIONS)
    assert {name: set(roles) for name, roles in functions} == {name: set(roles) for name, roles in FUNCTIONS.items()}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("column", "role", "who", "whose"), CALLERS)
def test_calls_for_a_contractor(seeded: Seeded, call: str, column: str, role: str, who: str | None, whose: str) -> None:
    statement = sql.SQL("SELECT ") + sql.SQL(CALLS[call])
    with calling(seeded.conn, role, EMAILS.get(who or "")) as conn:
        assert works(conn, statement, {**seeded.ids[whose]}) is (column in {"own", "service"})


@pytest.mark.parametrize(("role", "allowed"), [("anon", False), ("authenticated", False), ("service_role", True)])
def test_calls_through_the_api_layers_login(shared_database: str, role: str, *, allowed: bool) -> None:
    with psycopg.connect(shared_database) as conn:
        ids = seed_contractor(conn, "a", seed_template(conn)["template"])
        conn.execute(API.encode(), prepare=False)
        statement = sql.SQL("SELECT create_csv_import({}, 'Task.csv', 'Task')").format(ids["contractor"])
        assert not works(conn, statement, {})
        conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        assert works(conn, statement, {}) is allowed
        conn.rollback()


def test_a_view_counts_only_what_its_reader_may_see(seeded: Seeded) -> None:
    query = "SELECT unique_contractors, views FROM template_usage_analytics WHERE template_name = 'lead_intake'"
    with calling(seeded.conn, "authenticated", EMAILS["a"]) as conn:
        assert conn.execute(query).fetchone() == (1, 1)
    with calling(seeded.conn, "service_role") as conn:
        assert conn.execute(query).fetchone() == (2, 2)


def test_anon_reads_active_contractors_only(seeded: Seeded) -> None:
    with seeded.conn.transaction(force_rollback=True):
        seeded.conn.execute("UPDATE mep_contractor_configs SET is_active = false WHERE contractor_name LIKE 'B%'")
        seeded.conn.execute("SET LOCAL ROLE anon")
        rows = seeded.conn.execute("SELECT contractor_name FROM mep_contractor_configs").fetchall()
    assert rows == [("A Mechanical",)]


@pytest.mark.parametrize("column", ["contractor_email", "contractor_phone", "created_by"])
def test_anon_reads_no_contact_data(seeded: Seeded, column: str) -> None:
    query = sql.SQL("SELECT {} FROM mep_contractor_configs").format(sql.Identifier(column))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), calling(seeded.conn, "anon"):
        seeded.conn.execute(query)


@pytest.mark.parametrize("email", ["", " ", None])
def test_a_token_without_an_email_is_nobody(seeded: Seeded, email: str | None) -> None:
    insert = "INSERT INTO mep_contractor_configs (contractor_name, contractor_email) VALUES ('Blank', '')"
    with seeded.conn.transaction(force_rollback=True):
        seeded.conn.execute(insert)
        with calling(seeded.conn, "authenticated", email):
            assert seeded.conn.execute("SELECT count(*) FROM mep_contractor_configs").fetchone() == (0,)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("mep_contractor_configs", "created_by", "someone"),
        ("mep_contractor_configs", "contractor_email", EMAILS["b"]),
        ("mep_form_submissions", "coperniq_import_status", "success"),
        ("mep_form_submissions", "coperniq_import_error", "nothing"),
        ("mep_form_submissions", "approved_at", "2020-01-01"),
        ("mep_form_submissions", "submission_number", "7"),
        ("mep_form_submissions", "contractor_config_id", "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_columns_that_are_not_the_contractors_to_write(seeded: Seeded, table: str, column: str, value: str) -> None:
    update = sql.SQL("UPDATE {} SET {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), calling(seeded.conn, "authenticated", EMAILS["a"]):
        seeded.conn.execute(update, [value])


def test_a_contractor_changes_a_form_only_while_it_is_a_draft(seeded: Seeded) -> None:
    with calling(seeded.conn, "authenticated", EMAILS["a"]) as conn:
        assert conn.execute("UPDATE mep_form_submissions SET form_title = 'B', status = 'submitted'").rowcount == 1
        assert conn.execute("UPDATE mep_form_submissions SET form_title = 'C'").rowcount == 0
