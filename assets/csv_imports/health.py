"""The SQL that asks whether imports are well: did one fail, lose rows, have too many rejected, or get stuck.

What belongs here: questions that change nothing, of one contractor or of all. What does not: how checks show the
answers (`checks`) and what an import looks like (`summaries`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assets.alerts.ailing import Ailing, ask

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

_PACKAGE = "assets.csv_imports"


def failed(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List the imports that failed within a day, unless a file of that name was imported since."""
    return ask(conn, _PACKAGE, 0, contractor_id)


def not_adding_up(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List the imports finished within a day whose counts differ from their rows."""
    return ask(conn, _PACKAGE, 1, contractor_id)


def rejected(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List the imports finished within a day of which a larger share was rejected than the contractor's threshold."""
    return ask(conn, _PACKAGE, 2, contractor_id)


def stuck(conn: Connection[Any], contractor_id: UUID | None = None) -> list[Ailing]:
    """List the imports that are neither read to their end nor entered, and that no run works on."""
    return ask(conn, _PACKAGE, 3, contractor_id)
