"""The search of accounts: one or two comparisons, `prop1 op1 value1 logic prop2 op2 value2`."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any, cast

from sandbox.coperniq.rest.errors import bad_request
from sandbox.coperniq.scalars import parse_datetime, to_microseconds

if TYPE_CHECKING:
    from sandbox.coperniq.rest.listing import Condition

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_COMPARISONS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_TIMES = {"createdAt": "created_at", "updatedAt": "updated_at"}


def search_conditions(query: dict[str, str]) -> tuple[Condition, dict[str, str]]:
    """Read the comparisons; give their condition, and the parameters that are left.

    Raises:
        RestError: 400, for a comparison that is not whole or not known.
    """
    rest = dict(query)
    first = _comparison(rest, "1")
    logic = rest.pop("logic", "and").lower()
    if not {"prop2", "op2", "value2"} & rest.keys():
        return first, rest
    if logic not in ("and", "or"):
        raise bad_request("logic: and, or", "logic")
    second = _comparison(rest, "2")
    return (f"({first[0]} {logic} {second[0]})", first[1] + second[1]), rest


def _comparison(rest: dict[str, str], number: str) -> Condition:
    try:
        name, operator, value = (rest.pop(part + number) for part in ("prop", "op", "value"))
    except KeyError as error:
        raise bad_request(f"{error.args[0]}: is missing", error.args[0]) from error
    if not _NAME.fullmatch(name):
        raise bad_request(f"prop{number}: is no field", f"prop{number}")
    column = _TIMES.get(name) or ("seq" if name == "id" else f"json_extract(fields, '$.{name}')")
    if operator in _COMPARISONS:
        return f"{column} {_COMPARISONS[operator]} ?", (_typed(column, value, number),)
    if operator == "contains":
        return f"instr(lower({column}), lower(?))", (value,)
    values = [_typed(column, one, number) for one in _several(value)]
    if operator in ("in", "nin") and values:
        return f"{column} {'NOT ' if operator == 'nin' else ''}IN ({','.join('?' * len(values))})", tuple(values)
    if operator == "between" and len(values) == 2:
        return f"{column} BETWEEN ? AND ?", tuple(values)
    raise bad_request(f"op{number}: unknown operator, or a value that does not fit it", f"op{number}")


def _several(value: str) -> list[str]:
    if not value.startswith("["):
        return next(csv.reader([value]), [])
    try:
        return [str(one) for one in cast("list[Any]", json.loads(value))]
    except ValueError as error:
        raise bad_request("a list is CSV or a JSON array") from error


def _typed(column: str, value: str, number: str) -> object:
    try:
        if column in _TIMES.values():
            return to_microseconds(parse_datetime(value))
        return int(value) if column == "seq" else value
    except ValueError as error:
        raise bad_request(f"value{number}: {error}", f"value{number}") from error
