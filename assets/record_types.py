"""What a Coperniq type is made of: fields of a kind, natural keys, and fields that are composed of columns.

What belongs here: the shape of a type, and what follows from it alone. What does not: the seven types (`catalogue`),
and how a kind is parsed or judged, which is said once, in `csv_imports`, for all types.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds, which decides how its text is parsed and judged."""

    TEXT = "text"
    EMAILS = "emails"
    PHONES = "phones"
    ZIP = "zip"
    DATE = "date"
    DATETIME = "datetime"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    REFERENCE = "reference"

    @property
    def is_list(self) -> bool:
        """Say whether the field takes several values, from several columns or cells."""
        return self in (Kind.EMAILS, Kind.PHONES)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type, under Coperniq's exact camelCase name.

    Attributes:
        name: The name in Coperniq's GraphQL schema.
        kind: What it holds.
        aliases: Headers that exports give it, the most telling first: of two headers that fit, the earlier one wins.
        required: Whether a row without it is an error.
        refers_to: For a reference, the type of the parent; None where it is an opaque Coperniq id.
        at_last: Headers that stand for a required field in a file in which nothing else does.
    """

    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    required: bool = False
    refers_to: str | None = None
    at_last: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composition:
    """A field that is put together from the columns of its parts, in a row where no column holds it whole.

    Attributes:
        field: The field that is composed.
        parts: Names of parts, in order: other fields of the type, or `Part` names; names that share one entry,
            such as `state zipcode`, are joined by a space.
        separator: Stands between two parts that are not empty.
        needs: The part without which nothing is composed; None where any part will do.
        instead: Whether it counts only in a file that has no column for the field.
    """

    field: str
    parts: tuple[str, ...]
    separator: str
    needs: str | None = None
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A column that is not sent by itself: it is composed into a field, or kept as another name of the record."""

    name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordType:
    """A Coperniq type.

    Attributes:
        name: As in Coperniq, such as `ServicePlanInstance`.
        plural: As in the names of Coperniq's mutations, such as `ServicePlanInstances`.
        slug: As in asset keys and file names, such as `service_plan_instance`.
        fields: In the guide's order.
        key: The natural key: alternatives, each a list of fields; the first one that the row has counts.
        one_of: Fields of which at least one is required.
        parts: Columns beside the fields.
        compositions: Fields that parts can make.
        names: Fields and parts by which other rows may refer to a record of this type, beside its id.
        through: References by which other rows may refer to the record, where its parent has no other of the type.
        implied: Values that a header implies for another field: {field: {header alias: value}}.
        periods: Pairs of fields that are a start and an end.
        file_words: What other systems call the type in the names of their exports, singular and plural.
    """

    name: str
    plural: str
    slug: str
    fields: tuple[Field, ...]
    key: tuple[tuple[str, ...], ...]
    one_of: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    compositions: tuple[Composition, ...] = ()
    names: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    implied: tuple[tuple[str, str, str], ...] = ()
    periods: tuple[tuple[str, str], ...] = ()
    file_words: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        """Return the field of that name.

        Raises:
            KeyError: When the type has no such field.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which a row is an error."""
        return tuple(field.name for field in self.fields if field.required)

    @property
    def references(self) -> tuple[Field, ...]:
        """The fields that name a parent which the pipeline itself may have to send first."""
        return tuple(field for field in self.fields if field.refers_to is not None)

    @property
    def parent_types(self) -> dict[str, str]:
        """The type of the parent that each reference names, by field."""
        return {field.name: field.refers_to for field in self.fields if field.refers_to is not None}

    @property
    def key_reference(self) -> str | None:
        """The reference that is part of the natural key, if any is."""
        return next((name for fields in self.key for name in fields if name in self.parent_types), None)
