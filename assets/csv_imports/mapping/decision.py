"""Which column feeds which field: the decision that is taken once for a file, and how it is written down.

What belongs here: the decision's shape and what follows from it. What does not: taking it (`deciding`), and values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.errors import PipelineError
from assets.record_types import Kind
from assets.text import printable

if TYPE_CHECKING:
    from assets.record_types import Composition, Field, RecordType

_RULES = {
    Kind.TEXT: ("trim", {}),
    Kind.EMAILS: ("custom", {"function": "split_list"}),
    Kind.PHONES: ("custom", {"function": "phone_to_e164"}),
    Kind.ZIP: ("custom", {"function": "zip_code"}),
    Kind.DATE: ("parse_date", {}),
    Kind.DATETIME: ("parse_date", {"time": "midnight UTC when absent"}),
    Kind.NUMBER: ("parse_number", {}),
    Kind.INTEGER: ("parse_number", {"integer": True}),
    Kind.BOOLEAN: ("custom", {"function": "yes_no"}),
    Kind.REFERENCE: ("custom", {"function": "parent_lookup"}),
}


class UnmappableFile(PipelineError):
    """Say which required field no header fits, or what is wrong with the contractor's own rules for the file."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a column's field was found: `name`, `alias`, `earlier`, `similar` or `override`, and how sure it is (0-1)."""

    source: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Transformation:
    """One step between a cell and its field's own parser, by the guide's name, such as `uppercase`, or `custom`.

    Attributes:
        rule: `trim`, `uppercase`, `parse_date`, `parse_number` or `custom`.
        params: Such as `{"function": "value_map", "values": {"A": "Active"}}`.
    """

    rule: str
    params: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Validation:
    """A contractor's own rule for a field: exactly one of the two.

    Attributes:
        field: The field that it speaks of.
        regex: What the field's whole text must match (Rust's syntax, linear time).
        sql: An expression over the row's fields that must not be false.
        message: What the office is told: what is wrong, and in a sentence of its own what to do, where that is not
            simply to correct it; None for a sentence that names the rule.
    """

    field: str
    regex: str | None = None
    sql: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """What a field that no column holds is in every row of a file.

    Attributes:
        value: As a cell would hold it.
        place: The column whose header implies it; None where the contractor's override sets it.
    """

    value: str
    place: int | None = None


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """One row of `csv_column_mapping`: what a column was taken for, or what stands for a field that has none.

    Attributes:
        number: The column's position, from 1; of a value that no header implies, a position behind the last column.
        header: As in the file; empty for a value that no header implies.
        field: The Coperniq field that it feeds, or helps to compose; None for a column that is not sent.
        rule: The guide's name of the transformation; None for none.
        params: The transformation's parameters; `steps` are those before it.
        required: Whether the field is required.
        choice: How the field was found; None for a column that nothing fits.
        validation: The contractor's own rules for the field.
    """

    number: int
    header: str
    field: str | None
    rule: str | None = None
    params: dict[str, Any] | None = None
    required: bool = False
    choice: Choice | None = None
    validation: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What this contractor's former imports made of a header.

    Attributes:
        chosen: Whether its field was chosen by an override or by likeness; what aliases decide needs no memory.
        target: The field or part that was chosen; None for a column that is not to be sent.
        order: `MDY` or `DMY`, where the column held dates and their order was stated or decided.
    """

    chosen: bool = False
    target: str | None = None
    order: str | None = None


@dataclass(slots=True)
class Mapping:
    """Where each field of a type comes from in one file.

    Attributes:
        record_type: The type.
        headers: The file's headers.
        columns: Positions (from 0) that feed a field or part, by its name. A list takes the values of all of them, a
            reference that of the first one that the row fills; others have one.
        constants: What a header or the contractor's override says of fields; it counts for those that no column feeds.
        choices: How each mapped column was found, by position.
        transformations: Steps before the field's own parser, in order, by position.
        orders: `MDY` or `DMY` for the date fields whose order is stated or decided.
        earlier_orders: The same for the date fields of this contractor's earlier files: what a column takes that leaves
            its order open.
        validations: The contractor's own rules.
        allowed: The values that a field may have, where a setting lists them.
        country: Whose phone numbers those without a country are, in two letters.
        override: SHA-256 of the contractor's override file; None where there is none.
        notes: What is doubtful about the decision, a sentence each.
    """

    record_type: RecordType
    headers: list[str]
    columns: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    constants: dict[str, Constant] = field(default_factory=dict[str, Constant])
    choices: dict[int, Choice] = field(default_factory=dict[int, Choice])
    transformations: dict[int, list[Transformation]] = field(default_factory=dict[int, list[Transformation]])
    orders: dict[str, str] = field(default_factory=dict[str, str])
    earlier_orders: dict[str, str] = field(default_factory=dict[str, str])
    validations: list[Validation] = field(default_factory=list[Validation])
    allowed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    country: str = "US"
    override: str | None = None
    notes: list[str] = field(default_factory=list[str])

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
            if made.field == name
            and not (made.instead and name in self.columns)
            and not self.columns.keys().isdisjoint([made.needs] if made.needs else parts_of(made))
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
        """Return the decision as rows of `csv_column_mapping`: the columns in their order, then the constants."""
        made = {place: self._row(name, place) for name, places in self.columns.items() for place in places}
        columns = [
            made.get(place) or ColumnMapping(place + 1, header, None, choice=self.choices.get(place))
            for place, header in enumerate(self.headers)
        ]
        constants = [(name, constant) for name, constant in self.constants.items() if name not in self.columns]
        return columns + [
            self._constant_row(name, constant, len(self.headers) + rank)
            for rank, (name, constant) in enumerate(constants, 1)
        ]

    def _constant_row(self, name: str, constant: Constant, behind: int) -> ColumnMapping:
        number, header, source = behind, "", "override"
        if constant.place is not None:
            number, header, source = constant.place + 1, self.headers[constant.place], "alias"
        params = {"function": "default", "value": constant.value}
        required, validation = self.record_type.field(name).required, self._validation(name)
        return ColumnMapping(number, header, name, "custom", params, required, Choice(source), validation)

    def _validation(self, name: str) -> str | None:
        return " AND ".join(rule.regex or rule.sql or "" for rule in self.validations if rule.field == name) or None

    def _row(self, name: str, place: int) -> ColumnMapping:
        number, header, choice = place + 1, self.headers[place], self.choices.get(place)
        made = [
            c.field for c in self.record_type.compositions if name in parts_of(c) and c in self.compositions(c.field)
        ]
        if name in {field.name for field in self.record_type.fields}:
            target = self.record_type.field(name)
            rule, params = self._rule(target, place)
            return ColumnMapping(number, header, name, rule, params, target.required, choice, self._validation(name))
        if not made and name not in self.record_type.names:
            return ColumnMapping(number, header, None)
        params = {"function": "concat" if made else "keep_as_name", "part": name, **self._steps(place)}
        return ColumnMapping(number, header, made[0] if made else None, "custom", params, choice=choice)

    def _rule(self, target: Field, place: int) -> tuple[str, dict[str, Any]]:
        rule, params = _RULES[target.kind]
        steps = self.transformations.get(place, [])
        if target.kind is Kind.PHONES:
            params = {**params, "country": self.country}
        if target.name in self.orders:
            params = {**params, "order": self.orders[target.name]}
        if target.kind is Kind.TEXT and len(steps) == 1:
            return steps[0].rule, steps[0].params
        return rule, {**params, **self._steps(place)}

    def _steps(self, place: int) -> dict[str, Any]:
        steps = self.transformations.get(place, [])
        return {"steps": [{"rule": step.rule, **step.params} for step in steps]} if steps else {}


def parts_of(composition: Composition) -> list[str]:
    """Return the names that a composition is made of, those joined by a space included."""
    return [name for part in composition.parts for name in part.split()]
