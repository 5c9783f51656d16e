"""What an office is told: the sentence of every rule, and how a row's sentences become its message.

What belongs here: words. What does not: which rule a row breaks (`rules`, `findings`). An error's sentence is
"<what is wrong>. <Action>", a doubt's says that the value is sent all the same and asks for nothing; a message ends
with what to do in which row:

    Email "jon@@x.com" is not an e-mail address. Correct it in row 17 and send the fix file.
"""

from __future__ import annotations

from functools import lru_cache

import polars as pl
from rapidfuzz import fuzz, process

from assets.record_types import Kind
from assets.text import printable

SENTENCES: dict[str, str] = {
    "not_nullable": "{header} is missing. Add it",
    "one_of": "{headers} are all empty. Add at least one",
    Kind.EMAILS: '{header} "{value}" is not an e-mail address. Correct it',
    Kind.PHONES: '{header} "{value}" is not a phone number with its area code. Correct it',
    "scientific": '{header} "{value}" was shortened by Excel and its last digits may be lost. Type the whole number',
    "formula_error": '{header} "{value}" is the error of a formula in Excel. Type what it should be',
    Kind.ZIP: '{header} "{value}" is not a zip code. Correct it',
    "lost_zero": '{header} "{value}" is too short for a zip code: Excel may have cut off a leading zero. Type it whole',
    Kind.DATE: '{header} "{value}" is not a date such as 03/14/2026. Correct it',
    Kind.DATETIME: '{header} "{value}" is not a date such as 03/14/2026. Correct it',
    Kind.NUMBER: '{header} "{value}" is not a number in digits. Correct it',
    Kind.INTEGER: '{header} "{value}" is not a whole number in digits. Correct it',
    Kind.BOOLEAN: '{header} "{value}" is neither yes nor no. Write one of the two',
    "too_long": '{header} "{value}" is longer than a name may be (500 bytes). Shorten it',
    "year": '{header} "{value}" is not in the years 1900 to 2100. Correct it',
    "not_negative": '{header} "{value}" is negative. Correct it',
    "months": '{header} "{value}" is not between 1 and 600 months. Correct it',
    "allowed": '{header} "{value}" is not one of {other}{hint}. Correct it',
    "own": '{header} "{value}": {other}. Correct it',
    "placeholder": '{header} "{value}" looks like a placeholder; sent as it is',
    "negative_amount": '{header} "{value}" is negative; sent as it is',
    "huge_amount": '{header} "{value}" is more than a billion; sent as it is',
    "period": '{header} "{value}" is before "{other}"; sent as it is',
    "future": '{header} "{value}" is in the future; sent as it is',
    "state": '{header} "{value}" is not a state or province of the USA or Canada{hint}; sent as it is',
    "zip_state": '{header} "{value}" does not lie in "{other}"; sent as it is',
}
"""By rule; `other` is what the value is held against."""
NAMELESS = {"period": "its start", "zip_state": "its state"}
"""What stands for `other` in a cause, which names no values."""
NO_SITE = (
    "{header} is missing: the contact of this row is imported all the same, it just has no site. If there is one, add "
    "its address"
)
"""What `not_nullable` says of the site in a row whose contact is imported."""
SHOWN_CHARACTERS = 80
_LIKE = 70.0
"""How alike, of 100, a value must be to what it may have been meant for."""


def printed(value: str) -> str:
    """Return a value as a sentence shows it: in one line, cut."""
    text = printable(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def split(sentence: str) -> tuple[str, str | None]:
    """Take a sentence of `SENTENCES` apart: what is wrong, and the action; None where nothing is to be done."""
    what, _, action = sentence.partition(". ")
    return what, action or None


def told(message: str) -> tuple[str, str | None]:
    """Take a contractor's message apart as `split` does a sentence: of two sentences the last one is the action."""
    what, _, action = message.rstrip(". ").rpartition(". ")
    return (what, action) if what else (action, None)


def ended(what: str) -> str:
    """End a sentence, one that asks something excepted."""
    return what if what.endswith(("?", ".", "!")) else what + "."


def without_values(what: str) -> str:
    """Return the pattern of a cause: what is wrong without the value."""
    return what.replace(' "{value}"', "").replace('"{other}"', "{other}")


def did_you_mean(value: str, among: tuple[str, ...]) -> str | None:
    """Return the one of several words that a value is most like; None where it is like none of them."""
    return _nearest(value.casefold(), among)


@lru_cache(maxsize=4096)
def _nearest(value: str, among: tuple[str, ...]) -> str | None:
    found = process.extractOne(value, among, scorer=fuzz.ratio, processor=str.casefold, score_cutoff=_LIKE)
    return found[0] if found else None


def message(found: pl.Expr, findings: pl.Expr, action: pl.Expr, number: pl.Expr) -> pl.Expr:
    """Compose an error's message.

    Args:
        found: The row's sentences, joined by blanks.
        findings: How many they are.
        action: What to do about the first of them.
        number: The row's number.
    """
    asked = pl.when(findings > 1).then(pl.lit("Correct them")).otherwise(action)
    return pl.format("{} {} in row {} and send the fix file.", found, asked, number)


def no_site_message(header: str, number: pl.Expr) -> pl.Expr:
    """Compose the message of a row of contacts that has no address, by the header of the address."""
    return pl.format("{} in row {} and send the fix file.", pl.lit(NO_SITE.format(header=header)), number)


def fault_message(problem: pl.Expr, number: pl.Expr) -> pl.Expr:
    """Compose the message of a record that cannot be read, whose problem ends with what to do."""
    said = pl.when(problem.str.contains(r"[.?] ")).then(problem).otherwise(pl.format("{}. Correct it", problem))
    return pl.format("{} in row {} and send the fix file.", said.str.strip_suffix("."), number)
