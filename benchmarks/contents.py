"""A database as it stands after much work, made in SQL, with the statements of `analytics.sql`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from assets.sql import statements
from benchmarks.guide import LARGE

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Work:
    """What contractors did, in units: ten imports of a thousand rows in all, two hundred forms, a thousand events.

    Attributes:
        contractors: How many there are to have done it.
        first: Number of its first unit; work that is there already has those before it.
        last: Number of its last unit.
        days: Over which it is spread, up to now.
    """

    contractors: int
    first: int
    last: int
    days: float


def fill(conn: Connection[Any], work: Work) -> None:
    """Fill an empty database with work that no trigger has seen, so nothing that triggers keep is there either.

    Args:
        conn: In autocommit mode, a superuser's.
        work: To be there.
    """
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        # Sorted at the end, indexes take a third of the time that they take row by row.
        conn.execute("SET LOCAL maintenance_work_mem = '1GB'")
        indexes = conn.execute(_INDEXES, [list(LARGE)]).fetchall()
        for name, _ in indexes:
            conn.execute(f"DROP INDEX {name}".encode())
        for statement in statements("benchmarks", "analytics.sql"):
            conn.execute(statement, asdict(work))
        for _, definition in indexes:
            conn.execute(definition.encode())
    conn.execute("VACUUM ANALYZE")


def grow(conn: Connection[Any], work: Work) -> None:
    """Add more work, whose usage events come one at a time, as the function for contractors' front ends writes them.

    Args:
        conn: In autocommit mode, a superuser's.
        work: To be added, by contractors that are there.
    """
    *before, _ = statements("benchmarks", "analytics.sql")
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        for statement in before:
            conn.execute(statement, asdict(work))
    conn.execute(_EVENTS, asdict(work))


_INDEXES = """
    SELECT i.indexrelid::REGCLASS::TEXT, pg_get_indexdef(i.indexrelid)
    FROM pg_index AS i
    WHERE i.indrelid = ANY(%s::REGCLASS[])
        AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
"""
_EVENTS = """
    SELECT count(public.record_template_usage(
        s.template_id, s.contractor_config_id, e.action::USAGE_ACTION_TYPE, s.submitted_by, 60
    ))
    FROM mep_form_submissions AS s
    CROSS JOIN (VALUES ('viewed'), ('filled'), ('submitted'), ('viewed'), ('exported')) AS e (action)
    WHERE s.id >= pg_temp.key(%(first)s * 200 - 199)
"""
