"""The SQL that asks whether imports are well: did one fail, have too many rows rejected, get stuck, or not begin.

What belongs here: questions that change nothing, of one contractor or of all. What does not: how checks show the
answers (`checks`) and what an import looks like (`summaries`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assets.alerts.ailing import Ailing, ask
from assets.text import printable

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

_FILE = ("assets.csv_imports", "health.sql")


def failed(conn: Connection[Any], contractor_id: UUID | None = None, since: datetime | None = None) -> list[Ailing]:
    """List the imports that failed within a day, unless a file of that name was imported since."""
    return ask(conn, _FILE, 0, contractor_id, since)


def rejected(conn: Connection[Any], contractor_id: UUID | None = None, since: datetime | None = None) -> list[Ailing]:
    """List the imports finished within a day of which a larger share was rejected than the contractor's threshold."""
    return ask(conn, _FILE, 1, contractor_id, since)


def stuck(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List the imports that are neither read to their end nor entered, and that no run works on."""
    return ask(conn, _FILE, 2, contractor_id)


def refused(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List the files of the inbox of which a run could register nothing."""
    return [replace(one, name=printable(one.name or "")) for one in ask(conn, _FILE, 3, contractor_id)]
