"""How names compare: the one rule by which keys, references and aliases are held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

NAME_BYTES = 500
"""A longer name is no name: the database looks records up by it, and its indexes take 2,700 bytes a row."""
KEY_BYTES = 2_500
"""A longer key is no key, likewise."""

# Letters in which Python's case-folding and polars' lower case agree; a value that has others is folded by Python.
_ELSEWHERE = r"[^\x00-\x7F\u00A1-\u00B4\u00B6-\u00DE\u00E0-\u012F\u0132-\u0148\u014A-\u017E]"
_UNEVEN = r"[\t-\r\x1c-\x1f]|  "


def normalise(text: pl.Series) -> pl.Series:
    """Trim, case-fold and collapse inner white space, as record keys compare (the same rule as SQL `normalise_key`)."""
    even = text.str.replace_all(r"[\s\x1c-\x1f]+", " ") if text.str.contains(_UNEVEN).any() else text
    plain = even.str.strip_chars(" ").str.to_lowercase()
    elsewhere = text.str.contains(_ELSEWHERE)
    if not elsewhere.any():
        return plain
    folded = [" ".join(value.casefold().split()) for value in text.filter(elsewhere)]
    return plain.scatter(elsewhere.fill_null(value=False).arg_true(), folded)
