"""Which column feeds which field: decided once for a file, from its headers alone.

What belongs here: matching headers with the catalogue and writing the decision down. What does not: values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.catalogue import Kind
from assets.csv_imports.inbox import printable
from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assets.catalogue import Composition, RecordType

_RULES = {
    Kind.TEXT: ("trim", {}),
    Kind.EMAILS: ("custom", {"function": "split_list"}),
    Kind.PHONES: ("custom", {"function": "phone_to_e164", "country": "US"}),
    Kind.ZIP: ("custom", {"function": "zip_code"}),
    Kind.DATE: ("parse_date", {"order": "MDY"}),
    Kind.DATETIME: ("parse_date", {"order": "MDY", "time": "midnight UTC when absent"}),
    Kind.NUMBER: ("parse_number", {}),
    Kind.INTEGER: ("parse_number", {"integer": True}),
    Kind.BOOLEAN: ("custom", {"function": "yes_no"}),
    Kind.REFERENCE: ("custom", {"function": "parent_lookup"}),
}


class UnmappableFile(PipelineError):
    """Say which required field no header fits."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """One row of `csv_column_mapping`: what a column was taken for.

    Attributes:
        number: The column's position, from 1.
        header: As in the file.
        field: The Coperniq field that it feeds, or helps to compose; None for a column that is not sent.
        rule: The guide's name of the transformation; None for none.
        params: The transformation's parameters; how the header was matched is `source` (`name` or `alias`).
        required: Whether the field is required.
    """

    number: int
    header: str
    field: str | None
    rule: str | None
    params: dict[str, Any] | None
    required: bool


@dataclass(slots=True)
class Mapping:
    """Where each field of a type comes from in one file.

    Attributes:
        record_type: The type.
        headers: The file's headers.
        columns: Positions (from 0) that feed a field or part, by its name. A list takes the values of all of them, a
            reference that of the first one that the row fills; others have one.
        constants: Values that a header implies for a field that no column holds.
    """

    record_type: RecordType
    headers: list[str]
    columns: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    constants: dict[str, str] = field(default_factory=dict[str, str])

    def header_of(self, name: str) -> str:
        """Return the header by which the contractor knows a field, for messages: that of its first column."""
        for source in (name, *(part for c in self.compositions(name) for part in parts_of(c))):
            if source in self.columns:
                return printable(self.headers[self.columns[source][0]])
        return name

    def compositions(self, name: str) -> list[Composition]:
        """Return the compositions of a field for which the file has the parts that it needs, or at least one."""
        return [
            made
            for made in self.record_type.compositions
            if made.field == name and not self.columns.keys().isdisjoint([made.needs] if made.needs else parts_of(made))
        ]

    def feeds(self, name: str) -> bool:
        """Say whether anything in the file can fill a field."""
        return name in self.columns or name in self.constants or bool(self.compositions(name))

    def last_is_optional(self) -> bool:
        """Say whether a record may leave out its last cell: no required field hangs on it."""
        last = len(self.headers) - 1
        used = {name for name, places in self.columns.items() if last in places}
        needed = {*self.record_type.required, *self.record_type.one_of}
        composed = {part for name in needed for made in self.compositions(name) for part in parts_of(made)}
        return not used & (needed | composed)

    def rows(self) -> list[ColumnMapping]:
        """Return the decision as rows of `csv_column_mapping`, in the order of the columns."""
        made = [self._row(name, place) for name, places in self.columns.items() for place in places]
        used = {row.number for row in made}
        made += [
            ColumnMapping(number, header, None, None, None, required=False)
            for number, header in enumerate(self.headers, 1)
            if number not in used
        ]
        return sorted(made, key=lambda row: row.number)

    def _row(self, name: str, place: int) -> ColumnMapping:
        header = self.headers[place]
        source = {"source": "name" if header == name else "alias"}
        try:
            target = self.record_type.field(name)
        except KeyError:
            composed = next((c.field for c in self.record_type.compositions if name in parts_of(c)), None)
            if composed is None:
                kept = {"function": "keep_as_name", "part": name, **source}
                return ColumnMapping(place + 1, header, None, "custom", kept, required=False)
            params = {"function": "concat", "part": name, **source}
            return ColumnMapping(place + 1, header, composed, "custom", params, required=False)
        rule, params = _RULES[target.kind]
        return ColumnMapping(place + 1, header, name, rule, {**params, **source}, target.required)


def parts_of(composition: Composition) -> list[str]:
    """Return the names that a composition is made of, those joined by a space included."""
    return [name for part in composition.parts for name in part.split()]


def map_headers(record_type: RecordType, headers: list[str]) -> Mapping:
    """Decide which column feeds which field: by the exact camelCase name first, else by an alias of the catalogue.

    Raises:
        UnmappableFile: When nothing can fill a required field.
    """
    mapping = _matched(record_type, headers)
    lacking = _lacking(mapping)
    if lacking:
        shown = ", ".join(f'"{printable(header)[:40]}"' for header in headers[:10])
        raise UnmappableFile(
            f"No column fits the required {record_type.name} field {' and '.join(lacking)}; the file has {shown}: "
            "rename the right column to the field's name, or export the file with it."
        )
    return mapping


def fits(record_type: RecordType, cells: list[str]) -> bool:
    """Say whether a record is a header of that type: something fills every required field."""
    return not _lacking(_matched(record_type, cells))


def _matched(record_type: RecordType, headers: list[str]) -> Mapping:
    mapping = Mapping(record_type, headers)
    free = dict(enumerate(headers))
    for target in record_type.fields:
        exact = [place for place, header in free.items() if header == target.name]
        _assign(mapping, free, target.name, exact)
    for target in record_type.fields:
        fitting = _fitting(free, (target.name, *target.aliases))
        already = bool(mapping.columns.get(target.name))
        if target.kind.is_list or target.kind is Kind.REFERENCE:
            _assign(mapping, free, target.name, fitting)
        elif not already:
            _assign(mapping, free, target.name, fitting[:1])
    for part in record_type.parts:
        if part.name not in mapping.columns:
            _assign(mapping, free, part.name, _fitting(free, (part.name, *part.aliases))[:1])
    for name, alias, value in record_type.implied:
        if name not in mapping.columns and any(_plain(header) == _plain(alias) for header in headers):
            mapping.constants.setdefault(name, value)
    return mapping


def _assign(mapping: Mapping, free: dict[int, str], name: str, places: Sequence[int]) -> None:
    for place in places:
        del free[place]
        mapping.columns.setdefault(name, []).append(place)


def _fitting(free: dict[int, str], aliases: Sequence[str]) -> list[int]:
    order = {_plain(alias): rank for rank, alias in reversed(list(enumerate(aliases)))}
    found = [(order[_plain(header)], place) for place, header in free.items() if _plain(header) in order]
    return [place for _, place in sorted(found)]


def _plain(header: str) -> str:
    return re.sub(r"[^a-z0-9#$%]", "", header.casefold())


def _lacking(mapping: Mapping) -> list[str]:
    record_type = mapping.record_type
    lacking = [f'"{name}"' for name in record_type.required if not mapping.feeds(name)]
    if record_type.one_of and not any(mapping.feeds(name) for name in record_type.one_of):
        lacking.append(" or ".join(f'"{name}"' for name in record_type.one_of))
    return lacking
