"""The SQL of comparing: `coperniq_findings`, where Coperniq and what the pipeline believes disagree.

What belongs here: what is believed of a page's records, and writing down where that is not so. What does not: reading
pages and judging them (`checking`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assets.sql import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.store import Scope


class Kind(StrEnum):
    """How Coperniq and the pipeline disagree about a record."""

    MISSING = "missing"
    """It is believed to be in Coperniq, and is not."""
    CHANGED = "changed"
    """Coperniq has other values than were sent."""
    UNKNOWN = "unknown"
    """The company has it, and the pipeline knows nothing of it."""


@dataclass(frozen=True, slots=True)
class Believed:
    """A record that is believed to be in Coperniq.

    Attributes:
        id: Of the row of `coperniq_records`.
        contractor_id: Whose it is; several may share a company.
        coperniq_id: Its id there.
        sent: Its values, as they were sent; None where Coperniq's cannot be held against any: it was there before, or
            others are on their way.
    """

    id: UUID
    contractor_id: UUID
    coperniq_id: str
    sent: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One record about which the two disagree; `fields` of a changed one name those that differ."""

    kind: Kind
    coperniq_id: str
    record_id: UUID | None = None
    fields: tuple[str, ...] | None = None


def believed(conn: Connection[Any], scope: Scope, ids: Sequence[str], since: datetime) -> list[Believed]:
    """List what is believed of records by their Coperniq ids, whichever contractor's they are."""
    with conn.cursor(row_factory=class_row(Believed)) as cursor:
        return cursor.execute(
            """
            SELECT
                id, contractor_config_id AS contractor_id, coperniq_id,
                -- A reference compares by the id that was sent for it.
                CASE WHEN state = 'synced' AND claimed_record_id IS NOT NULL AND updated_at < %(since)s
                     THEN (sent_data - %(references)s::TEXT[]) || parent_ids END AS sent
            FROM coperniq_records
            WHERE coperniq_type = %(type)s AND coperniq_id = ANY(%(ids)s)
            """,
            {
                **scope.parameters, "ids": list(ids), "since": since,
                "references": [field.name for field in scope.record_type.references],
            },
        ).fetchall()  # fmt: skip


def note(
    conn: Connection[Any], scope: Scope, check: UUID, ids: Sequence[str], seen: Sequence[UUID], found: Sequence[Finding]
) -> None:
    """Write down what a page showed.

    Args:
        conn: In a transaction.
        scope: Whose records of which type are compared.
        check: The comparison.
        ids: Every Coperniq id of the page; what was found of them before and is not found now is resolved.
        seen: The contractor's records among them.
        found: Where the two disagree.
    """
    (statement,) = statements("assets.coperniq", "note_page.sql")
    findings = [
        {"kind": one.kind, "coperniq_id": one.coperniq_id, "record_id": str(one.record_id) if one.record_id else None,
         "fields": one.fields}
        for one in found
    ]  # fmt: skip
    conn.execute(
        statement,
        {**scope.parameters, "check": check, "ids": list(ids), "seen": list(seen), "found": Jsonb(findings)},
    )


def conclude(conn: Connection[Any], scope: Scope, check: UUID, since: datetime, *, complete: bool) -> None:
    """End a comparison: only one that read everything can say what is missing. Takes its own notes away."""
    for statement in statements("assets.coperniq", "conclude_check.sql"):
        conn.execute(statement, {**scope.parameters, "check": check, "since": since, "complete": complete})


def forget(conn: Connection[Any], check: UUID) -> None:
    """Take away the notes of a comparison that came to no end, and those of any that died a day ago."""
    conn.execute("DELETE FROM coperniq_seen WHERE check_id = %s OR seen_at < now() - INTERVAL '1 day'", [check])


def count(conn: Connection[Any], scope: Scope) -> dict[str, int]:
    """Count a scope's current findings by kind, those without any included."""
    rows = conn.execute(
        """
        SELECT kind, count(*) FROM coperniq_findings
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND resolved_at IS NULL
        GROUP BY kind
        """,
        scope.parameters,
    ).fetchall()
    return {kind.value: 0 for kind in Kind} | dict(rows)


def anything_sent(conn: Connection[Any], scope: Scope) -> bool:
    """Say whether any record of a scope is believed to be in Coperniq."""
    found = conn.execute(
        """
        SELECT 1 FROM coperniq_records
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND coperniq_id IS NOT NULL LIMIT 1
        """,
        scope.parameters,
    )
    return found.fetchone() is not None


def count_believed(conn: Connection[Any], scope: Scope) -> int:
    """Count the records of a scope that are believed to be in Coperniq."""
    row = conn.execute(
        """
        SELECT count(*) FROM coperniq_records
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND coperniq_id IS NOT NULL
        """,
        scope.parameters,
    ).fetchone()
    return row[0] if row else 0


def count_sent(conn: Connection[Any]) -> list[tuple[int, int]]:
    """Count, for each type, the active contractors with records in Coperniq and the records of all; reads all."""
    return conn.execute(
        """
        SELECT count(DISTINCT c.contractor_config_id), count(*)
        FROM coperniq_records AS c
        INNER JOIN mep_contractor_configs AS m ON m.id = c.contractor_config_id AND m.is_active
        WHERE c.coperniq_id IS NOT NULL
        GROUP BY c.coperniq_type
        """
    ).fetchall()


def commonest_fields(conn: Connection[Any], scope: Scope) -> list[tuple[str, int]]:
    """Return the fields that records have otherwise in Coperniq, with how many, the commonest first."""
    return conn.execute(
        """
        SELECT field, count(*) AS records FROM coperniq_findings CROSS JOIN LATERAL unnest(fields) AS field
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND resolved_at IS NULL
        GROUP BY field ORDER BY records DESC, field
        """,
        scope.parameters,
    ).fetchall()
