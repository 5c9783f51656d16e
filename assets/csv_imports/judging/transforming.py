"""From the cells of a batch to one typed value a field.

What belongs here: gathering a field's text from its columns (several, transformed, composed, or implied by a header)
and handing it to its kind's parser. What does not: what a transformation does (`functions`), how a kind is parsed
(`kinds`) and whether a row is good (`judge`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.mapping.decision import UnmappableFile
from assets.csv_imports.values import kinds, lists
from assets.csv_imports.values.functions import apply_step
from assets.csv_imports.values.kinds import Parsed
from assets.record_types import Kind
from assets.text import printable

if TYPE_CHECKING:
    from assets.csv_imports.mapping.decision import Mapping, Transformation
    from assets.record_types import Composition, Field

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
        country: Whose phone numbers those without a country are.
    """

    cells: pl.DataFrame
    text: pl.DataFrame
    values: pl.DataFrame
    parts: pl.DataFrame
    repairs: pl.DataFrame
    country: str = "US"


def transform(mapping: Mapping, cells: pl.DataFrame) -> Transformed:
    """Turn a batch's cells into one text and one value a field of the type.

    Raises:
        UnmappableFile: When a transformation asks for a column that the file does not have.
    """
    source = Source(mapping, cells)
    text: dict[str, pl.Series] = {}
    parsed: dict[str, pl.Series] = {}
    repairs: list[pl.DataFrame] = []
    parts = {part.name: source.text(part.name) for part in mapping.record_type.parts}
    # Fields that others are composed from come first: an address is composed with the repaired zip code.
    for field in sorted(mapping.record_type.fields, key=lambda field: bool(mapping.compositions(field.name))):
        if not mapping.feeds(field.name):
            dtype = dtype_of(field.kind)
            parsed[field.name] = pl.repeat(None, len(cells), dtype=dtype, eager=True)
            text[field.name] = parsed[field.name] if field.kind.is_list else source.text(field.name)
            continue
        text[field.name], result = _field(source, field, text, {**parts, **parsed})
        parsed[field.name] = result.values
        if result.repairs.null_count() < len(cells):
            repairs.append(_said(field.name, result.repairs))
    # What a transformation repaired comes before what the field's own parser did.
    said = [_said(name, sentences) for name, sentences in source.repairs]
    nothing = _said("", pl.Series([], dtype=pl.String))
    return Transformed(
        cells,
        _frame(mapping, text),
        _frame(mapping, parsed),
        pl.DataFrame(parts),
        pl.concat([nothing, *said, *repairs]),
        country_of(mapping),
    )


class Source:
    """The columns of a batch by the names of what they feed, cleaned and put through their transformations.

    Attributes:
        mapping: Which column feeds which field, and through which transformations.
        cells: As in the file.
        repairs: For each column of which something was repaired on the way: its field and a sentence a row.
    """

    def __init__(self, mapping: Mapping, cells: pl.DataFrame) -> None:
        """Take a batch as it was read."""
        self.mapping = mapping
        self.cells = cells
        self.repairs: list[tuple[str, pl.Series]] = []

    def columns(self, name: str) -> list[pl.Series]:
        """Return what the columns of a field or part say, in their order; null where a cell is empty."""
        return [self._column(name, place) for place in self.mapping.columns.get(name, [])]

    def text(self, name: str) -> pl.Series:
        """Return what a field or part is said to be: by its first column that the row fills, else by a constant."""
        columns = self.columns(name)
        if columns:
            return reduce(lambda filled, other: filled.zip_with(filled.is_not_null(), other), columns)
        constant = self.mapping.constants.get(name)
        return pl.repeat(constant and constant.value, len(self.cells), dtype=pl.String, eager=True)

    def _column(self, name: str, place: int) -> pl.Series:
        column = kinds.clean(self.cells[f"c{place}"])
        kind = next((field.kind for field in self.mapping.record_type.fields if field.name == name), Kind.TEXT)
        for step in self.mapping.transformations.get(place, []):
            if _is_own(step, kind):
                continue
            result = apply_step(step.rule, step.params, column, self._other)
            column = kinds.clean(result.values)
            if result.repairs.null_count() < len(column):
                self.repairs.append((name, result.repairs))
        return column

    def _other(self, header: str) -> pl.Series:
        if header not in self.mapping.headers:
            raise UnmappableFile(
                f'A transformation asks for the column "{printable(header)[:40]}", which the file does not have: '
                "correct the contractor's mapping, or export the file with it."
            )
        return kinds.clean(self.cells[f"c{self.mapping.headers.index(header)}"])


def _field(
    source: Source, field: Field, text: dict[str, pl.Series], made: dict[str, pl.Series]
) -> tuple[pl.Series, Parsed]:
    """Return a field's text and what it was parsed to."""
    mapping = source.mapping
    if field.kind.is_list:
        found = lists.split_list(source.columns(field.name) or [source.text(field.name)], field.kind)
        if field.kind is Kind.PHONES:
            return found, lists.parse_phones(found, country_of(mapping))
        return found, Parsed(found, pl.repeat(None, len(found), dtype=pl.String, eager=True))
    said = source.text(field.name)
    for composition in mapping.compositions(field.name):
        if said.null_count():
            said = said.zip_with(said.is_not_null(), _composed(composition, made))
    return said, kinds.parse(field.kind, said, text.get("state"), order_of(mapping, field.name))


def order_of(mapping: Mapping, name: str) -> str | None:
    """Return the order that is stated or decided for a date field: `MDY`, `DMY`, or None."""
    return _stated(mapping, name, "order") or mapping.orders.get(name)


def country_of(mapping: Mapping) -> str:
    """Return the country whose phone numbers those are that name none: a step's on a phone field, or the mapping's."""
    phones = [field.name for field in mapping.record_type.fields if field.kind is Kind.PHONES]
    return next((stated for name in phones if (stated := _stated(mapping, name, "country"))), mapping.country)


def _stated(mapping: Mapping, name: str, parameter: str) -> str | None:
    kind = mapping.record_type.field(name).kind
    steps = [step for place in mapping.columns.get(name, []) for step in mapping.transformations.get(place, [])]
    return next((step.params[parameter] for step in steps if _is_own(step, kind) and step.params.get(parameter)), None)


def _is_own(step: Transformation, kind: Kind) -> bool:
    """Say whether a step is what the field's own parser does: then it has nothing to do but to state a parameter."""
    if kind is Kind.PHONES:
        return step.params.get("function") == "phone_to_e164"
    return kind in (Kind.DATE, Kind.DATETIME) and step.rule == "parse_date"


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


def _frame(mapping: Mapping, columns: dict[str, pl.Series]) -> pl.DataFrame:
    return pl.DataFrame({field.name: columns[field.name] for field in mapping.record_type.fields})


def _said(field: str, repairs: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"index": pl.int_range(len(repairs), dtype=pl.UInt32, eager=True), "sentence": repairs})
    return frame.drop_nulls().select("index", pl.lit(field).alias("field"), "sentence")
