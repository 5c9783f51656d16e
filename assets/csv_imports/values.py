"""Parsing text into typed values, one function a kind, a whole column at a time.

What belongs here: how a kind is written in real exports. What does not: whether a field is required or a value
plausible (`judging`). Every parser gives null for what it cannot read and never raises; what it had to repair, it
says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import phonenumbers
import polars as pl

from assets.catalogue import Kind
from assets.csv_imports import dates
from assets.names import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

LEADING_ZERO_STATES = (
    "CT", "MA", "ME", "NH", "NJ", "RI", "VT", "CONNECTICUT", "MASSACHUSETTS", "MAINE", "NEW HAMPSHIRE", "NEW JERSEY",
    "RHODE ISLAND", "VERMONT",
)  # fmt: skip
LEADING_ZEROS_STATES = ("PR", "VI", "PUERTO RICO", "VIRGIN ISLANDS")
"""Their zip codes begin with two zeros, the others' with one."""
# What Python and the database take for white space, and marks that nobody sees but a copied cell may begin or end with.
_BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_YES = ("true", "yes", "y", "1", "t")
_NO = ("false", "no", "n", "0", "f")
_DIGITS = r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_POSITIVE = rf"^\$?\s*{_DIGITS}$"
_NEGATIVE = (
    rf"^-\s*\$?\s*{_DIGITS}$", rf"^\$\s*-\s*{_DIGITS}$", rf"^\$?\s*{_DIGITS}\s*-$", rf"^\(\s*\$?\s*{_DIGITS}\s*\)$",
    rf"^\$\s*\(\s*{_DIGITS}\s*\)$",
)  # fmt: skip

_EXTENSION = r"[ ,]*(?:x|ext\.?|extension|#) *[0-9]{1,6}$"


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
    trimmed = text.str.strip_chars(_BLANKS)
    return trimmed.set(trimmed.str.len_bytes() == 0, None)


def to_e164(text: pl.Series) -> pl.Series:
    """Write phone numbers in E.164; without a country they are US. Null for what is not a phone number.

    Extensions and labels (`Mobile: …`) are left out: E.164 has none. The same rule as SQL `normalise_phone`, but that a
    number from abroad must exist, and loses the zero that is dialled only inside its country.
    """
    bare = normalise(text).str.replace(_EXTENSION, "").str.replace("^[a-z][a-z ]{1,14}[:.] *", "")
    digits = bare.str.replace_all(r"[ ().\-–_*]", "")
    american = "+1" + digits.str.extract(r"^(?:\+?1)?([2-9][0-9]{2}[2-9][0-9]{6})$")
    abroad = digits.str.contains(r"^\+[2-9][0-9]{6,16}$")
    if not abroad.any():
        return american
    return american.scatter(
        abroad.fill_null(value=False).arg_true(), [_international(n) for n in digits.filter(abroad)]
    )


def reference_key(text: pl.Series, parent: str | None) -> pl.Series:
    """Write a reference as the parent's names are written: a contact's phone in E.164, anything else normalised."""
    plain = normalise(text)
    if parent != "Contact":
        return plain
    phone = to_e164(text)
    return phone.zip_with(phone.is_not_null(), plain)


def split_list(columns: list[pl.Series], kind: Kind) -> pl.Series:
    """Collect the values of several columns or cells into lists, without doubles; null where there is none.

    Phones may stand in one cell with their labels, such as `Phone:(303) 555-0123 Mobile:(303) 555-0199`.
    """
    frame = pl.DataFrame({str(place): column for place, column in enumerate(columns)})
    cells = frame.select(cells=pl.concat_str(pl.all(), separator=";", ignore_nulls=True))["cells"]
    if kind is Kind.PHONES:
        cells = cells.str.replace_all(r"(?i)[,;]\s*(?:x|ext\.?|extension|#)\s*([0-9]{1,6})\b", " x$1")
    between = r"(?i)\s*(?:[;|/,&\n]| or | and |[a-z][a-z ]{0,14}:)\s*" if kind is Kind.PHONES else r"[;,|\s]+"
    lists = cells.str.replace_all(between, ";").str.strip_chars(";" + _BLANKS).str.split(";")
    found = lists.list.eval(pl.element().filter(pl.element().str.len_bytes() > 0)).list.unique(maintain_order=True)
    return found.set(found.list.len() == 0, None)


def parse_phones(lists: pl.Series) -> pl.Series:
    """Write lists of phone numbers in E.164; an element that is no phone number becomes null."""
    flat = pl.DataFrame({"row": pl.int_range(len(lists), eager=True), "value": lists}).drop_nulls().explode("value")
    parsed = flat.with_columns(to_e164(flat["value"]).alias("value"))
    grouped = parsed.group_by("row", maintain_order=True).agg(pl.col("value").unique(maintain_order=True))
    empty = pl.Series("value", [None], dtype=pl.List(pl.String)).new_from_index(0, len(lists))
    return empty if grouped.is_empty() else _placed(grouped, len(lists))


def dropped_extensions(lists: pl.Series) -> pl.Series:
    """Say, a sentence a row, which phone numbers lose an extension when they are written in E.164."""
    extended = lists.list.eval(pl.element().filter(pl.element().str.contains(f"(?i){_EXTENSION}"))).list.join(", ")
    said = pl.format("The phone number {} is sent without its extension.", pl.col("e"))
    return extended.to_frame("e").select(said=pl.when(pl.col("e") != "").then(said))["said"]


def parse(kind: Kind, text: pl.Series, state: pl.Series | None = None) -> Parsed:
    """Parse a cleaned column of one kind.

    Args:
        kind: What the column holds; lists have functions of their own.
        text: String, null for an empty cell.
        state: For a zip code, the state column, which decides whether a lost zero is certain.
    """
    if kind is Kind.ZIP:
        return _parse_zip(text, state)
    return _PARSERS.get(kind, _parse_text)(text)


def _parse_text(text: pl.Series) -> Parsed:
    return Parsed(text, _nothing(len(text)))


def _parse_zip(text: pl.Series, state: pl.Series | None) -> Parsed:
    frame = pl.DataFrame({"t": text, "s": state if state is not None else _nothing(len(text))})
    whole = pl.col("t").str.contains(r"(?i)^([0-9]{5}(-[0-9]{4})?|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])$")
    where = pl.col("s").str.to_uppercase()
    certain = (where.is_in(LEADING_ZERO_STATES) & pl.col("t").str.contains("^[0-9]{4}$")) | (
        where.is_in(LEADING_ZEROS_STATES) & pl.col("t").str.contains("^[0-9]{3}$")
    )
    repaired = pl.col("t").str.zfill(5)
    said = pl.format("Zip code {} has lost its leading zero; sent as {}.", pl.col("t"), repaired)
    out = frame.select(
        values=pl.when(whole).then("t").when(certain).then(repaired), repairs=pl.when(certain).then(said)
    )
    return Parsed(out["values"], out["repairs"])


def _parse_number(text: pl.Series) -> Parsed:
    t = pl.col("t").str.replace(r"(?i)\s*(kwh|kw|usd)$", "")
    positive = t.str.extract(_POSITIVE)
    written = pl.coalesce(positive, *(t.str.extract(form) for form in _NEGATIVE))
    size = written.str.replace_all(",", "").cast(pl.Float64, strict=False)
    signed = pl.when(positive.is_null() & (size != 0)).then(-size).otherwise(size)
    # A number too large for JSON is as good as none.
    finite = pl.when(size.is_finite()).then(signed)
    return Parsed(text.alias("t").to_frame().select(values=finite)["values"], _nothing(len(text)))


def _parse_integer(text: pl.Series) -> Parsed:
    numbers = _parse_number(text.str.replace(r"(?i)\s*(months?|mos?\.?)$", "")).values
    whole = numbers.set((numbers % 1 != 0) | (numbers.abs() > 2**31 - 1), None)
    return Parsed(whole.cast(pl.Int64), _nothing(len(text)))


def _parse_boolean(text: pl.Series) -> Parsed:
    word = pl.col("t").str.to_lowercase()
    value = pl.when(word.is_in(_YES)).then(statement=True).when(word.is_in(_NO)).then(statement=False)
    return Parsed(text.alias("t").to_frame().select(values=value)["values"], _nothing(len(text)))


_PARSERS: dict[Kind, Callable[[pl.Series], Parsed]] = {
    Kind.DATE: lambda text: Parsed(*dates.parse_date(text)),
    Kind.DATETIME: lambda text: Parsed(*dates.parse_datetime(text)),
    Kind.NUMBER: _parse_number,
    Kind.INTEGER: _parse_integer,
    Kind.BOOLEAN: _parse_boolean,
}


def _international(number: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _placed(grouped: pl.DataFrame, length: int) -> pl.Series:
    rows = pl.DataFrame({"row": pl.int_range(length, eager=True)})
    return rows.join(grouped, on="row", how="left", maintain_order="left")["value"]


def _nothing(length: int) -> pl.Series:
    return pl.Series("nothing", [None], dtype=pl.String).new_from_index(0, length)
