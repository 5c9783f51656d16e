"""Phone numbers as people and Excel write them, into E.164.

What belongs here: one column of numbers. What does not: cells that hold several (`lists`), and what an office is told
of a number that is none (`rules`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import phonenumbers
import polars as pl

from assets.names import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

NORTH_AMERICA = frozenset(phonenumbers.region_codes_for_country_code(1))
"""Countries whose numbers are written alike: ten digits, behind a 1 or not."""
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
EXTENSION = r"[ ,]*(?:x|ext\.?|extension|#) *[0-9]{1,6}$"
# Nine writings in ten; they need none of what the others are put through.
_PUNCTUATION = [" ", "(", ")", ".", "-", "+"]
_PLAIN = r"^(?:\+?1[ .\-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .\-]?)[2-9][0-9]{2}[ .\-]?[0-9]{4}$"
# Excel's number of ten digits, or of eleven behind the country's 1: nothing is lost of it.
_WHOLE = (r"^([2-9])\.([0-9]{9})E\+0?9$", r"^(1)\.([0-9]{10})E\+10$", r"^(1?[2-9][0-9]{9})\.0+$")
_DECIMAL = r"^[0-9]+\.0+$"
_DAMAGED = rf"E\+|^'|{_DECIMAL}"


def to_e164(text: pl.Series, country: str = "US") -> pl.Series:
    """Write phone numbers in E.164. Null for what is not a phone number.

    Extensions and labels (`Mobile: …`) are left out: E.164 has none. For the US the same rule as SQL `normalise_phone`,
    but that a number from abroad must exist, and loses the zero that is dialled only inside its country.

    Args:
        text: As it is written.
        country: Whose numbers those without a country are, in two letters.
    """
    return _plain_or(text, country, _spelled)


def phone_numbers(text: pl.Series, country: str = "US") -> pl.Series:
    """Write phone numbers in E.164 as `to_e164` does, those that Excel has damaged without loss included."""
    return _plain_or(text, country, _repaired)


def is_odd(text: pl.Series, country: str = "US") -> pl.Series:
    """Say whether each text is anything but a plain number: only then something may be wrong with it; never null."""
    plain = text.str.contains(_PLAIN) if country in NORTH_AMERICA else text.is_null()
    return ~plain.fill_null(value=True)


def undamaged(text: pl.Series, country: str = "US") -> pl.Series:
    """Undo what Excel did to phone numbers, where every digit is still there. Null where there is nothing to undo.

    It writes a number of ten digits as `3.105551234E+09` or `3105551234.0`, and marks a text with an apostrophe.
    """
    if not text.str.contains(_DAMAGED).any():
        return text.clear(len(text))
    whole = [pl.concat_str(pl.col("t").str.extract(form, 1), pl.col("t").str.extract(form, 2)) for form in _WHOLE[:2]]
    whole.append(pl.col("t").str.extract(_WHOLE[2], 1))
    # Elsewhere a number begins with a zero, which a count of its digits does not show.
    repaired = pl.coalesce(*(whole if country in NORTH_AMERICA else []), pl.col("t").str.extract(r"^'\s*(.+)$", 1))
    return text.alias("t").to_frame().select(repaired=repaired)["repaired"]


def _plain_or(text: pl.Series, country: str, read: Callable[[pl.Series, str], pl.Series]) -> pl.Series:
    odd = is_odd(text, country)
    if odd.all():
        return read(text, country)
    written = "+1" + text.str.replace_many(_PUNCTUATION, [""]).str.tail(10)
    return written.scatter(odd.arg_true(), read(text.filter(odd), country)) if odd.any() else written


def _repaired(text: pl.Series, country: str) -> pl.Series:
    if not text.str.contains(_DAMAGED).any():
        return to_e164(text, country)
    repaired = undamaged(text, country)
    # A decimal point is no punctuation: the zero behind it would be taken for the last digit.
    whole = text.set(text.str.contains(_DECIMAL), None)
    return to_e164(repaired.zip_with(repaired.is_not_null(), whole), country)


def _spelled(text: pl.Series, country: str) -> pl.Series:
    """Write numbers in E.164 that are not plain American ones; names and the like are passed over."""
    numbered = text.str.contains("[0-9]")
    if not numbered.any():
        return text.clear(len(text))
    found = _labelled(text.filter(numbered), country)
    return text.clear(len(text)).scatter(numbered.fill_null(value=False).arg_true(), found)


def _labelled(text: pl.Series, country: str) -> pl.Series:
    bare = normalise(text).str.replace(EXTENSION, "").str.replace("^[a-z][a-z ]{1,14}[:.] *", "")
    digits = bare.str.replace_all(r"[ ().\-–_*]", "")
    behind = r"(?:\+?1)?" if country in NORTH_AMERICA else r"\+1"
    american = "+1" + digits.str.extract(rf"^{behind}([2-9][0-9]{{2}}[2-9][0-9]{{6}})$")
    abroad = digits.str.contains(r"^\+[2-9][0-9]{6,16}$" if country in NORTH_AMERICA else r"^\+?[0-9]{4,17}$")
    abroad = abroad & american.is_null()
    if not abroad.any():
        return american
    found = {number: _international(number, country) for number in digits.filter(abroad).unique()}
    return american.scatter(
        abroad.fill_null(value=False).arg_true(), [found[number] for number in digits.filter(abroad)]
    )


def _international(number: str, country: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number, None if country in NORTH_AMERICA else country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
