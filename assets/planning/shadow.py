"""The shadow: temporary copies of the tables that importing and sending write, under the same names.

A plan must not lie, so it runs the very code of an import; and it must not write, so that code meets copies. They stand
before the real tables in the search path, they are no other connection's business, and nothing of them is left behind.
What belongs here: making them, and clearing away what one step leaves in the way of the next. What does not: the steps.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from assets.sql import statements

if TYPE_CHECKING:
    from collections.abc import Generator
    from uuid import UUID

    from psycopg import Connection

TABLES = ("csv_imports", "csv_column_mapping", "csv_import_records", "coperniq_records", "coperniq_record_names")


@contextlib.contextmanager
def rehearsal(conn: Connection[Any]) -> Generator[None, None, None]:
    """Let what runs inside see the database as it is at one moment; nothing that it writes stays.

    Args:
        conn: Of its own, in autocommit mode.
    """
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with conn.transaction(force_rollback=True):
        # It takes as long as an import, which a hosted server may not give a statement or an open transaction.
        conn.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', '0', TRUE),"
            " set_config('statement_timeout', '0', TRUE), set_config('work_mem', '128MB', TRUE)"
        )
        yield


def cast(conn: Connection[Any], contractor_id: UUID) -> None:
    """Put copies of what is known of a contractor before the tables.

    Takes no lock that an import waits for, and waits for none of its.

    Args:
        conn: In a rehearsal, whose writes meet the copies from now on.
        contractor_id: The contractor.
    """
    for statement in statements("assets.planning", "shadow.sql"):
        conn.execute(statement, {"contractor": contractor_id} if "%(contractor)s" in statement else None)


def recall(conn: Connection[Any], import_id: UUID) -> None:
    """Put copies of an import's rows into the shadow, with those that have put them right: a fix file names them.

    Args:
        conn: In the shadow.
        import_id: The import, which is the contractor's; a second time nothing is added.
    """
    for statement in statements("assets.planning", "recall.sql"):
        conn.execute(statement, {"import": import_id} if "%(import)s" in statement else None)


def clear(conn: Connection[Any], *kept: str) -> None:
    """Drop the temporary tables that a step left, which an import's own transactions would have dropped.

    Args:
        conn: In the shadow.
        kept: Tables that later steps need, beside the copies.
    """
    left = conn.execute(
        "SELECT relname FROM pg_class"
        " WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r' AND relname <> ALL(%s)",
        [[*TABLES, *kept]],
    ).fetchall()
    for (table,) in left:
        conn.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier("pg_temp", table)))
