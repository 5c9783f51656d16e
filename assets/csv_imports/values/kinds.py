"""Parsing text into typed values, one function a kind, a whole column at a time.

What belongs here: how a kind is written in real exports. What does not: whether a field is required or a value
plausible (`judge`). Every parser gives null for what it cannot read and never raises; what it had to repair, it
says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.values import dates, numbers
from assets.csv_imports.values.phones import to_e164
from assets.names import normalise
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

LEADING_ZERO_STATES = (
    "CT", "MA", "ME", "NH", "NJ", "RI", "VT", "CONNECTICUT", "MASSACHUSETTS", "MAINE", "NEW HAMPSHIRE", "NEW JERSEY",
    "RHODE ISLAND", "VERMONT",
)  # fmt: skip
LEADING_ZEROS_STATES = ("PR", "VI", "PUERTO RICO", "VIRGIN ISLANDS")
"""Their zip codes begin with two zeros, the others' with one."""
# What Python and the database take for white space, and marks that nobody sees but a copied cell may begin or end with.
BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_YES = ("true", "yes", "y", "1", "t")
_NO = ("false", "no", "n", "0", "f")
_WHOLE_ZIP = r"(?i)^([0-9]{5}(-[0-9]{4})?|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])$"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A column after parsing.

    Attributes:
        values: Typed; null where the text is null or cannot be read.
        repairs: A sentence where the text was repaired or is doubtful, else null.
    """

    values: pl.Series
    repairs: pl.Series


def clean(text: pl.Series) -> pl.Series:
    """Trim white space and invisible marks; an empty cell becomes null."""
    trimmed = text.str.strip_chars(BLANKS)
    return trimmed.set(trimmed.str.len_bytes() == 0, None)


def reference_key(text: pl.Series, parent: str | None, country: str = "US") -> pl.Series:
    """Write a reference as the parent's names are written: a contact's phone in E.164, anything else normalised."""
    plain = normalise(text)
    if parent != "Contact":
        return plain
    phone = to_e164(text, country)
    return phone.zip_with(phone.is_not_null(), plain)


def parse(kind: Kind, text: pl.Series, state: pl.Series | None = None, order: str | None = None) -> Parsed:
    """Parse a cleaned column of one kind.

    Args:
        kind: What the column holds; lists are a matter of their own.
        text: String, null for an empty cell.
        state: For a zip code, the state column, which decides whether a lost zero is certain.
        order: For dates, whether the month or the day is in front; None takes only those in which it does not matter.
    """
    if kind is Kind.ZIP:
        return _parse_zip(text, state)
    if kind is Kind.DATE:
        return Parsed(*dates.parse_date(text, order))
    if kind is Kind.DATETIME:
        return Parsed(*dates.parse_datetime(text, order))
    return _PARSERS.get(kind, _parse_text)(text)


def _parse_text(text: pl.Series) -> Parsed:
    return Parsed(text, _nothing(len(text)))


def _parse_zip(text: pl.Series, state: pl.Series | None) -> Parsed:
    if text.str.contains(_WHOLE_ZIP).all():
        return _parse_text(text)
    frame = pl.DataFrame({"t": text, "s": state if state is not None else _nothing(len(text))})
    t, where = pl.col("t"), pl.col("s").str.to_uppercase()
    # Excel makes a number of a zip code, with a decimal point or without, and marks a text with an apostrophe.
    bare = t.str.replace(r"^'\s*", "").str.replace(r"^([0-9]+)\.0+$", "$1")
    zeros = (
        pl.when(where.is_in(LEADING_ZERO_STATES)).then(1).when(where.is_in(LEADING_ZEROS_STATES)).then(2).otherwise(0)
    )
    five = bare.str.contains("^[0-9]{3,4}$") & (bare.str.len_bytes() + zeros == 5)
    nine = bare.str.contains("^[0-9]{7,9}$") & ((bare.str.len_bytes() + zeros == 9) | (bare.str.len_bytes() == 9))
    repaired = (
        pl.when(five).then(bare.str.zfill(5))
        .when(nine).then(bare.str.zfill(9).str.replace("^(.{5})", "$1-"))
        .when((bare != t) & bare.str.contains(_WHOLE_ZIP)).then(bare)
    )  # fmt: skip
    of_two = pl.when(zeros == 2).then(pl.lit("s")).otherwise(pl.lit(""))
    lost = pl.format("Zip code {} has lost its leading zero{}; sent as {}.", t, of_two, "r")
    turned = pl.format("Excel had turned a zip code into {}; sent as {}.", t, "r")
    out = frame.with_columns(r=repaired).select(
        values=pl.when(t.str.contains(_WHOLE_ZIP)).then(t).otherwise("r"),
        repairs=pl.when(five & (bare == t)).then(lost).when(pl.col("r").is_not_null()).then(turned),
    )
    return Parsed(out["values"], out["repairs"])


def _parse_boolean(text: pl.Series) -> Parsed:
    word = pl.col("t").str.to_lowercase()
    value = pl.when(word.is_in(_YES)).then(statement=True).when(word.is_in(_NO)).then(statement=False)
    return Parsed(text.alias("t").to_frame().select(values=value)["values"], _nothing(len(text)))


_PARSERS: dict[Kind, Callable[[pl.Series], Parsed]] = {
    Kind.NUMBER: lambda text: Parsed(*numbers.parse_number(text)),
    Kind.INTEGER: lambda text: Parsed(*numbers.parse_integer(text)),
    Kind.BOOLEAN: _parse_boolean,
}


def _nothing(length: int) -> pl.Series:
    return pl.Series("nothing", [None], dtype=pl.String).new_from_index(0, length)
