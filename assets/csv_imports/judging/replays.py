"""Judging the rows of a replay: each is another attempt at the row that it came from.

What belongs here: that link. What does not: judging as such (`judge`, `sites`), and people's attempts (`attempts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.csv_imports.judging.judge import COLUMNS

if TYPE_CHECKING:
    import polars as pl

    from assets.csv_imports.files.records import Batch
    from assets.csv_imports.judging.judge import Cause, CauseKey, Judge
    from assets.csv_imports.judging.sites import SiteJudge


@dataclass(frozen=True, slots=True)
class ReplayJudge:
    """Judges the batches of a replay in order.

    Attributes:
        any_file: Judges rows as if they had come in any file.
    """

    any_file: Judge | SiteJudge

    @property
    def causes(self) -> dict[CauseKey, Cause]:
        """What was wrong so far."""
        return self.any_file.causes

    def judge(self, batch: Batch) -> pl.DataFrame:
        """Return the rows as `Judge.judge` does, each with the row that it came from."""
        named = batch.references.select("record_number", corrects_record_id="reference")
        judged = self.any_file.judge(batch).drop("corrects_record_id")
        return judged.join(named, on="record_number", how="left", maintain_order="left").select(COLUMNS)
