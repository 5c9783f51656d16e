"""Values that a setting lists for a field: which of them a cell means.

What belongs here: the comparison, and writing a value as its list writes it. What does not: where the lists come from
(`mapping`) and what an office is told of a value that is on none (`rules`, `sentences`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.judging.sentences import printed
from assets.names import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assets.csv_imports.judging.transforming import Transformed
    from assets.csv_imports.mapping.decision import Mapping


def is_listed(text: pl.Series, listed: Sequence[str]) -> pl.Series:
    """Say whether each text is on a list, whatever its case and inner white space; null for none."""
    return _meant(text, listed).is_not_null().set(text.is_null(), None)


def as_listed(mapping: Mapping, batch: Transformed) -> Transformed:
    """Write the values of a batch as the lists of the mapping write them; those that differ are repairs."""
    repairs = [batch.repairs]
    columns: list[pl.Series] = []
    for name, listed in mapping.allowed.items():
        if batch.values.schema.get(name) != pl.String:
            continue
        given = batch.values[name]
        meant = _meant(given, listed)
        other = (meant != given).fill_null(value=False)
        if other.any():
            columns.append(given.zip_with(~other, meant).alias(name))
            repairs.append(_said(name, mapping.header_of(name), given, meant, other))
    if not columns:
        return batch
    return replace(batch, values=batch.values.with_columns(columns), repairs=pl.concat(repairs))


def _meant(text: pl.Series, listed: Sequence[str]) -> pl.Series:
    """Return the entry that each text means; null where there is none. Of two entries alike the first one counts."""
    plain = normalise(pl.Series("listed", list(listed), dtype=pl.String))
    entries = dict(reversed(list(zip(plain, listed, strict=True))))
    return normalise(text).replace_strict(entries, default=None, return_dtype=pl.String)


def _said(name: str, header: str, given: pl.Series, meant: pl.Series, other: pl.Series) -> pl.DataFrame:
    pairs = zip(given.filter(other), meant.filter(other), strict=True)
    return pl.DataFrame(
        {
            "index": other.arg_true(),
            "field": name,
            "sentence": [f'{header} "{printed(value)}" is sent as "{printed(entry)}".' for value, entry in pairs],
        },
        schema={"index": pl.UInt32, "field": pl.String, "sentence": pl.String},
    )
