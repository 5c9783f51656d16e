"""Judging a batch: every physical record gets its status, and a sentence for everything that is wrong with it.

What belongs here: running the rules and turning their findings into `csv_import_records` rows. What does not: the rules
(`rules`) and what only the database knows, such as which records are in Coperniq already (`store`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl

from assets.catalogue import Kind
from assets.csv_imports import keys, rules
from assets.csv_imports.inbox import printable
from assets.csv_imports.text import json_object, postgres_array, sent_form
from assets.csv_imports.transforming import transform

if TYPE_CHECKING:
    from assets.csv_imports.mapping import Mapping
    from assets.csv_imports.reading import Batch
    from assets.csv_imports.transforming import Transformed

SHOWN_CHARACTERS = 80
COLUMNS = (
    "record_number", "record_data", "record_key", "status", "error_message", "invalid_fields",
    "missing_required_fields", "mapped_data", "names", "parent_keys",
)  # fmt: skip
"""What `judge` gives and `csv_import_records` takes; arrays as PostgreSQL literals, objects as JSON text."""

_FINDINGS = {
    "index": pl.UInt32, "field": pl.String, "rule": pl.String, "severity": pl.String, "sentence": pl.String,
    "cause": pl.String,
}  # fmt: skip


@dataclass(slots=True)
class Cause:
    """A reason for which records of a file are errors: in words without values, how many, and the first of them."""

    cause: str
    records: int
    first_row: int


@dataclass(slots=True)
class Judge:
    """Judges the batches of one file in order, remembering the keys that it has seen.

    Memory grows with the number of distinct keys of the file, and with nothing else.

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
        errors = found.filter(pl.col("severity") == "error").unique(["index", "cause"], maintain_order=True)
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


def findings(mapping: Mapping, batch: Transformed) -> pl.DataFrame:
    """Run every rule over a batch.

    Returns:
        A frame with `index` (row of the batch), `field` (for a rule over several: their names, separated by spaces),
        `rule`, `severity` (`error` or `warning`), `sentence`, and `cause`, which is the sentence without values; in the
        order of the rows and fields.
    """
    record_type = mapping.record_type
    suffixed = batch.values.rename({name: name + rules.PARSED for name in batch.values.columns})
    errors = [
        *_failures(rules.text_schema(record_type), pl.concat([batch.text, suffixed], how="horizontal")),
        *_failures(rules.value_schema(record_type), batch.values),
    ]
    doubts = _failures(rules.doubt_schema(record_type), batch.values)
    told = [_told(mapping, batch, failure, "error") for failure in errors]
    told += [_told(mapping, batch, failure, "warning") for failure in doubts]
    repaired = batch.repairs.select(
        "index",
        "field",
        rule=pl.lit("repaired"),
        severity=pl.lit("warning"),
        sentence="sentence",
        cause=pl.lit("Repaired"),
    )
    order = {name: place for place, name in enumerate(batch.values.columns)}
    place = pl.col("field").str.split(" ").list.first().replace_strict(order, default=len(order))
    return pl.concat([pl.DataFrame(told, schema=_FINDINGS, orient="row"), repaired]).sort("index", place)


def _failures(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> list[tuple[int, str | None, str]]:
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases: pl.DataFrame = error.failure_cases
        if cases["index"].null_count():  # a failure without its row is a fault of a schema, never of a file
            raise
        return list(cases.select("index", "column", "check").iter_rows())
    return []


def _told(
    mapping: Mapping, batch: Transformed, failure: tuple[int, str | None, str], severity: str
) -> tuple[int, str, str, str, str, str]:
    index, column, check = failure
    rule, _, about = check.partition(":")
    name = about or column or ""
    # A rule over several fields names them behind its own name; pandera gives the schema's name as its column.
    if rule == "one_of":
        name = " ".join(mapping.record_type.one_of)
    context: dict[str, Any] = {
        "header": mapping.header_of(name),
        "headers": " and ".join(mapping.header_of(field) for field in name.split()),
    }
    value = None if rule == "one_of" else batch.text[name][index]
    if isinstance(value, pl.Series):
        value = ", ".join(rules.unreadable(mapping.record_type.field(name).kind, value.to_list()))
    if rule == Kind.PHONES and "E+" in str(value).upper():
        rule = "scientific"
    if rule == "period":
        start = next(start for start, end in mapping.record_type.periods if end == name)
        context["start"] = _shown(batch.text[start][index])
    sentence = rules.SENTENCES[rule]
    cause = sentence.partition(". ")[0].replace(' "{value}"', "").format(**{**context, "start": "its start"})
    return index, name, rule, severity, sentence.format(value=_shown(value), **context) + ".", cause


def _shown(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def _unreadable(faults: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.String)
    said = pl.format("{} Correct row {} and send the file again.", "problem", "record_number")
    made = faults.with_columns(status=pl.lit("error"), error_message=said)
    return made.select(pl.col(name) if name in made.columns else nothing.alias(name) for name in COLUMNS)
