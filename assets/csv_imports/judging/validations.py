"""A contractor's own rules: a regular expression for a field's text, or a SQL expression over the fields of a row.

What belongs here: what such a rule may say, and how it is applied to a column. What does not: which rules a contractor
has (`mapping`). Whoever writes a rule is not trusted: expressions run in polars' engines, never in a database, and take
only what works on one row at a time, in time and memory that grow with the text and no faster.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.judging.transforming import dtype_of
from assets.csv_imports.mapping.overrides import OverrideError
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assets.csv_imports.mapping.decision import Validation
    from assets.record_types import RecordType

MAX_CHARACTERS = 1_000
_WORDS = frozenset((
    "and", "or", "not", "is", "null", "true", "false", "in", "like", "ilike", "rlike", "regexp", "between", "case",
    "when", "then", "else", "end", "distinct", "from", "as", "for", "date", "timestamp", "interval", "current_date",
    "year", "month", "day", "hour", "minute", "int", "integer", "bigint", "double", "text", "varchar", "boolean", "any",
))  # fmt: skip
FUNCTIONS = frozenset((
    "abs", "array_contains", "array_length", "ceil", "ceiling", "char_length", "coalesce", "concat", "date_part", "day",
    "ends_with", "extract", "floor", "greatest", "if", "ifnull", "left", "least", "length", "lower", "ltrim", "mod",
    "month", "nullif", "position", "regexp_like", "right", "round", "rtrim", "sign", "starts_with", "strpos", "substr",
    "substring", "trim", "try_cast", "upper", "year",
))  # fmt: skip
_GROUPING = frozenset(("and", "or", "not", "in", "like", "ilike", "when", "then", "else", "case", "between", "any"))
"""Words that may stand before a parenthesis and are no functions."""
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')|"(?P<quoted>[^"]+)"|(?P<number>[0-9]+(?:\.[0-9]+)?)"""
    r"""|(?P<word>[A-Za-z_][A-Za-z0-9_]*)(?P<call>\s*\()?|(?P<sign><>|!=|<=|>=|\|\||!?~\*?|[=<>+\-*/%(),]))""",
)

_SAMPLES = {
    Kind.EMAILS: ["text"], Kind.PHONES: ["text"], Kind.DATE: date(2026, 3, 14), Kind.DATETIME: datetime(2026, 3, 14),
    Kind.NUMBER: 1.5, Kind.INTEGER: 12, Kind.BOOLEAN: True,
}  # fmt: skip

# polars reports some faults of a pattern or expression by a panic.
_FAULTS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
_VERDICT = "!"


class UnusableRule(OverrideError):
    """Say which rule of a contractor cannot be applied, and why."""


def check(record_type: RecordType, validations: Iterable[Validation]) -> None:
    """Refuse a rule that can be applied to no record of a type.

    Raises:
        UnusableRule: For the first of them.
    """
    names = [field.name for field in record_type.fields]
    for validation in validations:
        if validation.field not in names:
            raise UnusableRule(f'A rule speaks of "{validation.field}", which {record_type.name} has not: correct it.')
        if (validation.regex is None) == (validation.sql is None):
            raise _unusable(validation, "it needs either a regex or a sql expression")
        if validation.sql is not None:
            _refuse_more_than_an_expression(validation, validation.sql, names)
        for frame in _probes(record_type) if validation.regex is None else [_texts(record_type)]:
            _try(validation, frame)


def holds(validation: Validation, frame: pl.DataFrame) -> pl.Series:
    """Say for each row whether it keeps a rule that was checked; null where there is nothing to judge.

    Args:
        validation: The rule.
        frame: The fields by name: as text for a regular expression, as values for SQL.

    Raises:
        UnusableRule: When the rule fails on a value, which it does not show.
    """
    try:
        return _applied(validation, frame)
    except _FAULTS:
        raise _unusable(validation, "it fails on some of the values") from None


def _applied(validation: Validation, frame: pl.DataFrame) -> pl.Series:
    found = frame.with_columns(_expression(validation, frame).alias(_VERDICT)).get_column(_VERDICT)
    if not (found.dtype.is_(pl.Boolean) or found.dtype.is_(pl.Null)):
        raise _unusable(validation, "it is neither true nor false")
    return found.cast(pl.Boolean)


def _try(validation: Validation, frame: pl.DataFrame) -> None:
    try:
        _applied(validation, frame)
    except _FAULTS as error:
        lines = str(error).strip().splitlines()
        raise _unusable(validation, next((line for line in lines if line.startswith("error: ")), lines[0])) from None


def _probes(record_type: RecordType) -> list[pl.DataFrame]:
    """Make what a rule is tried on: no row, a row of nothing, one of values; some faults show in one of them only."""
    dtypes = {field.name: dtype_of(field.kind) for field in record_type.fields}
    samples = {field.name: [_SAMPLES.get(field.kind, "text")] for field in record_type.fields}
    filled = pl.DataFrame(samples, schema=dtypes)
    return [filled.clear(), filled.clear(1), filled]


def _texts(record_type: RecordType) -> pl.DataFrame:
    lists = {field.name: field.kind.is_list for field in record_type.fields}
    return pl.DataFrame({name: [["text"]] if is_list else ["text"] for name, is_list in lists.items()})


def _expression(validation: Validation, frame: pl.DataFrame) -> pl.Expr:
    if validation.sql is not None:
        return pl.sql_expr(validation.sql)
    pattern = validation.regex or ""
    if len(pattern) > MAX_CHARACTERS:
        raise _unusable(validation, f"it is longer than {MAX_CHARACTERS:,} characters")
    # By itself first: `a)|(b` must not become good by the parentheses that anchor it.
    pl.select(pl.lit("").str.contains(pattern))
    column = pl.col(validation.field)
    whole = rf"\A(?:{pattern})\z"
    if frame.schema[validation.field] == pl.List(pl.String):
        return column.list.eval(pl.element().str.contains(whole)).list.all()
    return column.str.contains(whole)


def _refuse_more_than_an_expression(validation: Validation, sql: str, names: list[str]) -> None:
    if len(sql) > MAX_CHARACTERS:
        raise _unusable(validation, f"it is longer than {MAX_CHARACTERS:,} characters")
    place = 0
    while place < len(sql.rstrip()):
        found = _TOKEN.match(sql, place)
        if found is None or sql.startswith(("--", "/*"), found.start("sign")):
            raise _unusable(validation, f'"{sql[place:].strip()[:20]}" is not understood')
        place = found.end()
        word = found["quoted"] or found["word"] or ""
        called = (found["word"] or "").lower() if found["call"] else None
        if called is not None:
            if called not in FUNCTIONS | _GROUPING:
                raise _unusable(validation, f'the function "{found["word"]}" is not allowed')
        elif word and word not in names and (found["quoted"] or word.lower() not in _WORDS):
            raise _unusable(validation, f'"{word}" is no field; the fields are {", ".join(names)}')


def _unusable(validation: Validation, why: str) -> UnusableRule:
    rule = (validation.sql or validation.regex or "")[:100]
    return UnusableRule(
        f'The rule for "{validation.field}", {rule!r}, cannot be applied: {why[:200]}. Correct the rule.'
    )
