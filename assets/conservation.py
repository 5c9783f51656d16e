"""Row conservation: imports whose counts are not those of their rows, so that rows were lost or doubled.

What belongs here: the one question, which importing asks after its work and sending before. What does not: what is
done then (the concepts' `checks`, `coperniq.definitions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assets.alerts.ailing import Ailing, ask

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection


def not_adding_up(
    conn: Connection[Any], contractor_id: UUID | None = None, since: datetime | None = None
) -> list[Ailing]:
    """List the imports finished within a day, or not sent to their end, whose counts differ from their rows.

    Reads every row of these. Since a time, only those that finished: to count the rows of all that wait, again and
    again, would be dear.
    """
    return ask(conn, ("assets", "conservation.sql"), 0, contractor_id, since)
