"""Sending, as far as the shadow goes: which records would leave, of what type after what, and what that takes.

What belongs here: resolving parents and taking what is ready, as sending does, with Coperniq taking all that is not
refused before it leaves. What does not: any request, so that what Coperniq itself refuses, or has from before, is not
foreseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assets.catalogue import BY_NAME, TYPES
from assets.coperniq import companies, lookup, plan, store
from assets.coperniq.store import Scope, Unsent
from assets.planning import shadow
from assets.planning.forecast import Sending
from assets.sql import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.limits import Allowance
    from assets.coperniq.transport import Transport

KEPT = ("planned", "refused")
PAGE = 5_000


def send(
    conn: Connection[Any], contractor_id: UUID, import_ids: Sequence[UUID], client: Transport, allowed: Allowance
) -> Sending:
    """Send all that waits to the shadow, parents before children, and say what it takes.

    Args:
        conn: In the shadow.
        contractor_id: Whose records.
        import_ids: Of the plan; records of others are earlier ones.
        client: What would carry them; nothing is asked of it that takes a request.
        allowed: The limits of the key.
    """
    for statement in statements("assets.planning", "prepare.sql"):
        conn.execute(statement)
    stopped = companies.moved(conn, contractor_id, client.company)
    missing: dict[str, list[store.Unresolved]] = {}
    for record_type in TYPES:
        scope = Scope(contractor_id, record_type)
        if record_type.references:
            shadow.clear(conn, *KEPT)
            store.resolve(conn, scope)
            missing[record_type.name] = store.unresolved(conn, scope)
        if stopped is None and client.missing(record_type) is None:
            _take(conn, scope, client)
    unsent = _unsent(conn)
    lookups = sum(1 for each in missing.values() for _ in lookup.questions(each, client.batch)) if not stopped else 0
    requests = plan.count_requests(unsent, client.batch, lambda name: client.requests(BY_NAME[name]))
    taken = plan.estimate(requests + lookups, allowed)
    return Sending(
        plan.sentence(unsent, client.batch, lambda name: client.requests(BY_NAME[name]), allowed),
        requests, lookups, sum(map(len, missing.values())), taken.seconds, taken.days, _earlier(conn, import_ids),
        stopped,
    )  # fmt: skip


def _take(conn: Connection[Any], scope: Scope, client: Transport) -> None:
    """Let what is ready of a type be in Coperniq, and refuse what a request cannot carry."""
    (take,) = statements("assets.planning", "take.sql")
    conn.execute(take, scope.parameters)
    with conn.cursor(f"planned_{scope.record_type.slug}") as cursor:
        cursor.itersize = PAGE
        cursor.execute(
            "SELECT record_id, after || parent_ids FROM planned WHERE coperniq_type = %s", [scope.record_type.name]
        )
        refused = [(id_, said) for id_, data in cursor if (said := client.problem(scope.record_type, data)) is not None]
    with conn.cursor() as cursor:
        cursor.executemany("INSERT INTO refused VALUES (%s, %s)", refused)
    for statement in statements("assets.planning", "send.sql"):
        conn.execute(statement, scope.parameters)


def _unsent(conn: Connection[Any]) -> list[Unsent]:
    """Count what was taken, as `store.unsent` counts what waits: by import."""
    rows = conn.execute(
        """
        SELECT
            coperniq_type,
            count(*) FILTER (WHERE operation = 'created'),
            count(*) FILTER (WHERE operation = 'updated')
        FROM planned GROUP BY coperniq_type, csv_import_id ORDER BY coperniq_type, csv_import_id
        """
    ).fetchall()
    return [Unsent(*row) for row in rows]


def _earlier(conn: Connection[Any], import_ids: Sequence[UUID]) -> int:
    found = conn.execute("SELECT count(*) FROM planned WHERE csv_import_id <> ALL(%s)", [list(import_ids)]).fetchone()
    return found[0] if found else 0
