"""The company that records were sent to: the one that they are updated in, compared with, and deleted from.

What belongs here: noticing that the settings name another by now. There, all of them would seem to have been deleted
by somebody else, and an update would meet another's record. So does noticing that others share it. What does not: what
is done then (`deliver`, `checking`, `rolling_back`, `adopting`). Callers own transactions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.store import Scope


def problem(conn: Connection[Any], scope: Scope, company: str, import_id: UUID | None = None) -> str | None:
    """Say that records which are in Coperniq are in another company, and what to do; None when they are in this one.

    Args:
        conn: To the product's database.
        scope: Whose records of which type.
        company: That the settings name.
        import_id: The import whose records are meant; else all of the scope.
    """
    if import_id is None and (elsewhere := _adopted_elsewhere(conn, scope.contractor_id, company)):
        return elsewhere
    found = conn.execute(
        """
        SELECT l.coperniq_company_id, m.import_name
        FROM coperniq_records AS c
        INNER JOIN data_lineage AS l ON l.csv_import_record_id = c.claimed_record_id
        INNER JOIN csv_imports AS m ON m.id = c.csv_import_id
        WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s AND c.coperniq_id IS NOT NULL
          AND c.csv_import_id = coalesce(%(import)s, c.csv_import_id) AND l.coperniq_company_id <> %(company)s
        LIMIT 1
        """,
        {**scope.parameters, "import": import_id, "company": company},
    ).fetchone()
    if found is None:
        return None
    other, import_name = found
    return f"{import_name} was sent to company {other}, not {company}: set COPERNIQ_COMPANY_ID to the former."


def moved(conn: Connection[Any], contractor_id: UUID, company: str) -> str | None:
    """Say that a contractor's records are in another company, and what to do; None when they are in this one.

    Costs the same however many there are.
    """
    return sent_elsewhere(conn, contractor_id, company) or _adopted_elsewhere(conn, contractor_id, company)


def sent_elsewhere(conn: Connection[Any], contractor_id: UUID, company: str) -> str | None:
    """Say the same of what was sent last for a contractor."""
    last = conn.execute(
        """
        SELECT coperniq_company_id FROM data_lineage
        WHERE contractor_config_id = %s ORDER BY created_at DESC LIMIT 1
        """,
        [contractor_id],
    ).fetchone()
    if last is None or last[0] in (None, company):
        return None
    still_there = conn.execute(
        "SELECT FROM coperniq_records WHERE contractor_config_id = %s AND coperniq_id IS NOT NULL LIMIT 1",
        [contractor_id],
    ).fetchone()
    if still_there is None:
        return None
    return (
        f"This contractor's records are in company {last[0]}, not {company}: set COPERNIQ_COMPANY_ID to {last[0]}, or "
        "roll its imports back there first."
    )


def neighbour(conn: Connection[Any], contractor_id: UUID, company: str) -> str | None:
    """Say that other contractors' records are in a company too, so that nobody knows whose the rest is; else None.

    Of each other contractor, what was sent last is looked at, and what was there before.
    """
    found = conn.execute(
        """
        SELECT m.slug
        FROM mep_contractor_configs AS m
        LEFT JOIN LATERAL (
            SELECT coperniq_company_id FROM data_lineage
            WHERE contractor_config_id = m.id ORDER BY created_at DESC LIMIT 1
        ) AS last ON TRUE
        WHERE
            m.id <> %(contractor)s
            AND (
                last.coperniq_company_id = %(company)s
                OR EXISTS (
                    SELECT FROM coperniq_records AS c
                    WHERE c.contractor_config_id = m.id AND c.adopted_company_id = %(company)s
                )
            )
        ORDER BY m.slug
        LIMIT 1
        """,
        {"contractor": contractor_id, "company": company},
    ).fetchone()
    if found is None:
        return None
    return (
        f"Company {company} has records of {found[0]}, too: whose the others are, Coperniq does not say. "
        "Have a file bring this contractor's."
    )


def _adopted_elsewhere(conn: Connection[Any], contractor_id: UUID, company: str) -> str | None:
    found = conn.execute(
        """
        SELECT adopted_company_id FROM coperniq_records
        WHERE contractor_config_id = %(contractor)s
          AND (adopted_company_id < %(company)s OR adopted_company_id > %(company)s)
        LIMIT 1
        """,
        {"contractor": contractor_id, "company": company},
    ).fetchone()
    if found is None:
        return None
    return (
        f"What is known of this contractor's records is of company {found[0]}, not {company}: set COPERNIQ_COMPANY_ID "
        f"to {found[0]}, or call `mep adopt`, which forgets it."
    )
