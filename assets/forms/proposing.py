"""Which fields of Coperniq the fields of templates fill: what the templates say, and what the names suggest.

What belongs here: the rows of `coperniq_field_mapping` that nobody has to write. What does not: SQL and what a human
said (`field_mapping`), and how alike two names are, which the columns of files are matched by as well (`csv_imports`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.catalogue import BY_NAME, TYPES
from assets.csv_imports.mapping.deciding import decide
from assets.forms.examples import EXAMPLES
from assets.forms.filling import targets
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from assets.record_types import Field, RecordType

_TYPES = {
    Kind.EMAILS: "array", Kind.PHONES: "array", Kind.DATE: "datetime", Kind.DATETIME: "datetime",
    Kind.NUMBER: "number", Kind.INTEGER: "number", Kind.BOOLEAN: "boolean",
}  # fmt: skip
_HELD = {
    Kind.TEXT: "A text", Kind.EMAILS: "E-mail addresses", Kind.PHONES: "Phone numbers", Kind.ZIP: "A zip code",
    Kind.DATE: "A date", Kind.DATETIME: "A date, with or without a time", Kind.NUMBER: "A number",
    Kind.INTEGER: "A whole number", Kind.BOOLEAN: "Yes or no",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TemplateField:
    """A field of a template.

    Attributes:
        template_id: Its template's.
        field_id: Its own.
        template: The template's name, such as `lead_intake`.
        name: Such as `customerEmail`.
        declared: Fields of Coperniq that the template's file says it fills, such as `Contact.emails`.
    """

    template_id: UUID
    field_id: UUID
    template: str
    name: str
    declared: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of `coperniq_field_mapping`, without what only the database knows of it."""

    coperniq_type: str
    coperniq_field_name: str
    coperniq_field_type: str
    is_required: bool
    description: str
    example_values: list[str]
    source: str
    mapping_confidence: float | None = None
    template_id: UUID | None = None
    template_field_id: UUID | None = None
    template_field_name: str | None = None


def of_catalogue() -> Iterator[Row]:
    """Yield a row for every field of Coperniq."""
    for record_type in TYPES:
        for field in record_type.fields:
            yield _row(record_type, field.name, "catalogue")


def of_template(fields: Sequence[TemplateField]) -> Iterator[Row]:
    """Yield a row for everything that the fields of one template fill.

    A field whose file says nothing of it is compared with the fields of those types that the template feeds anyway: a
    name never makes a record of a type that nobody meant.
    """
    said = [(field, target) for field in fields for target in map(_known, field.declared) if target]
    for field, (record_type, name) in said:
        yield _row(record_type, name, "template", 1.0, field)
    silent = [field for field in fields if not field.declared]
    for record_type in TYPES:
        fed = [name for _, (of_type, name) in said if of_type is record_type]
        if fed:
            yield from _proposed(record_type, fed, silent)


def row_of(record_type: RecordType, name: str, field: TemplateField) -> Row:
    """Return the row by which a human says what a template field fills."""
    return _row(record_type, name, "human", None, field)


def find(target: str) -> tuple[RecordType, str] | None:
    """Return the type and field that a target such as `Contact.emails` names; None where there is none."""
    return _known(target.removesuffix("[]"))


def _known(target: str) -> tuple[RecordType, str] | None:
    type_name, _, name = target.partition(".")
    record_type = BY_NAME.get(type_name)
    return (record_type, name) if record_type and name in targets(record_type) else None


def _proposed(record_type: RecordType, fed: list[str], silent: Sequence[TemplateField]) -> Iterator[Row]:
    # What is filled already stands there by its own name, so that nothing else is taken for it.
    mapping = decide(record_type, [*fed, *(field.name for field in silent)])
    for name, places in mapping.columns.items():
        for place in places:
            if place >= len(fed):
                confidence = mapping.choices[place].confidence
                yield _row(record_type, name, "proposed", confidence, silent[place - len(fed)])


def _row(
    record_type: RecordType,
    name: str,
    source: str,
    confidence: float | None = None,
    of: TemplateField | None = None,
) -> Row:
    field = next((field for field in record_type.fields if field.name == name), None)
    return Row(
        coperniq_type=record_type.name,
        coperniq_field_name=name,
        coperniq_field_type=_TYPES.get(field.kind, "string") if field else "string",
        is_required=bool(field and field.required),
        description=_described(record_type, field) if field else "A part of another field.",
        example_values=list(EXAMPLES[record_type.name].get(name, ())),
        source=source,
        mapping_confidence=confidence,
        template_id=of.template_id if of else None,
        template_field_id=of.field_id if of else None,
        template_field_name=f"{of.template}.{of.name}" if of else None,
    )


def _described(record_type: RecordType, field: Field) -> str:
    if field.refers_to:
        names = ", ".join(BY_NAME[field.refers_to].names)
        held = f"The {field.refers_to}: its id in Coperniq, or what it is called there ({names})"
    else:
        held = _HELD[field.kind]
    if field.name in record_type.one_of:
        return f"{held}; at least one of {' and '.join(record_type.one_of)} is required."
    return f"{held}; required." if field.required else f"{held}."
