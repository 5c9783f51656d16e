"""What each caller may do with every model of dbt, and which rows it is shown, whatever the models are called."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

Connection = psycopg.Connection[Any]

_GUARDED = """
    SELECT CASE c.relkind WHEN 'v' THEN c.reloptions = '{security_invoker=true}' ELSE c.relrowsecurity END
    FROM pg_class AS c WHERE c.oid = %s::regclass
"""
_RIGHTS = """
    SELECT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END, acl.privilege_type
    FROM pg_class AS c
    CROSS JOIN LATERAL (
        SELECT e.grantee, e.privilege_type FROM aclexplode(c.relacl) AS e
        UNION ALL
        SELECT e.grantee, e.privilege_type FROM pg_attribute AS a CROSS JOIN LATERAL aclexplode(a.attacl) AS e
        WHERE a.attrelid = c.oid
    ) AS acl
    WHERE c.oid = %s::regclass AND acl.grantee <> c.relowner
"""
_OF_CONTRACTORS = """
    SELECT c.oid::regclass::text
    FROM pg_class AS c INNER JOIN pg_attribute AS a ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'contractor_config_id'
"""
CONTRACTORS = {
    "office@a.example": "00000000-0000-4000-8000-00000000000a",
    "office@b.example": "00000000-0000-4000-8000-00000000000b",
}
# A build leaves nothing that is not rolled up yet, and nothing to count anew.
_USED = """
    INSERT INTO mep_template_usage (template_id, contractor_config_id, action)
    SELECT t.id, c.id, 'viewed' FROM templates AS t CROSS JOIN mep_contractor_configs AS c;
    UPDATE mep_template_usage SET timestamp = timestamp - INTERVAL '1 day';
"""
_OF_IMPORTS = ("csv_import_records", "csv_column_mapping")


class Model(NamedTuple):
    """A model as the project states it: the name that it has in the database, and who may select from it."""

    schema: str
    name: str
    readers: frozenset[str]


def models(manifest: Path) -> list[Model]:
    """Return every model of a project, staging views included."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return [
        Model(node["schema"], node["alias"], frozenset(node["config"]["grants"]["select"]))
        for node in nodes
        if node["resource_type"] == "model"
    ]


def faults(url: str, every: Iterable[Model]) -> list[str]:
    """Say which models are not as private as they should be, as a superuser sees it; empty when all is well.

    Nobody but the stated readers may select. The service role is shown everything, and a contractor exactly what it
    would be shown if there were no other contractor.
    """
    found: list[str] = []
    with psycopg.connect(url) as conn, conn.transaction(force_rollback=True):
        conn.execute(_USED.encode(), prepare=False)
        for model in every:
            whole = shown(conn, model)
            of_contractors = {email: shown(conn, model, "authenticated", email) for email in CONTRACTORS}
            is_theirs = "authenticated" in model.readers
            rules = {
                "it is no view of its caller's rights, and no table of policies": _is_guarded(conn, model),
                "it is not granted as stated": _rights(conn, model) == {(reader, "SELECT") for reader in model.readers},
                "anon is not refused": shown(conn, model, "anon") is None,
                "the service role is not shown everything": shown(conn, model, "service_role") == whole,
                "no contractor is shown anything": not is_theirs or any(of_contractors.values()),
            }
            for email, contractor in CONTRACTORS.items():
                with alone(conn, contractor):
                    own = shown(conn, model) if is_theirs else None
                rules[f"{email} is not shown exactly its own"] = of_contractors[email] == own
            found += [f"{model.schema}.{model.name}: {fault}" for fault, holds in rules.items() if not holds]
    return found


def shown(conn: Connection, model: Model, role: str | None = None, email: str | None = None) -> list[str] | None:
    """Return a model's rows as a role sees them, or the connection's own; None where it is refused."""
    query = sql.SQL("SELECT to_jsonb(t)::text FROM {} AS t ORDER BY 1").format(sql.Identifier(model.schema, model.name))
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege), conn.transaction(force_rollback=True):
        if role:
            _sign_in(conn, role, email)
        return [row for (row,) in conn.execute(query)]
    return None


@contextlib.contextmanager
def signed_in(conn: Connection, email: str) -> Generator[None]:
    """Be a contractor for a while, within a transaction."""
    _sign_in(conn, "authenticated", email)
    yield
    conn.execute("RESET ROLE")


def _sign_in(conn: Connection, role: str, email: str | None) -> None:
    conn.execute("SELECT set_config('request.jwt.claims', %s, true)", [json.dumps({"email": email})])
    conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))


@contextlib.contextmanager
def alone(conn: Connection, contractor: str) -> Generator[None]:
    """Have no data of other contractors for a while, as a superuser, whom neither trigger nor foreign key stops."""
    with conn.transaction(force_rollback=True):
        conn.execute("SET LOCAL session_replication_role = replica")
        for (table,) in conn.execute(_OF_CONTRACTORS.encode()).fetchall():
            conn.execute(f"DELETE FROM {table} WHERE contractor_config_id <> %s".encode(), [contractor])
        for table in _OF_IMPORTS:
            conn.execute(f"DELETE FROM {table} WHERE csv_import_id NOT IN (SELECT id FROM csv_imports)".encode())
        conn.execute("DELETE FROM mep_contractor_configs WHERE id <> %s", [contractor])
        conn.execute("SET LOCAL session_replication_role = origin")
        yield


def _is_guarded(conn: Connection, model: Model) -> bool:
    return conn.execute(_GUARDED, [_regclass(model)]).fetchone() == (True,)


def _rights(conn: Connection, model: Model) -> set[tuple[str, str]]:
    """Return who may do what with a model or a column of it, its owner aside."""
    return set(conn.execute(_RIGHTS, [_regclass(model)]).fetchall())


def _regclass(model: Model) -> str:
    return f"{model.schema}.{model.name}"
