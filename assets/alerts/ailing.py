"""What is not well, as the concepts' `health.sql` say it, and the alerts that it makes.

What belongs here: what all such questions have in common. What does not: the questions, which are the concepts' own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from assets.alerts.causes import Alert, Cause, without_personal_data
from assets.sql import statements

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

QUIET_MINUTES = 15
"""So long no run had a lease on what is stuck: whoever goes on with what a dead run left has had its chance."""


@dataclass(frozen=True, slots=True)
class Ailing:
    """Rows or records of an import, or of a contractor's type, that are not well.

    Attributes:
        contractor_id: Whose they are.
        slug: That contractor's; None for one that the pipeline does not serve.
        type_name: Their type; None where it is not known.
        import_id: The import whose they are; None where they are no import's.
        name: That import's file.
        records: How many they are.
        why: What is wrong, in words.
        file: Which version of a file, where none of it is imported; else None.
    """

    contractor_id: UUID
    slug: str | None
    type_name: str | None
    import_id: UUID | None
    name: str | None
    records: int
    why: str
    file: str | None = None

    @property
    def subject(self) -> tuple[str, str]:
        """What an alert about it is about: the kind, and which one."""
        if self.file:
            return "file", self.file
        return ("import", str(self.import_id)) if self.import_id else ("contractor", str(self.contractor_id))

    @property
    def said(self) -> str:
        """Say it in a sentence that holds no row's values."""
        return f"{self.name or self.type_name}: {without_personal_data(self.why)}"


def ask(
    conn: Connection[Any],
    file: tuple[str, str],
    question: int,
    contractor_id: UUID | None,
    since: datetime | None = None,
) -> list[Ailing]:
    """Ask one of the questions of a `.sql` file, by its place in it.

    Args:
        conn: A connection.
        file: Its package and its name.
        question: Its place.
        contractor_id: Of which contractor; None for all.
        since: Of what finished since then, where the question is about that; None for as long as it looks back.
    """
    statement = statements(*file)[question]
    parameters = {"contractor": contractor_id, "quiet": QUIET_MINUTES, "since": since}
    with conn.cursor(row_factory=class_row(Ailing)) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def alerts(cause: Cause, found: Iterable[Ailing], run_id: str | None = None) -> list[Alert]:
    """Make the alerts of a cause: one for each import or file, and one for each contractor for what is of neither."""
    of: dict[tuple[str, str], list[Ailing]] = {}
    for one in found:
        of.setdefault(one.subject, []).append(one)
    return [
        Alert(
            cause,
            kind,
            subject,
            "; ".join(one.said for one in ailing),
            sum(one.records for one in ailing) or None,
            ailing[0].contractor_id,
            run_id,
        )
        for (kind, subject), ailing in of.items()
    ]
