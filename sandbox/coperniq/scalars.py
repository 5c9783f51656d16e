"""The contract's two scalars, Date and DateTime: strict in what they take, of one form in what they give.

A Date is `YYYY-MM-DD`. A DateTime is ISO 8601 in the extended format with a time; without an offset it is UTC, and a
bare date is refused. Both are kept and answered as text: a DateTime in UTC with a `Z`, its fraction left out when zero.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def parse_date(value: object) -> str:
    """Check a Date and return it.

    Raises:
        ValueError: It is not a day of the calendar written as YYYY-MM-DD.
    """
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("a Date is written YYYY-MM-DD")
    return date.fromisoformat(value).isoformat()


def parse_datetime(value: object) -> str:
    """Check a DateTime and return it in UTC, `2024-05-01T08:30:00Z`.

    Raises:
        ValueError: It is not ISO 8601 with a time, or no such moment exists.
    """
    moment = _moment(value)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def to_microseconds(value: str) -> int:
    """Turn a DateTime into microseconds since 1970, UTC; digits beyond the microsecond are dropped."""
    return (_moment(value) - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> str:
    """Turn microseconds since 1970, UTC, into a DateTime with all six digits: `2024-05-01T08:30:00.000250Z`."""
    moment = _EPOCH + value * _MICROSECOND
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        raise ValueError("a DateTime is ISO 8601 with a time, such as 2024-05-01T08:30:00Z")
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a DateTime lies between the years 1 and 9999 in UTC") from error
