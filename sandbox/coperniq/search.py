"""What a query asks for: `where`, the cursor and the page size, checked and made ready for the store.

Where the contract is silent, this server decides: `ids` has the same limit of 100; a page has at least one record; an
empty list of ids or alternatives finds nothing; an empty alternative, an unknown field, a value that its field could
not hold and a cursor that this server did not issue are BAD_USER_INPUT. A DateTime is looked up as a moment and a
number as a number; everything else compares as the text it was sent as.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.coperniq.records import MAX_BATCH, Record, RecordType
from sandbox.coperniq.scalars import parse_date, parse_datetime, to_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable

Alternative = tuple[tuple[str, object], ...]
Position = tuple[int, int]

#: Before every record: no record was created at a negative time.
_START: Position = (-1, 0)
_LARGEST = 2**63 - 1


class BadSearchError(ValueError):
    """The search breaks the contract; the message says how and is meant for the client."""


@dataclass(frozen=True)
class Search:
    """Hold a checked search. Members that are None do not restrict it; the others must all hold.

    Attributes:
        created_since: Microseconds since 1970, inclusive.
        after: Time of creation and sequence number of the last record of the page before.
    """

    record_type: RecordType
    company_id: int
    ids: frozenset[str] | None = None
    alternatives: tuple[Alternative, ...] | None = None
    created_since: int = 0
    after: Position = _START

    def accepts(self, record: Record) -> bool:
        """Say whether a record of this type and company is one that was asked for."""
        if self.ids is not None and record.id not in self.ids:
            return False
        return self.alternatives is None or any(
            all(_holds(record.fields.get(name), value) for name, value in alternative)
            for alternative in self.alternatives
        )


def parse_search(
    record_type: RecordType, company_id: int, where: dict[str, object] | None, first: int, after: str | None
) -> Search:
    """Check the arguments of a query.

    Raises:
        BadSearchError: One of them breaks a limit or names what does not exist.
    """
    where = where or {}
    if not 1 <= first <= MAX_BATCH:
        raise BadSearchError(f"first must lie between 1 and {MAX_BATCH}")
    ids, matches, since = where.get("ids"), where.get("matches"), where.get("createdSince")
    for name, given in (("ids", ids), ("matches", matches)):
        if isinstance(given, list) and len(given) > MAX_BATCH:
            raise BadSearchError(f"{name} takes at most {MAX_BATCH} entries")
    return Search(
        record_type,
        company_id,
        ids=frozenset(ids) if isinstance(ids, list) else None,
        alternatives=_alternatives(record_type, matches) if isinstance(matches, list) else None,
        created_since=to_microseconds(since) if isinstance(since, str) else 0,
        after=_position(after) if after is not None else _START,
    )


def cursor_of(record: Record) -> str:
    """Make the cursor that continues after this record."""
    return base64.urlsafe_b64encode(f"{record.created_at}:{record.seq}".encode()).decode()


def _position(cursor: str) -> Position:
    try:
        created_at, seq = (int(part) for part in base64.b64decode(cursor, b"-_", validate=True).split(b":"))
    except (ValueError, binascii.Error) as error:
        raise BadSearchError("after is not a cursor of this server") from error
    if not (0 <= created_at <= _LARGEST and 0 <= seq <= _LARGEST):
        raise BadSearchError("after is not a cursor of this server")
    return created_at, seq


def _alternatives(record_type: RecordType, matches: list[list[dict[str, str]]]) -> tuple[Alternative, ...]:
    if not all(matches):
        raise BadSearchError("an alternative of matches needs at least one field/value pair")
    return tuple(
        tuple((pair["field"], _typed(record_type, pair["field"], pair["value"])) for pair in alternative)
        for alternative in matches
    )


def _typed(record_type: RecordType, name: str, value: str) -> object:
    field = record_type.fields.get(name)
    if field is None:
        raise BadSearchError(f"{record_type.name} has no field {name} to match")
    try:
        return _READERS.get(field.scalar, str)(value)
    except ValueError as error:
        raise BadSearchError(f"{name} cannot hold this value: it is a {field.scalar}") from error


def _read_boolean(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("a Boolean is true or false")
    return value == "true"


def _holds(stored: object, wanted: object) -> bool:
    return wanted in stored if isinstance(stored, list) else stored == wanted


_READERS: dict[str, Callable[[str], object]] = {
    "Boolean": _read_boolean,
    "Int": int,
    "Float": float,
    "Date": parse_date,
    "DateTime": parse_datetime,
}
