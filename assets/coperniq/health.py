"""The SQL that asks whether sending is well: are records stuck, waiting for too long, without lineage or changed.

What belongs here: questions that change nothing and ask Coperniq nothing, of one contractor or of all. What does not:
how checks show the answers (`checks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assets.alerts.ailing import Ailing, ask

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

_FILE = ("assets.coperniq", "health.sql")


def stuck(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List the records in flight that no run works on."""
    return ask(conn, _FILE, 0, contractor_id)


def waiting(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List the records that have waited for longer than a day, and for what."""
    return ask(conn, _FILE, 1, contractor_id)


def without_lineage(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List the rows of imports sent within a day that are in Coperniq and not in `data_lineage`."""
    return ask(conn, _FILE, 2, contractor_id)


def drifted(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List where the last comparison found Coperniq to differ from what was sent."""
    return ask(conn, _FILE, 3, contractor_id)


def used_up(conn: Connection[Any]) -> list[tuple[str, datetime]]:
    """List the API keys, by their SHA-256, whose day's requests are used up, with when one is free again."""
    return conn.execute(
        "SELECT key_hash, used_up_until FROM coperniq_api_keys WHERE used_up_until > now() ORDER BY key_hash"
    ).fetchall()
