"""Correcting: a fix file that comes back is recognised, and read as the file that its rows came from.

What belongs here: how a fix file differs from others when it is registered and read. What does not: its form
(`assets.fix_files`), taking away what was added (`files.returned`), and what becomes of a row (`judging.attempts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets import catalogue, fix_files
from assets.counting import counted
from assets.csv_imports import attempts
from assets.csv_imports.files.reading import open_file
from assets.csv_imports.files.records import UnreadableFile
from assets.csv_imports.files.returned import ReturnedFile, may_be_returned
from assets.csv_imports.judging.attempts import AttemptJudge
from assets.errors import PipelineError

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.attempts import Parent
    from assets.csv_imports.columns import Columns, Plan
    from assets.csv_imports.inbox import InboxFile
    from assets.csv_imports.judging.judge import Judge
    from assets.csv_imports.judging.sites import SiteJudge
    from assets.fix_files import Reference

LOOKED_AT = 1_000
"""Records at a time that are looked at for one that names a row."""


class Parentless(PipelineError):
    """Say that a fix file corrects no import of its contractor."""


def parent_of(conn: Connection[Any], contractor_id: UUID, file: InboxFile) -> Parent | None:
    """Return the import that a file corrects; None for a file that is no fix file.

    Raises:
        Parentless: When it is one, and corrects no import of the contractor.
        InboxError: When it cannot be opened.
    """
    if not may_be_returned(file):
        return None
    try:
        with open_file(file, fix_files.is_header) as opened:
            if not fix_files.is_header(opened.headers):
                return None
            named = _first_named(ReturnedFile(opened, file.name, len(opened.headers)))
            if named is None and fix_files.MARK not in opened.headers:
                return None
    except UnreadableFile:
        return None  # reading it will say why
    found = attempts.parent(conn, contractor_id, named.import_id) if named else None
    if found is None:
        raise Parentless(
            f"{file.name} is a fix file, but of no import of this contractor that can be corrected: put it into the "
            "inbox of the contractor to whom it was handed back, with its column _row as it was."
        )
    return found


def _first_named(returned: ReturnedFile) -> Reference | None:
    """Return the first row that a file names, wherever it stands; None where it names none."""
    for batch in returned.batches(LOOKED_AT, last_is_optional=True):
        if named := next(filter(None, map(fix_files.parsed, batch.references["reference"])), None):
            return named
    return None


@dataclass(frozen=True, slots=True)
class Correction:
    """How the fix file of an import is read.

    Attributes:
        conn: In autocommit mode, or in the transaction that holds the import which is read.
        file: The fix file.
        parent: The import that it corrects.
    """

    conn: Connection[Any]
    file: InboxFile
    parent: Parent

    def plan(self, columns: Columns) -> Plan:
        """Plan how its columns are mapped: as those of its parent were.

        Raises:
            OverrideError: When an override file is wrong.
        """
        return columns.plan(catalogue.BY_NAME[self.parent.coperniq_type], self.parent.origin, self.parent.id)

    def open(self) -> ReturnedFile:
        """Open it as the file that its rows came from.

        Raises:
            UnreadableFile: As `open_file` does, and when a column of that file is missing: its cells would be lost.
            ChangedFile: As `open_file` does.
        """
        opened = open_file(self.file, fix_files.is_header)
        try:
            returned = ReturnedFile(opened, self.file.name, len(self.parent.headers))
            missing = [header for header in self.parent.headers if header not in returned.headers]
            if missing:
                raise UnreadableFile(
                    f"{self.file.name} lacks {counted(len(missing), 'column')} of {self.parent.import_name}, the first"
                    f' is "{missing[0]}": put back its header and its cells, empty ones too.'
                )
        except BaseException:
            opened.__exit__()
            raise
        return returned

    def judge(self, judge: Judge | SiteJudge, headers: list[str]) -> AttemptJudge:
        """Judge its rows as attempts at those that they name."""
        return AttemptJudge(
            judge, headers, frozenset(self.parent.twins), self.parent.import_name,
            lambda numbers: attempts.named(self.conn, self.parent.id, numbers),
        )  # fmt: skip


def of_import(conn: Connection[Any], contractor_id: UUID, parent_id: UUID, file: InboxFile) -> Correction:
    """Return how an import's fix file is read.

    Raises:
        UnreadableFile: When the import that it corrects was rolled back.
    """
    parent = attempts.parent(conn, contractor_id, parent_id)
    if parent is None or parent.is_rolled_back:
        raise UnreadableFile(
            f"{file.name} corrects an import that was rolled back: import the file of that one again instead."
        )
    return Correction(conn, file, parent)
