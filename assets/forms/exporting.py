"""Exporting: approved forms become rows of imports, and go to Coperniq as those of files do.

What belongs here: the order of things. All of an export is one transaction: a run that dies has done nothing of it.
What does not: the SQL (`exports`), what forms say (`filling`), judging and sending, which are an import's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

from assets.counting import counted
from assets.csv_imports import settling
from assets.csv_imports.importing import Source, read_records
from assets.forms import exports
from assets.forms.filling import fill
from assets.forms.sheets import SheetFile, map_columns, unite
from assets.progress import nobody

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.store import Import
    from assets.forms.filling import Sheet
    from assets.progress import Tell

FORMS_AT_ONCE = 1_000
"""Forms of one export: what is locked, and lost where it dies, is bounded."""


@dataclass(slots=True)
class Exported:
    """What an export made.

    Attributes:
        forms: How many forms were exported.
        imports: The imports that they became.
    """

    forms: int = 0
    imports: list[Import] = field(default_factory=list["Import"])


@dataclass(frozen=True, slots=True)
class Export:
    """Exports the approved forms of one contractor.

    Attributes:
        conn: In autocommit mode.
        contractor_id: Whose forms they are.
        by: Who exports.
        threshold: Less sure than this that a field means a field of Coperniq, nothing is sent without a human's word.
        say: Takes lines of progress.
        date_order: `MDY` or `DMY` for dates in figures; None for the usual one.
        tell: Is told how far it is.
    """

    conn: Connection[Any]
    contractor_id: UUID
    by: str
    threshold: float
    say: Callable[[str], None]
    date_order: str | None = None
    tell: Tell = nobody

    def run(self, most: int = FORMS_AT_ONCE) -> Exported:
        """Hold the forms that ask something, and export all others, at most so many in one transaction."""
        done = Exported()
        with self.conn.transaction():
            exports.hold(self.conn, self.contractor_id, self.threshold)
        while made := self._export(most):
            done.forms += made.forms
            done.imports += made.imports
        return done

    def _export(self, most: int) -> Exported | None:
        with self.conn.transaction():
            chosen = exports.choose(self.conn, self.contractor_id, self.threshold, most)
            if not chosen:
                return None
            # What was approved last comes first: of several forms that are one record, it has the last word.
            sheets = fill(exports.said(self.conn, list(chosen)))
            made = [self._import(sheet, max(chosen.values())) for sheet in sheets]
            exports.conclude(self.conn, self.contractor_id, list(chosen))
        self.say(f"{counted(len(chosen), 'form')}: {', '.join(one.import_name for one in made) or 'nothing to send'}")
        return Exported(len(chosen), made)

    def _import(self, sheet: Sheet, until: datetime) -> Import:
        """Make an import of one type's records, with the code that imports files."""
        unite(sheet, self.date_order, lambda keys: exports.unsent(self.conn, self.contractor_id, sheet, keys))
        file = SheetFile(sheet)
        name = f"Forms approved until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({sheet.record_type.name})"
        made = exports.register(self.conn, self.contractor_id, name, sheet, file, self.by)
        source = Source(
            sheet.record_type, lambda: file, lambda headers: map_columns(sheet, headers, self.date_order)
        )  # fmt: skip
        read_records(self.conn, self.contractor_id, made, source, self.say, tell=self.tell)
        exports.name_sources(self.conn, made.id, sheet, file)
        settling.enter(self.conn, made.id, self.contractor_id, sheet.record_type)
        exports.link(self.conn, self.contractor_id, made)
        return made
