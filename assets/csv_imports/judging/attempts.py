"""Judging the rows of a fix file: each is an attempt at a row that needs work, or it is not sent.

What belongs here: what follows from the row that a record names. What does not: judging as such (`judge`), and looking
for the rows that are named (`csv_imports.attempts`).

A row that could not be read stays what it was while nothing of it has changed, unless somebody emptied the cell that
says so. A row that is named is corrected once: what comes for it in a later file is a duplicate, and so is, once all
rows stand, what comes for it again in the same file (`once.sql`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from assets import fix_files
from assets.csv_imports.files.records import Batch, UnreadableFile
from assets.csv_imports.judging.judge import COLUMNS, UNREADABLE, Cause
from assets.csv_imports.judging.sentences import printed
from assets.csv_imports.judging.text import json_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from assets.csv_imports.judging.judge import CauseKey, Judge
    from assets.csv_imports.judging.sites import SiteJudge

_UNKNOWN = ("It names no row that it corrects", None, "unknown_row")
_SCHEMA = dict.fromkeys(COLUMNS, pl.String) | {"record_number": pl.Int32, "line_number": pl.Int32}
_SEND = re.compile(r" in row [0-9]+ and send the fix file\.$")


@dataclass(frozen=True, slots=True)
class Named:
    """A row that a fix file names.

    Attributes:
        id: Its id.
        is_open: Whether it needs work here.
        became: What became of it since, such as `was put right by row 3 of fix.csv`; None where nothing did.
        unreadable: What it held, where it could not be split into the columns of its file; else None.
        said: What was wrong with it.
    """

    id: UUID
    is_open: bool
    became: str | None
    unreadable: dict[str, str] | None
    said: str | None


@dataclass(slots=True)
class AttemptJudge:
    """Judges the batches of a fix file in order.

    Attributes:
        any_file: Judges rows as if they had come in any file.
        headers: Of the file.
        parents: The imports whose rows it may name: all of one file.
        name: The name of that file.
        look: Looks for rows by their numbers.
    """

    any_file: Judge | SiteJudge
    headers: list[str]
    parents: frozenset[UUID]
    name: str
    look: Callable[[Sequence[int]], Mapping[int, Named]]

    @property
    def causes(self) -> dict[CauseKey, Cause]:
        """What was wrong so far."""
        return self.any_file.causes

    def judge(self, batch: Batch) -> pl.DataFrame:
        """Return the rows as `Judge.judge` does, each with the row that it corrects.

        Raises:
            UnreadableFile: When a record names a row of an import of another file.
        """
        references = {number: fix_files.parsed(text) for number, text, _ in batch.references.iter_rows()}
        if any(reference.import_id not in self.parents for reference in references.values() if reference):
            raise UnreadableFile(
                f"The file holds rows of {self.name} and of another import: send the fix file of each by itself."
            )
        found = self.look([reference.number for reference in references.values() if reference])
        named = {number: found.get(reference.number) if reference else None for number, reference in references.items()}
        aside = self._set_aside(batch, named)
        left = _without(batch, aside["record_number"])
        judged = [aside, self.any_file.judge(left)] if len(left) else [aside]
        rows = pl.concat([frame.select(COLUMNS) for frame in judged]).sort("record_number")
        ids = {number: str(row.id) for number, row in named.items() if row}
        return rows.with_columns(
            corrects_record_id=pl.col("record_number").replace_strict(ids, default=None, return_dtype=pl.String)
        )

    def _set_aside(self, batch: Batch, named: Mapping[int, Named | None]) -> pl.DataFrame:
        """Return the rows that are not judged, for what they say of the row that they correct."""
        said_of = {number: (text, confirmed) for number, text, confirmed in batch.references.iter_rows()}
        aside: list[dict[str, Any]] = []
        for number, line, data in self._as_stood(batch).iter_rows():
            row = named.get(number)
            if row is None:
                self._count(_UNKNOWN, number)
                text = printed(said_of[number][0])
                said = f'{fix_files.ROW} "{text}" names no row of {self.name}. Put back what stood there'
                verdict = {"status": "error", "error_message": f"{said} in row {number} and send the fix file."}
            elif not row.is_open:
                verdict = {"status": "duplicate", "error_message": self._needless(number, row)}
            elif row.unreadable is not None and not said_of[number][1] and _same(json.loads(data), row.unreadable):
                said = row.said or ""
                self._count((re.split("[.:]", said)[0], None, UNREADABLE), number)
                data = json.dumps(row.unreadable, ensure_ascii=False)
                renumbered = _SEND.sub(f" in row {number} and send the fix file.", said)
                verdict = {"status": "error", "error_message": renumbered}
            else:
                continue
            aside.append({"record_number": number, "line_number": line, "record_data": data, **verdict})
        return pl.DataFrame(aside, schema=_SCHEMA)

    def _needless(self, number: int, row: Named) -> str:
        became = row.became or "needs no work"
        return f"The row of {self.name} that row {number} is to correct {became}; row {number} is not sent."

    def _as_stood(self, batch: Batch) -> pl.DataFrame:
        columns = dict(zip((f"c{place}" for place in range(len(self.headers))), self.headers, strict=True))
        data = json_object(batch.cells.drop("record_number", "line_number").rename(columns)).alias("record_data")
        numbers = ["record_number", "line_number"]
        return pl.concat([batch.cells.select(*numbers, data), batch.faults.select(*numbers, "record_data")])

    def _count(self, key: CauseKey, number: int) -> None:
        self.causes.setdefault(key, Cause(*key, 0, number)).records += 1


def _without(batch: Batch, numbers: pl.Series) -> Batch:
    kept = ~pl.col("record_number").is_in(numbers.implode())
    return Batch(batch.cells.filter(kept), batch.faults.filter(kept))


def _same(cells: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Say whether two rows hold the same, whatever is missing from the one and empty in the other."""
    return all(cells.get(header, "") == others.get(header, "") for header in {*cells, *others})
