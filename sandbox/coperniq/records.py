"""The words that the server's modules share: a record, its type, a user error, a refused request.

Plain data belongs here. Neither GraphQL nor SQL does, so that `store` and `ledger` load without graphql-core.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Inputs of a mutation, alternatives or ids of a `where`, records of a page: the contract's limit for each.
MAX_BATCH = 100

Fields = dict[str, object]

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BYTE_TO_DIGIT = _DIGITS.encode() * 8
_RANDOM_DIGITS = 16


@dataclass(frozen=True)
class FieldType:
    """Describe one field of a record: its scalar, and whether it must be filled or is a list."""

    scalar: str
    required: bool
    is_list: bool


@dataclass(frozen=True)
class RecordType:
    """Describe one of the seven types, as the contract has it.

    Attributes:
        name: The GraphQL type, `ServicePlanInstance`.
        plural: The query that lists it, `servicePlanInstances`.
        fields: The fields a client may send, by name.
        references: The fields that hold the id of another record, with that record's type.
        lookups: The fields that the store indexes by value, texts, numbers or lists: natural keys and references.
    """

    name: str
    plural: str
    fields: Mapping[str, FieldType]
    references: Mapping[str, str]
    lookups: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """Return the readable part of an id: `service_plan_instance`."""
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.name).lstrip("_")

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Return the fields that must be filled."""
        return tuple(name for name, field in self.fields.items() if field.required)


@dataclass(frozen=True, slots=True)
class Record:
    """Hold one stored record. Times are microseconds since 1970, UTC; null fields are left out of `fields`."""

    seq: int
    id: str
    company_id: int
    created_at: int
    updated_at: int
    fields: Fields


@dataclass(frozen=True, slots=True)
class UserError:
    """Say why one input was refused: REQUIRED, INVALID, NOT_FOUND or IN_USE, and the field to blame."""

    code: str
    message: str
    field: str | None = None


def new_ids(prefix: str, count: int) -> list[str]:
    """Make opaque ids such as `contact_01HZX…`: the time in milliseconds, then 80 random bits.

    The time in front keeps the index of ids growing at its end, which is what makes bulk creates cheap.
    """
    millis = time.time_ns() // 1_000_000
    stamp = "".join(_DIGITS[(millis >> shift) & 31] for shift in range(45, -1, -5))
    random = secrets.token_bytes(_RANDOM_DIGITS * count).translate(_BYTE_TO_DIGIT).decode()
    starts = range(0, len(random), _RANDOM_DIGITS)
    return [f"{prefix}_{stamp}{random[start : start + _RANDOM_DIGITS]}" for start in starts]
