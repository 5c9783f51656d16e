"""How names compare: the one rule by which keys, references and aliases are held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def normalise(text: pl.Series) -> pl.Series:
    """Trim, case-fold and collapse inner white space, as record keys compare (the same rule as SQL `normalise_key`)."""
    plain = text.str.replace_all(r"[\s\x1c-\x1f]+", " ").str.strip_chars(" ").str.to_lowercase()
    foreign = text.str.len_bytes() != text.str.len_chars()
    if not foreign.any():
        return plain
    folded = [" ".join(value.casefold().split()) for value in text.filter(foreign)]
    return plain.scatter(foreign.fill_null(value=False).arg_true(), folded)
