"""Identity: the natural key of a record, the names that others call it by, and how it calls its parents.

The rules are those of `coperniq_record_key()` in the database: parts normalised, phones in E.164, joined with ` | `.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.judging.text import json_object, sent_form
from assets.csv_imports.values.kinds import reference_key
from assets.names import KEY_BYTES, NAME_BYTES, normalise

if TYPE_CHECKING:
    from assets.csv_imports.judging.transforming import Transformed
    from assets.record_types import RecordType

BETWEEN = " | "
OF_CLIENT = "client: "
"""Stands before the name of a record's client that may stand for the record: what is called so itself comes first."""
_APART = "\x00"
"""Between names that are normalised together: no cell holds it."""


def record_keys(record_type: RecordType, batch: Transformed) -> pl.Series:
    """Return the natural key of each row: the first alternative that the row has.

    Null when it has none, or one of parts that are too long, which is an error of the row anyhow.
    """
    keys = pl.Series("key", [None], dtype=pl.String).new_from_index(0, len(batch.values))
    for fields in record_type.key:
        keyless = keys.is_null().arg_true()
        if keyless.is_empty():
            break
        values = batch.values.select(fields)[keyless]
        parts = pl.DataFrame({name: _part(record_type, values[name], batch.country) for name in fields})
        joined = parts.select(
            key=pl.when(pl.any_horizontal(pl.all().is_not_null())).then(
                pl.concat_str(pl.all().fill_null(""), separator=BETWEEN)
            )
        )["key"]
        keys = keys.scatter(keyless, joined)
    return keys.set(keys.str.len_bytes() > KEY_BYTES, None)


def names(record_type: RecordType, batch: Transformed) -> pl.Series:
    """Return the names by which other rows may call each row's record (List(String), normalised, without doubles)."""
    named = [_named(batch, name) for name in record_type.names]
    named += [_through(record_type, batch, name) for name in record_type.through]
    nothing = pl.Series("names", [[]], dtype=pl.List(pl.String))
    if not named:
        return nothing.new_from_index(0, len(batch.values))
    joined = pl.select(pl.concat_str([_joined(column) for column in named], separator=_APART, ignore_nulls=True))
    lists = normalise(joined.to_series().replace("", None)).str.split(_APART).fill_null(nothing)
    if lists.explode().str.len_bytes().gt(NAME_BYTES).any():
        lists = lists.list.eval(pl.element().filter(pl.element().str.len_bytes() <= NAME_BYTES))
    return lists.list.unique(maintain_order=True) if (lists.list.n_unique() != lists.list.len()).any() else lists


def parent_keys(record_type: RecordType, batch: Transformed) -> pl.Series:
    """Return each row's references as a JSON object {field: the parent's name as `names` writes it}.

    Null throughout for a type that has no parents.
    """
    if not record_type.references:
        return pl.Series("parents", [None], dtype=pl.String).new_from_index(0, len(batch.values))
    found = {
        field.name: reference_key(batch.values[field.name], field.refers_to, batch.country)
        for field in record_type.references
    }
    return json_object(pl.DataFrame(found))


def _named(batch: Transformed, name: str) -> pl.Series:
    return batch.values[name] if name in batch.values.columns else batch.parts[name]


def _through(record_type: RecordType, batch: Transformed, name: str) -> pl.Series:
    parent = reference_key(batch.values[name], record_type.field(name).refers_to, batch.country)
    return OF_CLIENT + parent


def _joined(column: pl.Series) -> pl.Series:
    return column.list.join(_APART).replace("", None) if column.dtype == pl.List(pl.String) else column


def _part(record_type: RecordType, column: pl.Series, country: str) -> pl.Series:
    if column.dtype == pl.List(pl.String):
        return normalise(column.list.get(0, null_on_oob=True))
    if column.dtype == pl.String:
        return reference_key(column, record_type.field(column.name).refers_to, country)
    return normalise(sent_form(column.to_frame("sent"))["sent"].cast(pl.String))
