"""The rules of a type as pandera schemas, derived from the catalogue.

Two stages, because a coerced column hides the faults of its other rows: first the text (is it there, can it be read),
then the typed values (are they possible, are they plausible). A failure of the doubt schema is a doubt: the row is
sent, with a warning. A check is an expression that is false where a row breaks its rule, and null where it has nothing
to judge; its name is the rule and the field that it speaks of. What an office is told is in `sentences`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

import pandera.polars as pa
import polars as pl

from assets.csv_imports.judging import places, validations
from assets.csv_imports.judging.allowed import is_listed
from assets.csv_imports.judging.transforming import dtype_of
from assets.csv_imports.values.phones import phone_numbers
from assets.names import NAME_BYTES
from assets.record_types import Kind

if TYPE_CHECKING:
    from datetime import date

    from pandera.polars import PolarsData

    from assets.csv_imports.mapping.decision import Mapping, Validation
    from assets.record_types import RecordType

EMAIL = (
    r"^[^\s@\"(),:;<>\[\]\\.]+(\.[^\s@\"(),:;<>\[\]\\.]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"
)
PLACEHOLDERS = ("n/a", "na", "n.a.", "none", "null", "nil", "-", "--", "?", "x", "xxx", "unknown", "tbd", "test", ".")
EMAIL_BYTES = 254
"""RFC 3696, erratum 1690."""
EXCELS = "E+"
SCIENTIFIC = r"^[0-9](\.[0-9]+)?E\+[0-9]{2,3}$"
"""How Excel writes a long number; `1E5` is somebody's model."""
FORMULA_ERRORS = (
    "#BLOCKED!", "#CALC!", "#CONNECT!", "#DIV/0!", "#FIELD!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#SPILL!",
    "#VALUE!",
)  # fmt: skip
"""What Excel writes where a formula gives nothing."""
HUGE = 1e9
MONTHS = (1, 600)
YEARS = (1900, 2100)
INSTALLED = ("installDate", "installedAt")
PARSED = "="
"""Suffix of the parsed column beside a text column, in the frame that the first stage sees."""


@cache
def text_schema(record_type: RecordType, *, from_excel: bool = True) -> pa.DataFrameSchema:
    """Return the first stage: required fields are there, every text can be read as its kind.

    Its frame holds the texts, and beside each of them the parsed value (`PARSED`).

    Args:
        record_type: The type.
        from_excel: Whether to look for what Excel has damaged; there is none where `may_be_excels` is false.
    """
    named = {name for fields in (*record_type.key, record_type.names) for name in fields}
    checks: list[pa.Check] = []
    if record_type.one_of:
        filled = pl.any_horizontal(pl.col(name).is_not_null() for name in record_type.one_of)
        checks.append(_check("one_of", " ".join(record_type.one_of), filled))
    for field in record_type.fields:
        if field.required:
            checks.append(_check("not_nullable", field.name, pl.col(field.name).is_not_null()))
        if field.kind not in (Kind.TEXT, Kind.REFERENCE):
            checks.append(_check(field.kind, field.name, _READABLE.get(field.kind, _parsed)(field.name)))
            continue
        if from_excel:
            checks.append(_check("scientific", field.name, ~pl.col(field.name).str.contains(SCIENTIFIC)))
            checks.append(_check("formula_error", field.name, ~pl.col(field.name).is_in(FORMULA_ERRORS)))
        if field.name in named or field.kind is Kind.REFERENCE:
            checks.append(_check("too_long", field.name, pl.col(field.name).str.len_bytes() <= NAME_BYTES))
    return pa.DataFrameSchema(checks=checks, name=f"{record_type.name} as text")


def may_be_excels(text: pl.Series) -> bool:
    """Say whether Excel may have damaged a text of a column: a shortened number, or the error of a formula."""
    return bool(text.str.contains(EXCELS, literal=True).any() or text.str.starts_with("#").any())


@cache
def value_schema(record_type: RecordType) -> pa.DataFrameSchema:
    """Return the second stage: every value has its type and is possible."""
    checks: list[pa.Check] = []
    for field in record_type.fields:
        value = pl.col(field.name)
        if field.kind in (Kind.DATE, Kind.DATETIME):
            checks.append(_check("year", field.name, value.dt.year().is_between(*YEARS)))
        if field.kind is Kind.INTEGER:
            checks.append(_check("not_negative", field.name, value >= 0))
        if field.name == "durationMonths":
            # What is negative is said to be so.
            checks.append(_check("months", field.name, (value < 0) | value.is_between(*MONTHS)))
    columns = {field.name: pa.Column(dtype_of(field.kind), nullable=True) for field in record_type.fields}
    return pa.DataFrameSchema(columns, checks=checks, strict=True, name=f"{record_type.name} as values")


@lru_cache(maxsize=64)
def doubt_schema(record_type: RecordType, today: date) -> pa.DataFrameSchema:
    """Return what is sent with a warning: what is possible, and yet is hardly what was meant."""
    checks: list[pa.Check] = []
    for field in record_type.fields:
        value = pl.col(field.name)
        if field.kind is Kind.NUMBER:
            checks += [
                _check("negative_amount", field.name, value >= 0),
                _check("huge_amount", field.name, value <= HUGE),
            ]
        if field.name in INSTALLED:
            checks.append(_check("future", field.name, value.cast(pl.Date) <= today + timedelta(days=1)))
        if field.name == record_type.required[0] or (field.refers_to and field.required):
            checks.append(_check("placeholder", field.name, ~value.str.to_lowercase().is_in(PLACEHOLDERS)))
        if field.name == "state":
            checks.append(_check("state", "state", value.is_null() | places.state_code(value).is_not_null()))
            checks.append(_check("zip_state", "zipcode", places.lies_in(pl.col("zipcode"), value)))
    checks += [_check("period", end, _in_order(start, end)) for start, end in record_type.periods]
    return pa.DataFrameSchema(checks=checks, name=f"{record_type.name} in doubt")


def own_schema(mapping: Mapping) -> pa.DataFrameSchema:
    """Return a contractor's own rules for a file: values that a setting lists, patterns and expressions."""
    fields = {field.name: field for field in mapping.record_type.fields}
    checks = [
        pa.Check(partial(_listed, name, tuple(listed)), name=f"allowed:{name}", n_failure_cases=1)
        for name, listed in mapping.allowed.items()
        if name in fields and not fields[name].kind.is_list
    ]
    checks += [
        pa.Check(partial(_kept, validation, tuple(fields)), name=f"own:{place}", n_failure_cases=1)
        for place, validation in enumerate(mapping.validations)
    ]
    return pa.DataFrameSchema(checks=checks, name=f"{mapping.record_type.name} by rules of the contractor")


def unreadable(kind: Kind, lists: pl.Series, country: str = "US") -> list[list[str]]:
    """Return, of each list of a field, the elements that break its rule; every list has one that does.

    Phone numbers without a country are that country's.
    """
    if lists.list.len().max() == 1:
        return lists.to_list()
    flat = pl.DataFrame({"row": pl.int_range(len(lists), eager=True), "value": lists}).explode("value")
    bad = ~_is_email(pl.col("value")) if kind is Kind.EMAILS else phone_numbers(flat["value"], country).is_null()
    return flat.filter(bad).group_by("row", maintain_order=True).agg("value")["value"].to_list()


def _check(rule: str, field: str, holds: pl.Expr) -> pa.Check:
    # Which rows fail is in the check's output: pandera need not copy more than one of them.
    return pa.Check(partial(_select, holds), name=f"{rule}:{field}", n_failure_cases=1)


def _select(holds: pl.Expr, data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(holds)


def _parsed(name: str) -> pl.Expr:
    return pl.col(name).is_null() | pl.col(name + PARSED).is_not_null()


def _emails(name: str) -> pl.Expr:
    return pl.col(name).list.eval(_is_email(pl.element())).list.all()


def _phones(name: str) -> pl.Expr:
    return pl.col(name + PARSED).list.eval(pl.element().is_not_null()).list.all()


_READABLE = {Kind.EMAILS: _emails, Kind.PHONES: _phones}


def _is_email(text: pl.Expr) -> pl.Expr:
    return text.str.contains(EMAIL) & (text.str.len_bytes() <= EMAIL_BYTES)


def _in_order(start: str, end: str) -> pl.Expr:
    # An end without a time is the whole of its day.
    whole_day = pl.col(end) == pl.col(end).dt.truncate("1d")
    first = pl.when(whole_day).then(pl.col(start).dt.truncate("1d")).otherwise(pl.col(start))
    return pl.col(end) >= first


def _listed(name: str, listed: tuple[str, ...], data: PolarsData) -> pl.LazyFrame:
    return is_listed(data.lazyframe.select(name).collect()[name], listed).to_frame().lazy()


def _kept(validation: Validation, fields: tuple[str, ...], data: PolarsData) -> pl.LazyFrame:
    suffix = "" if validation.sql is None else PARSED
    frame = data.lazyframe.select(pl.col(name + suffix).alias(name) for name in fields).collect()
    try:
        return validations.holds(validation, frame).to_frame().lazy()
    except validations.UnusableRule as error:
        # The one exception of a check that pandera lets through.
        raise pa.errors.SchemaDefinitionError(str(error)) from error
