"""Repeating: an import that replays another is read from that one's stored rows.

What belongs here: how a replay differs from other imports when it is read. What does not: the rows themselves
(`files.stored`, `replays`), what becomes of one (`judging.replays`), and which rows are worth it (`assets.replaying`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assets import catalogue
from assets.csv_imports import attempts, replays
from assets.csv_imports.files.records import UnreadableFile
from assets.csv_imports.files.stored import StoredRows
from assets.csv_imports.judging.replays import ReplayJudge
from assets.csv_imports.mapping import overrides

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.attempts import Parent
    from assets.csv_imports.columns import Columns, Plan
    from assets.csv_imports.judging.judge import Judge
    from assets.csv_imports.judging.sites import SiteJudge
    from assets.csv_imports.mapping.overrides import Override
    from assets.record_types import RecordType

GIVEN = "the mapping file"


@dataclass(frozen=True, slots=True)
class Repetition:
    """How a replay is read.

    Attributes:
        conn: In autocommit mode, or in the transaction that holds the import which is read.
        parent: The import whose rows are judged again.
        line: That one and the replays of it that stand.
        what: Which rows, and how they are read.
    """

    conn: Connection[Any]
    parent: Parent
    line: Sequence[UUID]
    what: replays.Sealed

    def plan(self, columns: Columns) -> Plan:
        """Plan how the columns are mapped: by the mapping file, where it says nothing as they were.

        Raises:
            OverrideError: When a mapping file is wrong.
        """
        record_type = catalogue.BY_NAME[self.parent.coperniq_type]
        given = replace(columns, override=self._override)
        return replace(given.plan(record_type, self.parent.origin, self.parent.id), orders=self.what.reading.orders)

    def _override(self, record_type: RecordType) -> Override | None:
        reading, is_own = self.what.reading, record_type.name == self.parent.coperniq_type
        data = reading.mapping if is_own else reading.contacts_mapping
        return overrides.parsed(data, GIVEN, record_type) if data is not None else None

    def open(self) -> StoredRows:
        """Open the rows as the file that they came from."""
        return StoredRows(
            self.parent.headers, lambda size: replays.pages(self.conn, self.line, self.what.record_numbers, size)
        )

    def judge(self, judge: Judge | SiteJudge, _: list[str]) -> ReplayJudge:
        """Judge its rows as attempts at those that they come from."""
        return ReplayJudge(judge)


def of_import(conn: Connection[Any], contractor_id: UUID, parent_id: UUID, what: replays.Sealed) -> Repetition:
    """Return how the replay of an import is read.

    Raises:
        UnreadableFile: When the import that it replays was rolled back.
    """
    parent = attempts.parent(conn, contractor_id, parent_id)
    if parent is None or parent.is_rolled_back:
        raise UnreadableFile(
            "It replays an import that was rolled back, or whose rows are gone: import the file of that one again."
        )
    return Repetition(conn, parent, replays.line(conn, parent_id), what)
