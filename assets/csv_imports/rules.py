"""The rules of a type as pandera schemas, derived from the catalogue.

Two stages, because a coerced column hides the faults of its other rows: first the text (is it there, can it be read),
then the typed values (are they possible, are they plausible). A failure of the last schema is a doubt: the row is sent,
with a warning. The sentences that tell an office what to do stand beside the rules.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl

from assets.catalogue import Kind
from assets.csv_imports.keys import NAME_BYTES
from assets.csv_imports.transforming import dtype_of
from assets.csv_imports.values import to_e164

if TYPE_CHECKING:
    from collections.abc import Callable

    from pandera.polars import PolarsData

    from assets.catalogue import Field, RecordType

EMAIL = (
    r"^[^\s@\"(),:;<>\[\]\\.]+(\.[^\s@\"(),:;<>\[\]\\.]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"
)
PLACEHOLDERS = ("n/a", "na", "n.a.", "none", "null", "nil", "-", "--", "?", "x", "xxx", "unknown", "tbd", "test", ".")
EMAIL_BYTES = 254
"""RFC 3696, erratum 1690."""
PARSED = "="
"""Suffix of the parsed column beside a text column, in the frame that the first stage sees."""

SENTENCES = {
    "not_nullable": "{header} is missing. Fill it in",
    "one_of": "{headers} are all empty. Fill in at least one",
    Kind.EMAILS: '{header} "{value}" is not an e-mail address. Correct it',
    Kind.PHONES: '{header} "{value}" is not a phone number with its area code. Correct it',
    "scientific": '{header} "{value}" was shortened by Excel and its last digits are lost. Type the whole number',
    Kind.ZIP: '{header} "{value}" is not a zip code. Correct it',
    Kind.DATE: '{header} "{value}" is not a date. Write it as MM/DD/YYYY',
    Kind.DATETIME: '{header} "{value}" is not a date. Write it as MM/DD/YYYY',
    Kind.NUMBER: '{header} "{value}" is not a number. Write it in digits',
    Kind.INTEGER: '{header} "{value}" is not a whole number. Write it in digits',
    Kind.BOOLEAN: '{header} "{value}" is neither yes nor no. Write one of the two',
    "too_long": '{header} "{value}" is longer than a name may be (500 bytes). Shorten it',
    "year": '{header} "{value}" is not in the years 1900 to 2100. Correct it',
    "not_negative": '{header} "{value}" is negative. Correct it',
    "placeholder": '{header} "{value}" looks like a placeholder. Check it',
    "negative_amount": '{header} "{value}" is negative. Check it',
    "period": '{header} "{value}" is before "{start}". Check it',
}
"""What an office is told, by rule; the row's number is put behind it."""


@cache
def text_schema(record_type: RecordType) -> pa.DataFrameSchema:
    """Return the first stage: required fields are there, every text can be read as its kind."""
    named = {name for fields in (*record_type.key, record_type.names) for name in fields}
    columns = {field.name: _text_column(field, named=field.name in named) for field in record_type.fields}
    checks = [pa.Check(partial(_any_filled, record_type.one_of), name="one_of")] if record_type.one_of else []
    return pa.DataFrameSchema(columns, checks=checks, name=f"{record_type.name} as text")


@cache
def value_schema(record_type: RecordType) -> pa.DataFrameSchema:
    """Return the second stage: every value has its type and is possible."""
    possible = {
        Kind.DATE: ("year", _plausible_year),
        Kind.DATETIME: ("year", _plausible_year),
        Kind.INTEGER: ("not_negative", _not_negative),
    }
    return pa.DataFrameSchema(
        {field.name: _column(dtype_of(field.kind), possible.get(field.kind)) for field in record_type.fields},
        strict=True,
        name=f"{record_type.name} as values",
    )


@cache
def doubt_schema(record_type: RecordType) -> pa.DataFrameSchema:
    """Return what is sent with a warning: placeholders for a name, negative amounts, an end before its start."""
    named = [record_type.required[0], *(field.name for field in record_type.references if field.required)]
    columns = {
        field.name: _column(dtype_of(field.kind), ("negative_amount", _not_negative))
        for field in record_type.fields
        if field.kind is Kind.NUMBER
    }
    columns |= {name: _column(pl.String, ("placeholder", _no_placeholder)) for name in named}
    checks = [pa.Check(partial(_in_order, start, end), name=f"period:{end}") for start, end in record_type.periods]
    return pa.DataFrameSchema(columns, checks=checks, name=f"{record_type.name} in doubt")


def unreadable(kind: Kind, lists: pl.Series) -> list[list[str]]:
    """Return, of each list of a field, the elements that break its rule; every list has one that does."""
    flat = pl.DataFrame({"row": pl.int_range(len(lists), eager=True), "value": lists}).explode("value")
    bad = ~_is_email(pl.col("value")) if kind is Kind.EMAILS else to_e164(flat["value"]).is_null()
    return flat.filter(bad).group_by("row", maintain_order=True).agg("value")["value"].to_list()


def _text_column(field: Field, *, named: bool) -> pa.Column:
    dtype = pl.List(pl.String) if field.kind.is_list else pl.String
    check: dict[Kind, Callable[[PolarsData], pl.LazyFrame]] = {Kind.EMAILS: _emails, Kind.PHONES: _phones}
    rule = (field.kind, check.get(field.kind, _parsed))
    if field.kind in (Kind.TEXT, Kind.REFERENCE):
        rule = ("too_long", _short) if named or field.kind is Kind.REFERENCE else None
    return _column(dtype, rule, required=field.required)


def _column(dtype: Any, rule: tuple[str, Any] | None, *, required: bool = False) -> pa.Column:
    checks = [pa.Check(rule[1], name=str(rule[0]))] if rule else []
    return pa.Column(dtype, nullable=not required, checks=checks)


def _parsed(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).is_null() | pl.col(data.key + PARSED).is_not_null())


def _short(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).str.len_bytes() <= NAME_BYTES)


def _is_email(text: pl.Expr) -> pl.Expr:
    return text.str.contains(EMAIL) & (text.str.len_bytes() <= EMAIL_BYTES)


def _emails(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).list.eval(_is_email(pl.element())).list.all())


def _phones(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key + PARSED).list.eval(pl.element().is_not_null()).list.all())


def _any_filled(fields: tuple[str, ...], data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.any_horizontal(pl.col(name).is_not_null() for name in fields))


def _plausible_year(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).dt.year().is_between(1900, 2100))


def _not_negative(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key) >= 0)


def _no_placeholder(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(~pl.col(data.key).str.to_lowercase().is_in(PLACEHOLDERS))


def _in_order(start: str, end: str, data: PolarsData) -> pl.LazyFrame:
    # An end without a time is the whole of its day.
    whole_day = pl.col(end) == pl.col(end).dt.truncate("1d")
    first = pl.when(whole_day).then(pl.col(start).dt.truncate("1d")).otherwise(pl.col(start))
    return data.lazyframe.select((pl.col(end) >= first).fill_null(value=True))
