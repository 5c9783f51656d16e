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
from assets.names import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

LEADING_ZERO_STATES = ("CT", "MA", "ME", "NH", "NJ", "RI", "VT", "PR", "VI")
_YES = ("true", "yes", "y", "1", "t")
_NO = ("false", "no", "n", "0", "f")
_TEXT_MONTHS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d %Y")
_TIME = r"(?i)[T ]\s*(\d{1,2}:\d{2})(:\d{2})?(?:\.\d+)?\s*(am|pm)?\s*(z|utc|[+-]\d{2}:?\d{2})?$"
# Serial days 20000-60000 are the years 1954-2064; Excel counts from 1899-12-30.
_EXCEL_SERIAL = r"^[2-5]\d{4}(\.\d+)?$"


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
    """Trim white space; an empty cell becomes null."""
    trimmed = text.str.strip_chars()
    return trimmed.set(trimmed.str.len_bytes() == 0, None)


def to_e164(text: pl.Series) -> pl.Series:
    """Write phone numbers in E.164; without a country they are US. Null for what is not a phone number.

    Extensions and labels (`Mobile: …`) are left out: E.164 has none.
    """
    bare = text.str.replace(r"(?i)[\s,]*(?:x|ext\.?|extension|#)\s*\d{1,6}\s*$", "").str.replace(
        r"(?i)^\s*[a-z][a-z ]{1,14}[:.]\s*", ""
    )
    digits = bare.str.replace_all(r"[\s().\-–_*]", "")
    american = "+1" + digits.str.extract(r"^(?:\+?1)?([2-9]\d{2}[2-9]\d{6})$")
    abroad = american.is_null() & digits.str.starts_with("+")
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
    """Collect the values of several columns or cells into lists, without doubles; null where there is none."""
    between = r"[;,|\s]+" if kind is Kind.EMAILS else r"\s*(?:[;|/,\n]| or )\s*"
    lists = [c.fill_null("").str.replace_all(between, ";").str.strip_chars("; ").str.split(";") for c in columns]
    joined = pl.DataFrame(lists).select(pl.concat_list(pl.all()).alias("values"))["values"] if lists else None
    if joined is None:
        return pl.Series("values", [], dtype=pl.List(pl.String))
    found = joined.list.eval(pl.element().filter(pl.element().str.len_bytes() > 0)).list.unique(maintain_order=True)
    return found.set(found.list.len() == 0, None)


def parse_phones(lists: pl.Series) -> pl.Series:
    """Write lists of phone numbers in E.164; an element that is no phone number becomes null."""
    flat = pl.DataFrame({"row": pl.int_range(len(lists), eager=True), "value": lists}).drop_nulls().explode("value")
    parsed = flat.with_columns(to_e164(flat["value"]).alias("value"))
    grouped = parsed.group_by("row", maintain_order=True).agg(pl.col("value").unique(maintain_order=True))
    empty = pl.Series("value", [None], dtype=pl.List(pl.String)).new_from_index(0, len(lists))
    return empty if grouped.is_empty() else _placed(grouped, len(lists))


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
    whole = pl.col("t").str.to_uppercase().str.contains(r"^(\d{5}(-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)$")
    certain = pl.col("s").str.to_uppercase().is_in(LEADING_ZERO_STATES) & pl.col("t").str.contains(r"^\d{4}$")
    repaired = "0" + pl.col("t")
    said = pl.format("Zip code {} has lost its leading zero; sent as {}.", pl.col("t"), repaired)
    out = frame.select(
        values=pl.when(whole).then("t").when(certain).then(repaired), repairs=pl.when(certain).then(said)
    )
    return Parsed(out["values"], out["repairs"])


def _parse_date(text: pl.Series) -> Parsed:
    parsed = _parse_datetime(text)
    return Parsed(parsed.values.dt.date(), parsed.repairs)


def _parse_datetime(text: pl.Series) -> Parsed:
    t = pl.col("t")
    day = t.str.replace(_TIME, "")
    iso = day.str.extract_groups(r"^(?<y>\d{4})[-/](?<m>\d{1,2})[-/](?<d>\d{1,2})$")
    us = day.str.extract_groups(r"^(?<m>\d{1,2})[-/.](?<d>\d{1,2})[-/.](?<y>\d{4}|\d{2})$")
    serial = pl.when(t.str.contains(_EXCEL_SERIAL)).then(t)
    frame = text.alias("t").to_frame().select(
        "t", iso=_joined(iso), us=_joined(us), short=us.struct.field("y").str.len_bytes() == 2,
        serial=serial.cast(pl.Float64, strict=False),
        named=pl.coalesce(day.str.to_date(form, strict=False) for form in _TEXT_MONTHS),
        clock=t.str.extract(_TIME, 1), seconds=t.str.extract(_TIME, 2), half=t.str.extract(_TIME, 3).str.to_lowercase(),
        zone=t.str.extract(_TIME, 4).str.to_lowercase(),
    )  # fmt: skip
    epoch = pl.lit("1899-12-30").str.to_date()
    excel = epoch + pl.duration(days=pl.col("serial").floor().cast(pl.Int64))
    written = pl.coalesce(pl.col("iso").str.to_date(strict=False), pl.col("us").str.to_date(strict=False), "named")
    frame = frame.with_columns(date=pl.coalesce(written, excel))
    shown = pl.col("date").dt.to_string("%Y-%m-%d")
    repairs = (
        pl.when(pl.col("serial").is_not_null())
        .then(pl.format("Excel had turned a date into the number {}; read as {}.", "t", shown))
        .when(pl.col("short") & written.is_not_null())
        .then(pl.format("The year of {} has two digits; read as {}.", "t", shown))
    )
    out = frame.select(values=_with_time(), repairs=repairs)
    return Parsed(out["values"], out["repairs"])


def _with_time() -> pl.Expr:
    midnight = pl.col("date").cast(pl.Datetime("us"))
    stamp = pl.format(
        "{} {}{} {}", pl.col("date").dt.to_string("%Y-%m-%d"), pl.col("clock").str.zfill(5),
        pl.col("seconds").fill_null(":00"), pl.col("half").fill_null(""),
    ).str.strip_chars()  # fmt: skip
    local = pl.coalesce(
        pl.when(pl.col("half").is_null()).then(stamp.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)),
        pl.when(pl.col("half").is_not_null()).then(stamp.str.to_datetime("%Y-%m-%d %I:%M:%S %p", strict=False)),
    )
    east = pl.col("zone").str.extract_groups(r"^(?<sign>[+-])(?<h>\d{2}):?(?<m>\d{2})$")
    minutes = east.struct.field("h").cast(pl.Int64) * 60 + east.struct.field("m").cast(pl.Int64)
    offset = pl.when(east.struct.field("sign") == "-").then(-minutes).otherwise(minutes).fill_null(0)
    return pl.when(pl.col("clock").is_null()).then(midnight).otherwise(local - pl.duration(minutes=offset))


def _joined(groups: pl.Expr) -> pl.Expr:
    year = groups.struct.field("y")
    # Two digits are read as Excel reads them: 00-29 are 2000-2029, 30-99 are 1930-1999.
    century = pl.when(year.str.len_bytes() == 4).then(pl.lit("")).when(year < "30").then(pl.lit("20")).otherwise(
        pl.lit("19")
    )  # fmt: skip
    month, day = groups.struct.field("m").str.zfill(2), groups.struct.field("d").str.zfill(2)
    return pl.concat_str(century + year, month, day, separator="-")


def _parse_number(text: pl.Series) -> Parsed:
    t = pl.col("t").str.replace(r"(?i)\s*(kwh|kw|usd)$", "")
    negative = t.str.contains(r"^\(.*\)$|^-|-$|^\$\s*-")
    digits = t.str.replace_all(r"^\(|\)$|[-$\s]", "")
    whole = digits.str.contains(r"^(\d{1,3}(,\d{3})+|\d+)(\.\d*)?$|^\.\d+$")
    value = pl.when(whole).then(digits.str.replace_all(",", "")).cast(pl.Float64, strict=False)
    signed = pl.when(negative & (value != 0)).then(-value).otherwise(value)
    return Parsed(text.alias("t").to_frame().select(values=signed)["values"], _nothing(len(text)))


def _parse_integer(text: pl.Series) -> Parsed:
    numbers = _parse_number(text.str.replace(r"(?i)\s*(months?|mos?\.?)$", "")).values
    whole = numbers.set((numbers % 1 != 0) | (numbers.abs() > 2**31 - 1), None)
    return Parsed(whole.cast(pl.Int64), _nothing(len(text)))


def _parse_boolean(text: pl.Series) -> Parsed:
    word = pl.col("t").str.to_lowercase()
    value = pl.when(word.is_in(_YES)).then(statement=True).when(word.is_in(_NO)).then(statement=False)
    return Parsed(text.alias("t").to_frame().select(values=value)["values"], _nothing(len(text)))


_PARSERS: dict[Kind, Callable[[pl.Series], Parsed]] = {
    Kind.DATE: _parse_date,
    Kind.DATETIME: _parse_datetime,
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
