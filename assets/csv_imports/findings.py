"""What is wrong with a batch: every rule that a row breaks, in a sentence that an office can act on.

What belongs here: running the rules and naming the column and value that each failure speaks of. What does not: the
rules and their sentences (`rules`), and what becomes of a row (`judging`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl

from assets.catalogue import Kind
from assets.csv_imports import rules
from assets.csv_imports.inbox import printable

if TYPE_CHECKING:
    from assets.csv_imports.mapping import Mapping
    from assets.csv_imports.transforming import Transformed

    _Failure = tuple[int, str | None, str]  # the row's index, the column (None for a rule over several), the rule

SHOWN_CHARACTERS = 80
_FINDINGS = {
    "index": pl.UInt32, "field": pl.String, "rule": pl.String, "severity": pl.String, "sentence": pl.String,
    "cause": pl.String,
}  # fmt: skip


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
    lists = _unreadable_elements(mapping, batch, errors)
    told = [_told(mapping, batch, failure, "error", lists) for failure in errors]
    told += [_told(mapping, batch, failure, "warning", lists) for failure in doubts]
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
    return pl.concat([pl.DataFrame(told, schema=_FINDINGS, orient="row"), repaired]).sort(
        "index", place, maintain_order=True
    )


def _failures(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> list[_Failure]:
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases: pl.DataFrame = error.failure_cases
        if cases["index"].null_count():  # a failure without its row is a fault of a schema, never of a file
            raise
        return list(cases.select("index", "column", "check").iter_rows())
    return []


def _unreadable_elements(
    mapping: Mapping, batch: Transformed, failures: list[_Failure]
) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for field in mapping.record_type.fields:
        if field.kind.is_list:
            rows = [index for index, column, check in failures if column == field.name and check == field.kind]
            elements = rules.unreadable(field.kind, batch.text[field.name].gather(rows))
            found |= {(field.name, row): bad for row, bad in zip(rows, elements, strict=True)}
    return found


def _told(
    mapping: Mapping,
    batch: Transformed,
    failure: _Failure,
    severity: str,
    lists: dict[tuple[str, int], list[str]],
) -> tuple[int, str, str, str, str, str]:
    index, column, check = failure
    rule, _, about = check.partition(":")
    name = about or column or ""
    # A rule over several fields names them behind its own name; pandera gives the schema's name as its column.
    if rule == "one_of":
        name = " ".join(mapping.record_type.one_of)
    value = None if rule == "one_of" else batch.text[name][index]
    values = lists.get((name, index)) or ([] if value is None else [value])
    value = ", ".join(values)
    context: dict[str, Any] = {
        "header": _header(mapping, batch.cells, name, index, values),
        "headers": " and ".join(mapping.header_of(field) for field in name.split()),
    }
    if rule == Kind.PHONES and "E+" in value.upper():
        rule = "scientific"
    if rule == "period":
        start = next(start for start, end in mapping.record_type.periods if end == name)
        context["start"] = _shown(batch.text[start][index])
    sentence = rules.SENTENCES[rule]
    cause = sentence.partition(". ")[0].replace(' "{value}"', "").format(**{**context, "start": "its start"})
    return index, name, rule, severity, sentence.format(value=_shown(value), **context) + ".", cause


def _header(mapping: Mapping, cells: pl.DataFrame, name: str, index: int, values: list[str]) -> str:
    """Return the header of the column, or columns, in which a row has these values of a field."""
    places = mapping.columns.get(name, [])
    if values and len(places) > 1:
        said = {mapping.headers[place]: cells[f"c{place}"][index].strip() for place in places}
        holding = [header for value in values for header in _holding(said, value)[:1]]
        if holding:
            return " and ".join(map(printable, dict.fromkeys(holding)))
    return mapping.header_of(name)


def _holding(said: dict[str, str], value: str) -> list[str]:
    whole = [header for header, cell in said.items() if cell == value]
    return whole or [header for header, cell in said.items() if value in cell]


def _shown(value: str) -> str:
    text = printable(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
