"""What approved forms say of Coperniq's records: a text for each field, as a cell of a file would hold it.

What belongs here: values of a form as text, gathered by type and field, and what a record takes from its parent in the
same form. What does not: whether a value is right, which the import's own judging says, and SQL (`exports`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.catalogue import TYPES
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from assets.record_types import RecordType

BETWEEN = "; "
"""Stands between several values of one field: the lists of files are split there, too."""
_APART = {Kind.EMAILS: re.compile(r"[;,|\s]+"), Kind.PHONES: re.compile(r"[;|/]+")}
"""What may stand between several values of a field, of which a reference takes the first."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one field of a form says of one field of Coperniq.

    Attributes:
        form_id: The submission.
        template_field: Template and field, such as `lead_intake.email`.
        coperniq_type: Such as `Contact`.
        coperniq_field: A field or a part of the type, such as `emails`.
        confidence: How sure it is that the one means the other, from 0 to 1.
        value: As it stands in the form.
    """

    form_id: UUID
    template_field: str
    coperniq_type: str
    coperniq_field: str
    confidence: float
    value: Any


@dataclass(slots=True)
class Sheet:
    """What forms say of one type.

    Attributes:
        record_type: The type.
        rows: The texts of each form by field or part; of a form that says nothing of the type there is none.
        sources: Which template fields fill a field or part, and how sure that is.
    """

    record_type: RecordType
    rows: dict[UUID, dict[str, str]] = field(default_factory=dict["UUID", dict[str, str]])
    sources: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])

    def add(self, form_id: UUID, name: str, text: str, sources: Mapping[str, float]) -> None:
        """Fill a field of a form's record, unless it is filled; a list takes the values of all."""
        row = self.rows.setdefault(form_id, {})
        if name not in row:
            row[name] = text
        elif _is_list(self.record_type, name):
            row[name] += BETWEEN + text
        else:
            return
        self.sources.setdefault(name, {}).update(sources)


def fill(said: Iterable[Said]) -> list[Sheet]:
    """Gather what forms say, type by type, parents before children; types of which none says anything are left out.

    A record refers to its parent by what the same form says of it, where the form does not name the parent itself.

    Args:
        said: In the order of each template: of two fields that fill one of Coperniq's, the first one counts.
    """
    sheets = {record_type.name: Sheet(record_type) for record_type in TYPES}
    for one in said:
        sheet = sheets[one.coperniq_type]
        text = text_of(one.value)
        if text and one.coperniq_field in targets(sheet.record_type):
            sheet.add(one.form_id, one.coperniq_field, text, {one.template_field: one.confidence})
    # Children first: what a parent takes from its own parent says nothing new of its children.
    for record_type in reversed(TYPES):
        for reference in record_type.references:
            _refer(sheets[record_type.name], reference.name, sheets[reference.refers_to or ""])
    return [sheet for sheet in sheets.values() if sheet.rows]


def targets(record_type: RecordType) -> list[str]:
    """Return what a form may fill of a type: its fields, and the parts that its fields are composed of."""
    return [target.name for target in (*record_type.fields, *record_type.parts)]


def text_of(value: Any) -> str:
    """Return a value of a form as a cell would hold it; nothing for what is no text, number, choice or list of such."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return BETWEEN.join(filter(None, map(text_of, value)))
    return value.strip() if isinstance(value, str) else ""


def _refer(children: Sheet, reference: str, parents: Sheet) -> None:
    """Let records name their parent as the same form does, by its first name, else by the parts that make one."""
    parts = [part.name for part in children.record_type.parts]
    for form_id, row in children.rows.items():
        parent = parents.rows.get(form_id, {})
        if reference in row or not parent:
            continue
        name = next((name for name in parents.record_type.names if name in parent), None)
        taken = {reference: name} if name else {part: part for part in parts if part in parent and part not in row}
        for target, source in taken.items():
            text = _first(parents.record_type, source, parent[source])
            children.add(form_id, target, text, parents.sources[source])


def _first(record_type: RecordType, name: str, text: str) -> str:
    apart = next((_APART[kind] for kind in _kinds(record_type, name) if kind in _APART), None)
    return next(filter(None, map(str.strip, apart.split(text))), text) if apart else text


def _is_list(record_type: RecordType, name: str) -> bool:
    return any(kind.is_list for kind in _kinds(record_type, name))


def _kinds(record_type: RecordType, name: str) -> Sequence[Kind]:
    return [target.kind for target in record_type.fields if target.name == name]
