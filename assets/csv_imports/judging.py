"""Judging a batch: every physical record gets its status, and a sentence for everything that is wrong with it.

What belongs here: turning what was found into `csv_import_records` rows. What does not: the rules (`rules`), what they
find (`findings`), and what only the database knows, such as which records are in Coperniq already (`store`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports import keys
from assets.csv_imports.findings import findings
from assets.csv_imports.text import json_object, postgres_array, sent_form
from assets.csv_imports.transforming import transform

if TYPE_CHECKING:
    from assets.csv_imports.mapping import Mapping
    from assets.csv_imports.reading import Batch

COLUMNS = (
    "record_number", "record_data", "record_key", "status", "error_message", "invalid_fields",
    "missing_required_fields", "mapped_data", "names", "parent_keys",
)  # fmt: skip
"""What `judge` gives and `csv_import_records` takes; arrays as PostgreSQL literals, objects as JSON text."""


@dataclass(slots=True)
class Cause:
    """A reason for which records of a file are errors: in words without values, how many, and the first of them."""

    cause: str
    records: int
    first_row: int


@dataclass(slots=True)
class Judge:
    """Judges the batches of one file in order, remembering the keys that it has seen.

    Duplicates of a type with parents are left to `store.finish`: what a row is the same as depends on whom its parent's
    name means. For a type without, memory grows with the number of distinct keys of the file.

    Attributes:
        mapping: Which column feeds which field.
        seen: The number of the sendable record that had a key first.
        causes: What was wrong so far.
    """

    mapping: Mapping
    seen: dict[str, int] = field(default_factory=dict[str, int])
    causes: dict[str, Cause] = field(default_factory=dict[str, Cause])

    def judge(self, batch: Batch) -> pl.DataFrame:
        """Return one row (`COLUMNS`, all String but `record_number`) for each physical record, in their order."""
        numbers = batch.cells["record_number"]
        transformed = transform(self.mapping, batch.cells)
        record_type = self.mapping.record_type
        found = findings(self.mapping, transformed)
        self._count_causes(found, numbers, batch.faults)
        verdicts = self._verdicts(found, numbers)
        record_keys = keys.record_keys(record_type, transformed)
        verdicts = self._mark_duplicates(verdicts, record_keys, numbers)
        sendable = verdicts["status"].is_in(["valid", "warning"])
        mapped = pl.DataFrame(
            {
                "mapped_data": json_object(sent_form(transformed.values)),
                "names": postgres_array(keys.names(record_type, transformed)),
                "parent_keys": keys.parent_keys(record_type, transformed),
            }
        ).with_columns(pl.when(sendable).then(pl.all()))
        judged = pl.concat(
            [
                numbers.to_frame(),
                self._as_stood(batch.cells),
                record_keys.alias("record_key").to_frame(),
                verdicts,
                mapped,
            ],
            how="horizontal",
        )
        return pl.concat([judged.select(COLUMNS), _unreadable(batch.faults)]).sort("record_number")

    def _as_stood(self, cells: pl.DataFrame) -> pl.DataFrame:
        named = dict(zip((f"c{n}" for n in range(len(self.mapping.headers))), self.mapping.headers, strict=True))
        return json_object(cells.drop("record_number").rename(named)).alias("record_data").to_frame()

    def _count_causes(self, found: pl.DataFrame, numbers: pl.Series, faults: pl.DataFrame) -> None:
        errors = found.filter(pl.col("severity") == "error")
        counted = errors.select("cause", number=numbers.gather(errors["index"])).vstack(
            faults.select(cause=pl.col("problem").str.extract(r"^([^.:]+)"), number="record_number")
        )
        for cause, records, first in counted.group_by("cause", maintain_order=True).agg(
            pl.len(), pl.col("number").min().alias("first")
        ).iter_rows():  # fmt: skip
            known = self.causes.setdefault(cause, Cause(cause, 0, first))
            known.records += records

    def _verdicts(self, found: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
        errors = found.filter(pl.col("severity") == "error")
        missing = pl.col("rule").is_in(["not_nullable", "one_of"])
        by_row = found.group_by("index").agg(
            error=(pl.col("severity") == "error").any(),
            # A row that is not sent needs no word about what would have been repaired.
            error_message=pl.col("sentence")
            .filter((pl.col("severity") == "error") | (pl.col("severity") == "error").any().not_())
            .str.join(" "),
        )
        fields = errors.with_columns(pl.col("field").str.split(" ")).explode("field").group_by("index").agg(
            invalid_fields=pl.col("field").filter(~missing).unique(maintain_order=True),
            missing_required_fields=pl.col("field").filter(missing).unique(maintain_order=True),
        )  # fmt: skip
        rows = pl.DataFrame({"index": pl.int_range(len(numbers), dtype=pl.UInt32, eager=True), "number": numbers})
        joined = rows.join(by_row, on="index", how="left", maintain_order="left").join(
            fields, on="index", how="left", maintain_order="left"
        )
        status = pl.when("error").then(pl.lit("error")).when(pl.col("error").not_()).then(pl.lit("warning"))
        return joined.select(
            status=status.otherwise(pl.lit("valid")),
            error_message=pl.when("error")
            .then(pl.format("{} Correct row {} and send the file again.", "error_message", "number"))
            .otherwise("error_message"),
            invalid_fields=postgres_array(joined["invalid_fields"]),
            missing_required_fields=postgres_array(joined["missing_required_fields"]),
        )

    def _mark_duplicates(self, verdicts: pl.DataFrame, record_keys: pl.Series, numbers: pl.Series) -> pl.DataFrame:
        if self.mapping.record_type.references:
            return verdicts
        sendable = verdicts["status"].is_in(["valid", "warning"])
        places = sendable.arg_true()
        doubles: list[int] = []
        said: list[str] = []
        for place, key, number in zip(places, record_keys.gather(places), numbers.gather(places), strict=True):
            first = self.seen.setdefault(key, number)
            if first != number:
                doubles.append(place)
                said.append(f"Row {number} is the same record as row {first}; only row {first} is sent.")
        if not doubles:
            return verdicts
        return verdicts.with_columns(
            verdicts["status"].scatter(doubles, "duplicate"), verdicts["error_message"].scatter(doubles, said)
        )


def _unreadable(faults: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.String)
    said = pl.format("{} Correct row {} and send the file again.", "problem", "record_number")
    made = faults.with_columns(status=pl.lit("error"), error_message=said)
    return made.select(pl.col(name) if name in made.columns else nothing.alias(name) for name in COLUMNS)
