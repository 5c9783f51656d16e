"""Writing the first draft of an override file, for a person to edit.

What belongs here: a mapping as YAML with its reasons as comments. What does not: deciding it (`deciding`). A draft
holds headers and names of fields, and no value of any row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from assets.csv_imports.mapping.deciding import missing
from assets.csv_imports.mapping.nearest import nearest_fields

if TYPE_CHECKING:
    from assets.csv_imports.mapping.decision import Mapping
    from assets.csv_imports.mapping.overrides import Override

NEAREST = 3
"""Fields that are named to choose from, for a column that is not sent."""


def draft(mapping: Mapping, file_name: str, override: Override | None = None) -> str:
    """Return an override file that says what was decided, a comment above each column saying why.

    Args:
        mapping: What was decided, with or without all that is required.
        file_name: The file's name, printable.
        override: What a person decided before; it is kept.
    """
    record_type = mapping.record_type
    lines = [
        f"# A draft from {file_name}: keep what is right, correct the rest, delete what needs no saying.",
        "# docs/mapping.md explains each part; `mep mapping check CONTRACTOR` checks the file.",
    ]
    for names in missing(mapping):
        lines.append(f"# Missing: a column for the required field {' or '.join(names)}.")
    fields = {place: name for name, places in mapping.columns.items() for place in places}
    stated = {c.header: c for c in override.content.columns} if override else {}
    lines += [*_dumped({"version": 1, "type": record_type.name}), "columns:"]
    for place in _in_order(mapping):
        header = mapping.headers[place]
        lines.append(f"  # {_reason(mapping, place, fields.get(place))}")
        column: dict[str, Any] = {"header": header, "field": fields.get(place)}
        if header in stated:
            column |= stated[header].model_dump(by_alias=True, exclude_defaults=True, include=_KEPT)
        lines += [f"  {line}" for line in _dumped([column])]
    if override:
        rest = override.content.model_dump(exclude_defaults=True, include={"defaults", "allowed", "dates", "phones"})
        lines += _dumped(rest) if rest else []
    return "\n".join(lines) + "\n"


_KEPT = {"transform", "check", "message"}


def _in_order(mapping: Mapping) -> list[int]:
    """Return the columns in their order in the file, but those that feed one field in the order in which they count."""
    order = list(range(len(mapping.headers)))
    for places in mapping.columns.values():
        for slot, place in zip(sorted(places), places, strict=True):
            order[slot] = place
    return order


def _reason(mapping: Mapping, place: int, name: str | None) -> str:
    choice = mapping.choices.get(place)
    if choice is not None:
        return f"{choice.source}, {choice.confidence:.2f}"
    near = nearest_fields(mapping.record_type, mapping.headers[place], NEAREST) if name is None else []
    shown = ", ".join(f"{field} {likeness:.2f}" for field, likeness in near)
    return f"not sent{f'; nearest: {shown}' if shown else ''}"


def _dumped(value: Any) -> list[str]:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1_000_000).rstrip("\n").split("\n")
