"""The SQL of records that were in Coperniq before the pipeline sent them: entering and forgetting them.

What belongs here: rows of `coperniq_records` that no row of a file has made. What does not: reading them in Coperniq
(`adopting`, `searching`). Callers own transactions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from assets.names import KEY_BYTES, NAME_BYTES
from assets.sql import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.store import Scope


def adopt(
    conn: Connection[Any], scope: Scope, company: str, coperniq_id: str, values: dict[str, Any], names: Sequence[str]
) -> bool:
    """Enter a record that was in Coperniq before the pipeline came; return whether it was not known before.

    From then on a row with its key updates it, and rows can refer to it. Where such a row waits already, it is that
    row's record. Where the id is this contractor's already, the record gets the names that it was found by; where it is
    another contractor's, in a company that several share, it is passed over.
    """
    (statement,) = statements("assets.coperniq", "adopt.sql")
    found = conn.execute(
        statement,
        {
            **scope.parameters, "company": company, "coperniq_id": coperniq_id, "data": Jsonb(values),
            "names": list(names), "parents": Jsonb(scope.record_type.parent_types),
            "key_bytes": KEY_BYTES, "name_bytes": NAME_BYTES,
        },
    ).fetchone()  # fmt: skip
    return found is not None and found[0]


def let_go(conn: Connection[Any], scope: Scope, ids: Sequence[str], values: Sequence[dict[str, Any]]) -> set[str]:
    """Forget records that are as `adopt` left them, so that they are entered anew; return their Coperniq ids.

    The key of one is made of its parent's, of which more may be known by now. A contact that has not changed stays, and
    so does what a person was erased from.
    """
    rows = conn.execute(
        """
        DELETE FROM coperniq_records AS c
        USING unnest(%(ids)s::TEXT[], %(values)s::JSONB[]) AS found (id, data)
        WHERE
            c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s AND c.coperniq_id = found.id
            AND c.csv_import_id IS NULL AND c.claimed_record_id IS NULL AND c.state = 'synced'
            AND c.sent_data <> '{}' AND strpos(c.sent_data::TEXT, '[erased]') = 0
            AND (
                %(is_child)s
                OR c.sent_data - 'phones' <> found.data - 'phones'
                OR coalesce(c.sent_data -> 'phones', '[]') <> (
                    SELECT coalesce(jsonb_agg(coalesce(normalise_phone(p.number), p.number) ORDER BY p.place), '[]')
                    FROM jsonb_array_elements_text(coalesce(found.data -> 'phones', '[]'))
                        WITH ORDINALITY AS p (number, place)
                )
            )
        RETURNING c.coperniq_id
        """,
        {
            **scope.parameters,
            "ids": list(ids),
            "values": [Jsonb(one) for one in values],
            "is_child": bool(scope.record_type.references),
        },
    ).fetchall()
    return {coperniq_id for (coperniq_id,) in rows}


def forget_adopted(conn: Connection[Any], contractor_id: UUID, company: str) -> None:
    """Forget what `adopt` entered of another company; a row that was to update such a record creates one again."""
    conn.execute(
        """
        DELETE FROM coperniq_records
        WHERE contractor_config_id = %s AND adopted_company_id <> %s AND csv_import_id IS NULL
          AND claimed_record_id IS NULL
        """,
        [contractor_id, company],
    )
    conn.execute(
        """
        UPDATE coperniq_records
        SET coperniq_id = NULL, adopted_company_id = NULL, sent_data = NULL, updated_at = now()
        WHERE contractor_config_id = %s AND adopted_company_id <> %s AND claimed_record_id IS NULL
          AND state IN ('waiting', 'ready', 'rejected')
        """,
        [contractor_id, company],
    )
