"""Judging a batch: every physical record gets its status, and a sentence for everything that is wrong with it.

What belongs here: turning what was found into `csv_import_records` rows. What does not: the rules (`rules`), what they
find (`findings`), and what only the database knows: which rows are the same record, and which are in Coperniq already
(`settling`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.judging import keys, sentences, validations
from assets.csv_imports.judging.allowed import as_listed
from assets.csv_imports.judging.findings import findings
from assets.csv_imports.judging.text import json_object, postgres_array, sent_form
from assets.csv_imports.judging.transforming import transform

if TYPE_CHECKING:
    from assets.csv_imports.files.records import Batch
    from assets.csv_imports.mapping.decision import Mapping

COLUMNS = (
    "record_number", "line_number", "record_data", "record_key", "status", "error_message", "invalid_fields",
    "missing_required_fields", "mapped_data", "names", "parent_keys", "corrects_record_id",
)  # fmt: skip
"""What `judge` gives and `csv_import_records` takes; arrays as PostgreSQL literals, objects as JSON text."""
UNREADABLE = "unreadable"
"""The rule of records that cannot be split into the columns of their file."""
CauseKey = tuple[str, str | None, str]
"""Its words, field and rule."""


@dataclass(slots=True)
class Cause:
    """A reason for which records of a file are errors.

    Attributes:
        cause: In words without values.
        field: That it speaks of; of a rule over several, their names, separated by spaces; None for the whole record.
        rule: Its name in docs/rules.md.
        records: How many they are.
        first_row: The first of them.
    """

    cause: str
    field: str | None
    rule: str
    records: int
    first_row: int


@dataclass(slots=True)
class Judge:
    """Judges the batches of one file in order.

    Attributes:
        mapping: Which column feeds which field.
        today: The day that is not in the future, by the clock of UTC.
        causes: What was wrong so far, by cause, field and rule.

    Raises:
        UnusableRule: When a rule of the contractor can be applied to no record.
    """

    mapping: Mapping
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    causes: dict[CauseKey, Cause] = field(default_factory=dict[CauseKey, Cause])

    def __post_init__(self) -> None:
        """Refuse a rule before the first record meets it."""
        validations.check(self.mapping.record_type, self.mapping.validations)

    def judge(self, batch: Batch) -> pl.DataFrame:
        """Return one row for each physical record, in their order: `COLUMNS`, all String but the two numbers."""
        numbers = batch.cells["record_number"]
        transformed = as_listed(self.mapping, transform(self.mapping, batch.cells))
        record_type = self.mapping.record_type
        found = findings(self.mapping, transformed, self.today)
        self._count_causes(found, numbers, batch.faults)
        verdicts = _verdicts(found, numbers)
        record_keys = keys.record_keys(record_type, transformed)
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
                batch.cells.select("record_number", "line_number", corrects_record_id=pl.lit(None, dtype=pl.String)),
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
        return json_object(cells.drop("record_number", "line_number").rename(named)).alias("record_data").to_frame()

    def _count_causes(self, found: pl.DataFrame, numbers: pl.Series, faults: pl.DataFrame) -> None:
        errors = found.filter(pl.col("severity") == "error")
        unreadable = faults.select(
            cause=pl.col("problem").str.extract(r"^([^.:]+)"), field=pl.lit(None, dtype=pl.String),
            rule=pl.lit(UNREADABLE), number="record_number",
        )  # fmt: skip
        counted = errors.select("cause", "field", "rule", number=numbers.gather(errors["index"])).vstack(unreadable)
        for cause, about, rule, records, first in counted.group_by("cause", "field", "rule", maintain_order=True).agg(
            pl.len(), pl.col("number").min().alias("first")
        ).iter_rows():  # fmt: skip
            known = self.causes.setdefault((cause, about, rule), Cause(cause, about, rule, 0, first))
            known.records += records


def _verdicts(found: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """Return each row's status, message and fields: only the rows in which something was found cost anything."""
    wrong, doubtful = _errors(found, numbers), _warnings(found)
    rows = pl.concat([wrong["index"], doubtful["index"]])
    statuses = ["error"] * len(wrong) + ["warning"] * len(doubtful)
    return pl.DataFrame(
        {
            "status": pl.repeat("valid", len(numbers), dtype=pl.String, eager=True).scatter(rows, statuses),
            "error_message": _at(rows, pl.concat([wrong["message"], doubtful["message"]]), len(numbers)),
            "invalid_fields": _at(wrong["index"], postgres_array(wrong["invalid"]), len(numbers)),
            "missing_required_fields": _at(wrong["index"], postgres_array(wrong["missing"]), len(numbers)),
        }
    )


def _at(rows: pl.Series, texts: pl.Series, length: int) -> pl.Series:
    return pl.repeat(None, length, dtype=pl.String, eager=True).scatter(rows, texts)


def _errors(found: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    missing = pl.col("rule").is_in(["not_nullable", "one_of"])
    errors = found.filter(pl.col("severity") == "error")
    by_row = errors.group_by("index", maintain_order=True).agg(
        pl.col("sentence").str.join(" "), pl.len(), pl.first("action")
    )
    fields = errors.select("index", "rule", pl.col("field").str.split(" ")).explode("field")
    named = fields.group_by("index", maintain_order=True).agg(
        invalid=pl.col("field").filter(~missing).unique(maintain_order=True),
        missing=pl.col("field").filter(missing).unique(maintain_order=True),
    )
    number = numbers.gather(by_row["index"]).alias("number")
    said = sentences.message(pl.col("sentence"), pl.col("len"), pl.col("action"), pl.col("number"))
    return pl.concat([by_row.with_columns(number), named.drop("index")], how="horizontal").with_columns(message=said)


def _warnings(found: pl.DataFrame) -> pl.DataFrame:
    # A row that is not sent needs no word about what would have been repaired.
    sent = found.filter((pl.col("severity") == "error").any().over("index").not_())
    return sent.group_by("index", maintain_order=True).agg(message=pl.col("sentence").str.join(" "))


def _unreadable(faults: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.String)
    said = sentences.fault_message(pl.col("problem"), pl.col("record_number"))
    made = faults.with_columns(status=pl.lit("error"), error_message=said)
    return made.select(pl.col(name) if name in made.columns else nothing.alias(name) for name in COLUMNS)
