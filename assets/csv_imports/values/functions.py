"""The transformations between a cell and its field's own parser: the guide's rules, and the functions behind `custom`.

What belongs here: what each takes and does, a whole column at a time. What does not: which column has which
(`overrides`), and in what order things happen to a batch (`transforming`). Docs: `docs/transformations.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from assets.csv_imports.values import dates, lists, numbers, phones
from assets.csv_imports.values.kinds import Parsed, parse
from assets.errors import PipelineError
from assets.record_types import Kind

Column = Callable[[str], pl.Series]
"""Gives another column of the batch, cleaned, by its header."""


class UnusableStep(PipelineError):
    """Say which transformation there is not, or what is wrong with its parameters."""


def _known_country(code: str) -> str:
    if code not in phones.COUNTRIES:
        raise ValueError("is no country: write two capital letters, such as US")
    return code


def _not_zero(part: int) -> int:
    if part == 0:
        raise ValueError("parts are counted from 1")
    return part


Country = Annotated[str, AfterValidator(_known_country)]
"""A country whose phone numbers are known, in two capital letters."""


class Params(BaseModel):
    """No parameters; the others add theirs."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class DateParams(Params):
    """`order`: whether the month or the day is in front; for a date field it may be left to the column."""

    order: Literal["MDY", "DMY"] | None = None


class NumberParams(Params):
    """`decimal`: the sign before the decimals; the thousands are parted by the other one."""

    decimal: Literal[".", ","] = "."


class PhoneParams(Params):
    """`country`: whose numbers those without a country are."""

    country: Country | None = None


class ValueMapParams(Params):
    """`values`: what stands for what; `default`: what stands for any other value, which else stays as it is."""

    values: dict[str, str] = Field(min_length=1)
    default: str | None = None
    ignore_case: bool = True


class SplitParams(Params):
    """`separator`: between the parts; `part`: which one is taken, from 1, or from the end below 0."""

    separator: str = Field(min_length=1)
    part: Annotated[int, AfterValidator(_not_zero)]


class ConcatParams(Params):
    """`with`: the headers of the columns whose cells are put behind this one's; `separator`: between two of them."""

    others: list[str] = Field(alias="with", min_length=1)
    separator: str = " "


class DefaultParams(Params):
    """`value`: what stands where the cell is empty."""

    value: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Function:
    """A named transformation.

    Attributes:
        params: The shape of its parameters.
        apply: Takes a cleaned column, the parameters and the other columns; gives the column as text, and sentences
            about what was repaired. What it cannot read it leaves as it is, for the field's own rule to judge.
    """

    params: type[Params]
    apply: Callable[[pl.Series, Any, Column], Parsed]


def validate_step(rule: str, params: dict[str, Any]) -> None:
    """Check a transformation before any file is read.

    Args:
        rule: The guide's name, such as `uppercase`, or `custom`.
        params: Its parameters; those of `custom` name the `function`.

    Raises:
        UnusableStep: In one line, when there is no such transformation, or its parameters do not fit.
    """
    _checked(rule, params)


def apply_step(rule: str, params: dict[str, Any], text: pl.Series, other: Column) -> Parsed:
    """Put a cleaned column through a transformation.

    Raises:
        UnusableStep: As `validate_step` does.
    """
    function, checked = _checked(rule, params)
    return function.apply(text, checked, other)


def _checked(rule: str, params: dict[str, Any]) -> tuple[Function, Params]:
    given = dict(params)
    name, known = rule, RULES
    if rule == "custom":
        name, known = str(given.pop("function", "")), FUNCTIONS
    if name not in known:
        what = "function" if rule == "custom" else "transformation"
        raise UnusableStep(f'There is no {what} "{name[:40]}": write one of {", ".join(sorted({**known}))}.')
    try:
        return known[name], known[name].params.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "parameters"
        said = first["msg"].removeprefix("Value error, ")
        raise UnusableStep(f'The parameter "{place[:40]}" of {name} does not fit: {said}.') from None


def _kept(text: pl.Series) -> Parsed:
    return Parsed(text, text.clear(len(text)))


def _changed(text: pl.Series, changed: pl.Expr) -> Parsed:
    return _kept(text.alias("t").to_frame().select(t=changed)["t"])


def _read(text: pl.Series, values: pl.Series, repairs: pl.Series | None = None) -> Parsed:
    """Take what could be read, as text, and leave the rest as it is."""
    written = values.cast(pl.String)
    return Parsed(written.zip_with(written.is_not_null(), text), text.clear(len(text)) if repairs is None else repairs)


def _own(text: pl.Series, _: Params, __: Column) -> Parsed:
    return _kept(text)


def _uppercase(text: pl.Series, _: Params, __: Column) -> Parsed:
    return _changed(text, pl.col("t").str.to_uppercase())


def _lowercase(text: pl.Series, _: Params, __: Column) -> Parsed:
    return _changed(text, pl.col("t").str.to_lowercase())


def _date(text: pl.Series, params: DateParams, _: Column) -> Parsed:
    return _read(text, *dates.parse_date(text, params.order))


def _number(text: pl.Series, params: NumberParams, _: Column) -> Parsed:
    return _read(text, *numbers.plain_number(text, params.decimal))


def _value_map(text: pl.Series, params: ValueMapParams, _: Column) -> Parsed:
    fold = str.casefold if params.ignore_case else str
    known = {fold(key.strip()): value for key, value in params.values.items()}
    # A column has few distinct values where a map of them makes sense.
    written = text.drop_nulls().unique().to_list()
    mapped = [known.get(fold(value), value if params.default is None else params.default) for value in written]
    return _kept(text.replace(written, mapped))


def _split(text: pl.Series, params: SplitParams, _: Column) -> Parsed:
    place = params.part - 1 if params.part > 0 else params.part
    return _changed(text, pl.col("t").str.split(params.separator, literal=True).list.get(place, null_on_oob=True))


def _concat(text: pl.Series, params: ConcatParams, other: Column) -> Parsed:
    frame = pl.DataFrame([text.alias("0"), *(other(name).alias(str(n)) for n, name in enumerate(params.others, 1))])
    return _kept(frame.select(t=pl.concat_str(pl.all(), separator=params.separator, ignore_nulls=True))["t"])


def _default(text: pl.Series, params: DefaultParams, _: Column) -> Parsed:
    return _kept(text.fill_null(params.value))


def _phone(text: pl.Series, params: PhoneParams, _: Column) -> Parsed:
    found = lists.parse_phones(lists.singles(text), params.country or "US")
    return _read(text, found.values.list.first(), found.repairs)


def _zip_code(text: pl.Series, _: Params, __: Column) -> Parsed:
    found = parse(Kind.ZIP, text)
    return _read(text, found.values, found.repairs)


def _yes_no(text: pl.Series, _: Params, __: Column) -> Parsed:
    return _read(text, parse(Kind.BOOLEAN, text).values)


RULES = {
    "trim": Function(Params, _own),
    "uppercase": Function(Params, _uppercase),
    "parse_date": Function(DateParams, _date),
    "parse_number": Function(NumberParams, _number),
}
"""The transformations that the guide names; `trim` has been done to every cell anyhow."""

FUNCTIONS = {
    "concat": Function(ConcatParams, _concat),
    "default": Function(DefaultParams, _default),
    "lowercase": Function(Params, _lowercase),
    "phone_to_e164": Function(PhoneParams, _phone),
    "split": Function(SplitParams, _split),
    "value_map": Function(ValueMapParams, _value_map),
    "yes_no": Function(Params, _yes_no),
    "zip_code": Function(Params, _zip_code),
    # What these are named for happens where several cells or records meet; to a cell alone they do nothing.
    "keep_as_name": Function(Params, _own),
    "parent_lookup": Function(Params, _own),
    "split_list": Function(Params, _own),
}
"""The functions that `custom` may name: those of overrides, and those that say what a field's own parser does."""
