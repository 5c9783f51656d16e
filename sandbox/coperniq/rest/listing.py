"""Filters and pages: what a list endpoint's query asks for, as conditions of the store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.coperniq.records import MAX_BATCH
from sandbox.coperniq.rest.errors import bad_request
from sandbox.coperniq.scalars import parse_datetime, to_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.coperniq.records import RecordType

#: A condition of SQL on `records`, and its parameters.
Condition = tuple[str, tuple[object, ...]]

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Listing:
    """Hold what a page is to show."""

    record_type: RecordType
    conditions: list[Condition] = field(default_factory=list[Condition])
    descending: bool = False
    size: int = 20
    number: int = 1

    @property
    def offset(self) -> int:
        """Return how many records come before the page."""
        return (self.number - 1) * self.size

    def next(self) -> Listing:
        """Return the page after this one."""
        return replace(self, number=self.number + 1)


def parse_listing(
    record_type: RecordType, query: Mapping[str, str], filters: Mapping[str, Callable[[str], Condition]]
) -> Listing:
    """Read the parameters of a list endpoint.

    Args:
        record_type: What is listed.
        query: The parameters as they came.
        filters: What this endpoint can filter by, beside the time of the last change.

    Raises:
        RestError: 400, for a parameter that it does not know or a value that it cannot read.
    """
    known = {**_TIMES, **filters}
    conditions = [known[name](value) for name, value in query.items() if name in known]
    for name in query.keys() - known.keys() - {"page", "page_size", "order_by"}:
        raise bad_request(f"{name}: unknown parameter", name)
    order = query.get("order_by", "asc")
    if order not in ("asc", "desc"):
        raise bad_request("order_by: asc or desc", "order_by")
    size = min(whole(query.get("page_size", "20"), "page_size"), MAX_BATCH)
    return Listing(record_type, conditions, order == "desc", size, whole(query.get("page", "1"), "page"))


def contains(*names: str) -> Callable[[str], Condition]:
    """Filter by a text in one of these fields, whatever its case."""
    either = " OR ".join(f"instr(lower(json_extract(fields, '$.{name}')), lower(?))" for name in names)
    return lambda value: (f"({either})", (value,) * len(names))


def equals(name: str) -> Callable[[str], Condition]:
    """Filter by the text of a field, whatever its case."""
    return lambda value: (f"lower(json_extract(fields, '$.{name}')) = lower(?)", (value,))


def is_number(name: str, parameter: str) -> Callable[[str], Condition]:
    """Filter by a whole number."""
    return lambda value: (f"json_extract(fields, '$.{name}') = ?", (whole(value, parameter),))


def is_flag(name: str, parameter: str) -> Callable[[str], Condition]:
    """Filter by a boolean."""
    return lambda value: (f"json_extract(fields, '$.{name}') = ?", (flag(value, parameter),))


def flag(value: str, parameter: str) -> bool:
    """Read a boolean parameter."""
    if value not in _FLAGS:
        raise bad_request(f"{parameter}: true or false", parameter)
    return _FLAGS[value]


def whole(value: str, parameter: str) -> int:
    """Read a parameter that is a whole number, from 1 on."""
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value) < 2**63:
        raise bad_request(f"{parameter}: a whole number from 1 on", parameter)
    return int(value)


def _moment(column: str, comparison: str, parameter: str) -> Callable[[str], Condition]:
    def condition(value: str) -> Condition:
        try:
            return f"{column} {comparison} ?", (to_microseconds(parse_datetime(value)),)
        except ValueError as error:
            raise bad_request(f"{parameter}: {error}", parameter) from error

    return condition


_TIMES = {
    "updated_after": _moment("updated_at", ">", "updated_after"),
    "updated_before": _moment("updated_at", "<", "updated_before"),
}
