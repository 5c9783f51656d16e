"""Reading numbers as exports write them: with a currency, thousands, a unit, a minus anywhere, or in parentheses.

What belongs here: columns of text into columns of numbers. What does not: other kinds (`kinds`), and which numbers are
plausible (`rules`).
"""

from __future__ import annotations

import polars as pl

_CURRENCY = r"(?:(?:US|CA|C|AU|A|NZ)?\$|€|£|USD|EUR|GBP|CAD|AUD|NZD)"
_FOREIGN = r"(?i)(?:CA\$|C\$|AU\$|\bA\$|NZ\$|€|£|EUR|GBP|CAD|AUD|NZD)"
_UNIT = r"(?i)\s*(kwh|kw)$"
_DIGITS = {
    ".": r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)",
    ",": r"([0-9]{1,3}(?:[. '\u00a0\u202f][0-9]{3})+(?:,[0-9]*)?|[0-9]+(?:,[0-9]*)?|,[0-9]+)",
}
_PLAIN = r"^[0-9]{1,15}(\.[0-9]{1,15})?$"


def parse_number(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read a column of numbers whose decimals stand behind a point; return the numbers, and what was doubtful."""
    if text.str.contains(_PLAIN).all():
        return text.cast(pl.Float64), text.clear(len(text))
    written, repairs = plain_number(text)
    numbers = written.cast(pl.Float64, strict=False)
    # A number too large for JSON is as good as none, and nothing is owed without a sign.
    return numbers.set(~numbers.is_finite(), None).set(numbers == 0, 0.0), repairs


def plain_number(text: pl.Series, decimal: str = ".") -> tuple[pl.Series, pl.Series]:
    """Write numbers with digits, a decimal point and a minus in front, and nothing else; null for what is none.

    Args:
        text: As it is written.
        decimal: The sign before the decimals, `.` or `,`; the thousands are parted by the other one.

    Returns:
        The numbers as text, and a sentence where a currency other than the dollar is left out.
    """
    bare, repairs = text, text.clear(len(text))
    if text.str.contains("[^-0-9.,()]").any():
        bare = bare.str.replace(_UNIT, "").str.replace(rf"(?i)^([-(]?\s*){_CURRENCY}\s*", "$1")
        bare = bare.str.replace(rf"(?i)\s*{_CURRENCY}(\s*[-)]?)$", "$1")
    digits = _DIGITS[decimal]
    size = bare.str.extract(rf"^{digits}$")
    left = (size.is_null() & bare.is_not_null()).arg_true()
    if len(left):
        forms = (rf"^-\s*{digits}$", rf"^{digits}\s*-$", rf"^\(\s*{digits}\s*\)$")
        negative = [("-" + bare.gather(left).str.extract(form)).alias(form) for form in forms]
        size = size.scatter(left, pl.DataFrame(negative).select(n=pl.coalesce(pl.all()))["n"])
    number = size.str.replace_all("," if decimal == "." else "[^-0-9,]", "").str.replace(decimal, ".", literal=True)
    number = number.str.strip_suffix(".")
    foreign = (text.str.contains(_FOREIGN) & number.is_not_null()).fill_null(value=False).arg_true()
    if len(foreign):
        named = text.gather(foreign).to_frame("t")
        said = named.select(r=pl.format("The amount {} is sent without its currency.", "t"))["r"]
        repairs = repairs.scatter(foreign, said)
    return number, repairs


def parse_integer(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read a column of whole numbers, such as counts of months; return as `parse_number`."""
    numbers, repairs = parse_number(text.str.replace(r"(?i)\s*(months?|mos?\.?)$", ""))
    whole = numbers.set((numbers % 1 != 0) | (numbers.abs() > 2**31 - 1), None)
    return whole.cast(pl.Int64), repairs
