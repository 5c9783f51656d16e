"""The SQL of taking rows back: what had given way to one of them before it was sent has its turn again.

What belongs here: the three ways in which a rollback ends a row. What does not: which records are looked at and deleted
(`undoing`, `claims`), and in which order (`rolling_back`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.types.json import Jsonb

from assets.catalogue import KEY_REFERENCES, TYPES
from assets.sql import REFERENTS, execute, follow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.claims import Claimed

_TAKE_BACK, _WANTED, _RETURN = (
    ("assets.coperniq", file) for file in ("take_back.sql", "wanted_again.sql", "return.sql")
)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many rows were taken back, and how many of other imports have their turn again for that."""

    rows: int
    again: int


def withdraw(conn: Connection[Any], import_id: UUID) -> TakenBack:
    """Let go of what an import has not sent, with the reason on its rows: those that others replaced, too."""
    remark = "Rolled back before it was sent."
    conn.execute(
        """
        UPDATE csv_import_records AS r
        SET replaced_by_id = NULL, error_message = concat_ws(' ', r.error_message, %(remark)s::TEXT),
            withdrawn_at = now()
        FROM csv_import_records AS other
        WHERE r.csv_import_id = %(import)s AND r.replaced_by_id = other.id AND other.csv_import_id <> r.csv_import_id
        """,
        {"import": import_id, "remark": remark},
    )
    return _take_back(
        conn,
        """
        SELECT id, csv_import_record_id AS row_id, csv_import_id AS import_id, NULL::UUID AS later_id
        FROM coperniq_records
        WHERE csv_import_id = %(import)s AND state IN ('waiting', 'ready', 'rejected')
          AND (coperniq_id IS NULL OR created_by_import_id IS DISTINCT FROM %(import)s)
        """,
        remark,
        {"import": import_id, "deleted": False},
    )


def forget(conn: Connection[Any], import_id: UUID, ids: Sequence[UUID]) -> TakenBack:
    """Let go of records of an import that somebody else has deleted from Coperniq."""
    return _take_back(
        conn,
        """
        SELECT id, csv_import_record_id AS row_id, csv_import_id AS import_id, NULL::UUID AS later_id
        FROM coperniq_records
        WHERE csv_import_id = %(import)s AND id = ANY(%(ids)s) AND state = 'synced'
        """,
        "Rolled back: somebody else had deleted it from Coperniq.",
        {"import": import_id, "ids": list(ids), "deleted": True},
    )


def delete(conn: Connection[Any], records: Sequence[Claimed]) -> TakenBack:
    """Write that claimed records are no longer in Coperniq; a row of a later import that came meanwhile is next."""
    return _take_back(
        conn,
        """
        SELECT c.id, c.claimed_record_id AS row_id, o.import_id,
               nullif(c.csv_import_record_id, c.claimed_record_id) AS later_id
        FROM unnest(%(ids)s::UUID[], %(claims)s::UUID[], %(imports)s::UUID[]) AS o (id, claim_id, import_id)
        INNER JOIN coperniq_records AS c ON c.id = o.id AND c.claim_id = o.claim_id
        """,
        "Rolled back: deleted from Coperniq.",
        {
            "ids": [record.id for record in records],
            "claims": [record.claim_id for record in records],
            "imports": [record.csv_import_id for record in records],
            "deleted": True,
        },
    )


def _take_back(
    conn: Connection[Any], leaving: LiteralString, remark: str, parameters: dict[str, Any]
) -> TakenBack:  # fmt: skip
    """Take back the rows of records that a query gives as `take_back.sql` wants them."""
    conn.execute(
        "DROP TABLE IF EXISTS pg_temp.leaving, pg_temp.in_line, pg_temp.wanted, pg_temp.used, pg_temp.candidates,"
        " pg_temp.answers, pg_temp.parents, pg_temp.moved"
    )
    conn.execute(f"CREATE TEMP TABLE leaving ON COMMIT DROP AS {leaving}", parameters)
    whose = conn.execute(
        "SELECT c.contractor_config_id FROM leaving INNER JOIN coperniq_records AS c ON leaving.id = c.id LIMIT 1"
    ).fetchone()
    if whose is None:
        return TakenBack(0, 0)
    of_types = {
        "parents": Jsonb({one.name: one.parent_types for one in TYPES}),
        "key_fields": Jsonb(KEY_REFERENCES),
    }
    execute(
        conn, {**parameters, **of_types, "contractor": whose[0], "remark": remark},
        _TAKE_BACK, _WANTED, REFERENTS, _RETURN,
    )  # fmt: skip
    follow(conn)
    counted = conn.execute(
        """
        SELECT count(*), count(*) FILTER (WHERE later_id IS NULL AND id IN (SELECT record_id FROM in_line))
        FROM leaving
        """
    ).fetchone()
    return TakenBack(*counted) if counted else TakenBack(0, 0)
