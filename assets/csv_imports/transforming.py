"""From the cells of a batch to one typed value a field.

What belongs here: gathering a field's text from its columns (several, composed, or implied by a header) and handing
it to its kind's parser. What does not: how a kind is parsed (`values`) and whether a row is good (`judging`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from assets.catalogue import Kind
from assets.csv_imports import values as kinds

if TYPE_CHECKING:
    from assets.catalogue import Composition, Field
    from assets.csv_imports.mapping import Mapping

_DTYPES = {
    Kind.EMAILS: pl.List(pl.String),
    Kind.PHONES: pl.List(pl.String),
    Kind.DATE: pl.Date,
    Kind.DATETIME: pl.Datetime("us"),
    Kind.NUMBER: pl.Float64,
    Kind.INTEGER: pl.Int64,
    Kind.BOOLEAN: pl.Boolean,
}


def dtype_of(kind: Kind) -> pl.DataType | type[pl.DataType]:
    """Return the polars type of a kind's values."""
    return _DTYPES.get(kind, pl.String)


@dataclass(frozen=True, slots=True)
class Transformed:
    """A batch, field by field; all frames have the batch's rows in order.

    Attributes:
        cells: As in the file: `c0`, `c1`, …
        text: What the file says for each field of the type: String, or List(String) for e-mails and phones; null where
            it says nothing.
        values: The same fields, parsed; null where the text is null or cannot be read.
        parts: Columns that are not sent: the parts of the type that the file has.
        repairs: `index` (row of the batch), `field` and `sentence` for each value that was repaired or is doubtful.
    """

    cells: pl.DataFrame
    text: pl.DataFrame
    values: pl.DataFrame
    parts: pl.DataFrame
    repairs: pl.DataFrame


def transform(mapping: Mapping, cells: pl.DataFrame) -> Transformed:
    """Turn a batch's cells into one text and one value a field of the type."""
    text: dict[str, pl.Series] = {}
    parsed: dict[str, pl.Series] = {}
    repairs: list[pl.DataFrame] = []
    parts = {part.name: _cleaned(mapping, cells, part.name) for part in mapping.record_type.parts}
    # Fields that others are composed from come first: an address is composed with the repaired zip code.
    for field in sorted(mapping.record_type.fields, key=lambda field: bool(mapping.compositions(field.name))):
        if field.kind.is_list:
            columns = _columns(mapping, cells, field.name) or [_cleaned(mapping, cells, field.name)]
            text[field.name] = kinds.split_list(columns, field.kind)
            parsed[field.name] = text[field.name]
            if field.kind is Kind.PHONES:
                parsed[field.name] = kinds.parse_phones(text[field.name])
                repairs.append(_said(field.name, kinds.dropped_extensions(text[field.name])))
            continue
        text[field.name] = _text(mapping, cells, field, {**parts, **parsed})
        result = kinds.parse(field.kind, text[field.name], text.get("state"))
        parsed[field.name] = result.values
        repairs.append(_said(field.name, result.repairs))
    return Transformed(cells, _frame(mapping, text), _frame(mapping, parsed), pl.DataFrame(parts), pl.concat(repairs))


def _text(mapping: Mapping, cells: pl.DataFrame, field: Field, made: dict[str, pl.Series]) -> pl.Series:
    text = _cleaned(mapping, cells, field.name)
    for composition in mapping.compositions(field.name):
        if text.null_count():
            text = text.zip_with(text.is_not_null(), _composed(composition, made))
    return text


def _composed(composition: Composition, made: dict[str, pl.Series]) -> pl.Series:
    frame = pl.DataFrame({name: made[name] for part in composition.parts for name in part.split()})
    parts = [
        pl.concat_str([pl.col(name) for name in part.split()], separator=" ", ignore_nulls=True)
        for part in composition.parts
    ]
    filled = [pl.when(part != "").then(part) for part in parts]
    whole = pl.concat_str(filled, separator=composition.separator, ignore_nulls=True)
    if composition.needs:
        whole = pl.when(pl.col(composition.needs).is_not_null()).then(whole)
    return kinds.clean(frame.select(whole=whole)["whole"])


def _cleaned(mapping: Mapping, cells: pl.DataFrame, name: str) -> pl.Series:
    columns = [kinds.clean(column) for column in _columns(mapping, cells, name)]
    if columns:
        return reduce(lambda filled, other: filled.zip_with(filled.is_not_null(), other), columns)
    return pl.Series(name, [mapping.constants.get(name)], dtype=pl.String).new_from_index(0, len(cells))


def _columns(mapping: Mapping, cells: pl.DataFrame, name: str) -> list[pl.Series]:
    return [cells[f"c{place}"] for place in mapping.columns.get(name, [])]


def _frame(mapping: Mapping, columns: dict[str, pl.Series]) -> pl.DataFrame:
    return pl.DataFrame({field.name: columns[field.name] for field in mapping.record_type.fields})


def _said(field: str, repairs: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"index": pl.int_range(len(repairs), dtype=pl.UInt32, eager=True), "sentence": repairs})
    return frame.drop_nulls().select("index", pl.lit(field).alias("field"), "sentence")
