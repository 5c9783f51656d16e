"""The shape of a template's YAML file, and what one of the right shape can still say wrongly.

What belongs here: rules that a file keeps to by itself. What does not: where it lies and how it is read (`reading`).
`docs/templates.md` documents it for those who write one.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from assets import catalogue
from assets.templates import patterns
from assets.trades import PHASES, TRADES
from assets.yaml_shape import Shape, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

COPERNIQ_FIELDS = {
    f"{record_type.name}.{field.name}": field for record_type in catalogue.TYPES for field in record_type.fields
}
SELECTS = ("Single select", "Multiple select")
RULES = {
    "Text": ("min_length", "max_length", "pattern"),
    "Numeric": ("min", "max"),
    "Single select": (),
    "Multiple select": ("max_choices",),
    "File": (),
}
"""Validation rules by type of field."""
_SLUG = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_CAMEL_CASE = re.compile(r"[a-z][A-Za-z0-9]*")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")

Path = tuple[str | int, ...]


def _number(value: Any) -> int | float:
    text = value if isinstance(value, str) else str(value)
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        raise ValueError("is no number: write one such as 10 or 0.5")
    return float(text) if "." in text else int(text)


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _one_of(*known: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f'is "{value[:40]}", which there is not: {_meant(value, known)}')
        return value

    return AfterValidator(check)


def _meant(value: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(value, known, n=1)
    return f"did you mean {near[0]}?" if near else f"write one of {', '.join(known)}"


def _line_of_text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty: write something")
    return value


Words = Annotated[Text, AfterValidator(_line_of_text)]
Short = Annotated[Words, Field(max_length=200)]
Number = Annotated[int | float, BeforeValidator(_number)]
Length = Annotated[int, Field(ge=0, le=100_000, strict=True)]


class Rules(Shape):
    """Limits on a field's value."""

    min: Number | None = None
    max: Number | None = None
    min_length: Length | None = None
    max_length: Annotated[Length, Field(ge=1)] | None = None
    pattern: Text | None = None
    max_choices: Annotated[Length, Field(ge=1)] | None = None

    @field_validator("pattern")
    @classmethod
    def _is_read_alike(cls, value: str | None) -> str | None:
        if value is not None:
            patterns.check(value)
        return value


class TemplateField(Shape):
    """A field of a form."""

    name: Short
    label: Short
    type: Annotated[Text, _one_of(*RULES)]
    required: Annotated[bool, Field(strict=True)] = False
    options: list[Short] = Field(default_factory=list[str], max_length=500)
    placeholder: Short | None = None
    description: Words | None = None
    validation_rules: Rules = Rules()
    coperniq: Annotated[list[Text], BeforeValidator(_several), Field(max_length=20)] = Field(default_factory=list[str])


class Group(Shape):
    """A group of fields, in the order in which the form shows them."""

    name: Short
    critical: Annotated[bool, Field(strict=True)] = False
    fields: list[TemplateField] = Field(min_length=1, max_length=500)


class Template(Shape):
    """A template's file."""

    name: Short
    display_name: Short
    trade: Annotated[Text, _one_of(*TRADES)]
    phase: Annotated[Text, _one_of(*PHASES)] | None = None
    category: Short | None = None
    description: Words | None = None
    compliance: list[Short] = Field(default_factory=list[str], max_length=100)
    work_order_type: Literal["field", "office"] | None = None
    work_order_name: Short | None = None
    version: Short = "1.0"
    groups: list[Group] = Field(min_length=1, max_length=100)


def misfits(template: Template, trade: str, name: str) -> Iterator[tuple[Path, str]]:
    """Yield what a file of the right shape says wrongly: the path to it, and what to do.

    Args:
        template: What the file says.
        trade: The folder that it lies in.
        name: The file's name without its ending.
    """
    if template.name != name:
        yield ("name",), f'name is "{template.name}" in a file named {name}.yaml: make them the same'
    elif not _SLUG.fullmatch(name):
        yield ("name",), f'name is "{name}": write lower-case letters, digits and single _, such as lead_intake'
    if template.trade != trade:
        yield ("trade",), f'trade is "{template.trade}" in the folder {trade}: make them the same'
    yield from _doubled(("compliance",), "compliance", template.compliance)
    yield from _doubled(("groups",), "group", [group.name for group in template.groups], "name")
    seen: set[str] = set()
    filled: dict[str, str] = {}
    for number, group in enumerate(template.groups):
        for position, field in enumerate(group.fields):
            path = ("groups", number, "fields", position)
            if field.name in seen:
                yield (*path, "name"), f'the field "{field.name}" stands there twice: rename or remove one'
            seen.add(field.name)
            for inside, said in _misfits_of(field, filled):
                yield (*path, *inside), said


def _misfits_of(field: TemplateField, filled: dict[str, str]) -> Iterator[tuple[Path, str]]:
    shown = f'the field "{field.name}"'
    if not _CAMEL_CASE.fullmatch(field.name):
        yield ("name",), f"{shown} has no camelCase name: write it like customerName"
    if field.type in SELECTS and not field.options:
        yield ("type",), f"{shown} is a {field.type} without options: list them"
    if field.type not in SELECTS and field.options:
        yield ("options",), f"{shown} is no select, but has options: take them out or change the type"
    yield from _doubled(("options",), "option", field.options)
    yield from _misfits_of_rules(field, shown)
    for number, name in enumerate(field.coperniq):
        path = ("coperniq", number)
        known = COPERNIQ_FIELDS.get(name)
        if field.type == "File":
            yield path, f"{shown} is a File, which fills no field of Coperniq: take that out"
        elif known is None:
            yield path, f'{shown} fills "{name[:60]}", which Coperniq does not have: {_meant_field(name)}'
        elif name in filled and not known.kind.is_list:
            yield path, f"{shown} fills {name}, as {filled[name]} does: keep one of the two"
        filled.setdefault(name, field.name)


def _meant_field(name: str) -> str:
    folded = {known.casefold(): known for known in COPERNIQ_FIELDS}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.75)
    if near:
        return f"did you mean {folded[near[0]]}?"
    record_type = catalogue.BY_NAME.get(name.partition(".")[0])
    if record_type is not None:
        return f"write one of {', '.join(f'{record_type.name}.{field.name}' for field in record_type.fields)}"
    return f"write Type.field, with one of the types {', '.join(catalogue.BY_NAME)}"


def _misfits_of_rules(field: TemplateField, shown: str) -> Iterator[tuple[Path, str]]:
    rules = field.validation_rules
    allowed = RULES[field.type]
    for name in rules.model_fields_set:
        if name not in allowed:
            listed = f"it knows {', '.join(allowed)}" if allowed else "it knows none"
            yield ("validation_rules", name), f"{shown} is {field.type}, which has no rule {name}: {listed}"
    for least, most in (("min", "max"), ("min_length", "max_length")):
        low, high = getattr(rules, least), getattr(rules, most)
        if low is not None and high is not None and low > high:
            yield ("validation_rules", most), f"{shown} has a {most} below its {least}: no value fits"
    if rules.max_choices is not None and rules.max_choices > len(field.options):
        yield ("validation_rules", "max_choices"), f"{shown} has fewer options than max_choices: lower or remove it"


def _doubled(path: Path, what: str, names: list[str], *key: str) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield (*path, number, *key), f'the {what} "{name}" stands there twice: keep one'
        seen.add(name)
