"""What is wrong with a batch: every rule that a row breaks, in a sentence that an office can act on.

What belongs here: running the rules and naming the column and value that each failure speaks of. What does not: the
rules (`rules`), their sentences (`sentences`), and what becomes of a row (`judge`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from typing import TYPE_CHECKING

import pandera.polars as pa
import polars as pl
from pandera.constants import CHECK_OUTPUT_KEY

from assets.csv_imports.judging import places, rules, sentences
from assets.csv_imports.judging.sentences import printed
from assets.record_types import Kind
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from assets.csv_imports.judging.transforming import Transformed
    from assets.csv_imports.mapping.decision import Mapping

_FINDINGS = {
    "index": pl.UInt32, "field": pl.String, "rule": pl.String, "severity": pl.String, "sentence": pl.String,
    "action": pl.String, "cause": pl.String,
}  # fmt: skip
_WORDS = {rule: sentences.split(sentence) for rule, sentence in sentences.SENTENCES.items()}
_HINTS = {"allowed": '; did you mean "{}"?', "state": ' (did you mean "{}"?)'}
# A number of five or nine digits without one or two of them, with a decimal point or without.
_SHORT_ZIP = re.compile(r"([0-9]{3,4}|[0-9]{7,8})(\.0+)?")
_LISTED = 12
"""How many of the values that a setting lists a sentence shows."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """A rule that rows of a batch break.

    Attributes:
        rule: Its name among the sentences.
        field: The field that it speaks of; of a rule over several, their names, separated by spaces.
        rows: Their places in the batch, ascending.
        other: What their values are held against: a text for all of them, or one each.
        action: What to do, where the rule's own sentence does not say it.
    """

    rule: str
    field: str
    rows: list[int]
    other: str | list[str] = ""
    action: str | None = None


def findings(mapping: Mapping, batch: Transformed, today: date | None = None) -> pl.DataFrame:
    """Run every rule over a batch.

    Args:
        mapping: Which column feeds which field, and the contractor's own rules.
        batch: The texts and values.
        today: The day that is not in the future; None for that of the clock.

    Returns:
        A frame with `index` (row of the batch), `field` (for a rule over several: their names, separated by spaces),
        `rule`, `severity` (`error` or `warning`), `sentence` (what is wrong), `action` (what to do, where something is
        to be done), and `cause`, which is the sentence without values; in the order of the rows and fields.

    Raises:
        UnusableRule: When a rule of the contractor fails on a value.
    """
    record_type = mapping.record_type
    suffixed = batch.values.rename({name: name + rules.PARSED for name in batch.values.columns})
    both = pl.concat([batch.text, suffixed], how="horizontal")
    texts = [column for column in batch.text.iter_columns() if column.dtype == pl.String]
    from_excel = any(map(rules.may_be_excels, texts))
    broken = _broken(rules.text_schema(record_type, from_excel=from_excel), both)
    broken += _broken(rules.value_schema(record_type), batch.values)
    if mapping.allowed or mapping.validations:
        broken += _broken(rules.own_schema(mapping), both)
    doubts = _broken(rules.doubt_schema(record_type, today or datetime.now(UTC).date()), batch.values)
    told = [
        finding
        for severity, failures in (("error", broken), ("warning", doubts))
        for one in failures
        for finding in _told(mapping, batch, _failure(mapping, batch, *one), severity)
    ]
    repaired = batch.repairs.select(
        "index", "field", rule=pl.lit("repaired"), severity=pl.lit("warning"), sentence="sentence",
        action=pl.lit(None, dtype=pl.String), cause=pl.lit("Repaired"),
    )  # fmt: skip
    columns = zip(*told, strict=True) if told else ((),) * len(_FINDINGS)
    found = pl.concat([pl.DataFrame(dict(zip(_FINDINGS, columns, strict=True)), schema=_FINDINGS), repaired])
    if found.is_empty():
        return found
    order = {name: place for place, name in enumerate(batch.values.columns)}
    place = pl.col("field").str.split(" ").list.first().replace_strict(order, default=len(order))
    return found.sort("index", place, maintain_order=True)


def _broken(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> list[tuple[str, list[int]]]:
    """Return the checks that fail, by name, and in which rows."""
    failed: list[tuple[str, list[int]]] = []
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        for one in error.schema_errors:
            if one.check_output is None:  # a failure without its rows is a fault of a schema, never of a file
                raise
            check = one.check.name if isinstance(one.check, pa.Check) else one.check
            failed.append((str(check), (~one.check_output[CHECK_OUTPUT_KEY]).arg_true().to_list()))
    except pa.errors.SchemaDefinitionError as error:
        raise error.__cause__ or error from None
    return failed


def _failure(mapping: Mapping, batch: Transformed, check: str, rows: list[int]) -> _Failure:
    rule, _, about = check.partition(":")
    if rule == "period":
        start = next(start for start, end in mapping.record_type.periods if end == about)
        return _Failure(rule, about, rows, list(map(printed, batch.text[start].gather(rows))))
    if rule == "zip_state":
        return _Failure(rule, about, rows, list(map(printed, batch.text["state"].gather(rows))))
    if rule == "allowed":
        listed = mapping.allowed[about]
        return _Failure(rule, about, rows, ", ".join(map(printed, listed[:_LISTED])) + ", …" * (len(listed) > _LISTED))
    if rule == "own":
        validation = mapping.validations[int(about)]
        said = validation.message or (
            f"it does not match {validation.regex}" if validation.sql is None else f"it must hold that {validation.sql}"
        )
        what, action = sentences.told(printable(said)) if validation.message else (printable(said), None)
        return _Failure(rule, validation.field, rows, what, action)
    return _Failure(rule, about, rows)


def _told(mapping: Mapping, batch: Transformed, failure: _Failure, severity: str) -> list[tuple[str | int | None, ...]]:
    values = _values(batch, failure)
    others = repeat(failure.other) if isinstance(failure.other, str) else failure.other
    headers = _headers(mapping, batch, failure, values)
    causes: dict[tuple[str, str], str] = {}
    told: list[tuple[str | int | None, ...]] = []
    for row, header, given, other in zip(failure.rows, headers, values, others, strict=False):
        value = ", ".join(given)
        rule = _what_excel_did(failure.rule, value) or failure.rule
        what, action = _WORDS[rule]
        if not given:
            what = what.replace(' "{value}"', "")
        if (cause := causes.get((what, header))) is None:
            causes[what, header] = cause = _cause(failure, what, header)
        hint = _hint(mapping, failure, value)
        made = what.format(header=header, headers=header, value=printed(value), other=other, hint=hint)
        told.append((row, failure.field, rule, severity, sentences.ended(made), failure.action or action, cause))
    return told


def _what_excel_did(rule: str, value: str) -> str | None:
    """Return the rule that says what Excel did to a value, where it shows."""
    if rule in tuple(Kind) and value in rules.FORMULA_ERRORS:
        return "formula_error"
    if rule == Kind.PHONES and "E+" in value.upper():
        return "scientific"
    return "lost_zero" if rule == Kind.ZIP and _SHORT_ZIP.fullmatch(value) else None


def _cause(failure: _Failure, what: str, header: str) -> str:
    other = failure.other if isinstance(failure.other, str) else sentences.NAMELESS[failure.rule]
    return sentences.without_values(what).format(header=header, headers=header, other=other, hint="")


def _hint(mapping: Mapping, failure: _Failure, value: str) -> str:
    if failure.rule not in _HINTS:
        return ""
    among = mapping.allowed[failure.field] if failure.rule == "allowed" else places.STATES.values()
    meant = sentences.did_you_mean(value, tuple(among))
    return _HINTS[failure.rule].format(printed(meant)) if meant else ""


def _values(batch: Transformed, failure: _Failure) -> list[list[str]]:
    """Return what each failing row holds in the field: nothing, a text, or the elements of a list that are wrong."""
    if failure.rule == "one_of":
        return [[]] * len(failure.rows)
    held = batch.text[failure.field].gather(failure.rows)
    if held.dtype == pl.List(pl.String):
        if failure.rule in (Kind.EMAILS, Kind.PHONES):
            return rules.unreadable(Kind(failure.rule), held, batch.country)
        return [several or [] for several in held.to_list()]
    return [[] if value is None else [value] for value in held.to_list()]


def _headers(mapping: Mapping, batch: Transformed, failure: _Failure, values: list[list[str]]) -> Iterable[str]:
    """Return, for each failing row, the header of the column or columns in which its values stand."""
    columns = mapping.columns.get(failure.field, [])
    known = " and ".join(mapping.header_of(name) for name in failure.field.split())
    if len(columns) < 2 or not any(values):
        return repeat(known)
    cells = batch.cells.select(f"c{place}" for place in columns)[failure.rows]
    return [
        _holding([mapping.headers[place] for place in columns], [cell.strip() for cell in row], given) or known
        for row, given in zip(cells.iter_rows(), values, strict=True)
    ]


def _holding(headers: Sequence[str], cells: Sequence[str], values: Sequence[str]) -> str:
    found: dict[str, None] = {}
    for value in values:
        whole = [header for header, cell in zip(headers, cells, strict=True) if cell == value]
        some = whole or [header for header, cell in zip(headers, cells, strict=True) if value in cell]
        found |= dict.fromkeys(some[:1])
    return " and ".join(map(printable, found))
