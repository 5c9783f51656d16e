"""What comes near, where nothing fits: for a person to choose from, never to decide by.

What belongs here: the headers nearest to a field, the fields nearest to a header, and the sentence about a file that
cannot be mapped. What does not: deciding (`deciding`), and how alike two headers are (`matching`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assets.csv_imports.mapping import matching
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assets.csv_imports.mapping.decision import Mapping
    from assets.record_types import RecordType

_CONTACT_DATA = re.compile(r"[^\s@]@[^\s@]+\.[A-Za-z]|[0-9]{3}\D{0,3}[0-9]{3}\D?[0-9]{4}(?![0-9])")
"""An e-mail address or a phone number, which no header holds."""


def unmappable(mapping: Mapping, lacking: list[tuple[str, ...]]) -> str:
    """Say which required fields no header fits, which headers come nearest, and what to do."""
    record_type = mapping.record_type
    fields = " and ".join(" or ".join(f'"{name}"' for name in names) for names in lacking)
    if holds_data(mapping.headers):
        return (
            f"No column fits the required {record_type.name} field {fields}; the first row of several cells holds an "
            "e-mail address or a phone number and is no header: put the names of the columns above it."
        )
    near = [candidate for names in lacking for candidate in _nearest_headers(mapping, names)]
    said = f"; the nearest are {', '.join(dict.fromkeys(near))}" if near else ""
    shown = ", ".join(f'"{printable(header)[:40]}"' for header in mapping.headers[:10])
    return (
        f"No column fits the required {record_type.name} field {fields}{said}; the file has {shown}: "
        "rename the right column to the field's name, name it in the contractor's mapping file "
        "(`mep mapping suggest` writes one), or export the file with it."
    )


def holds_data(headers: Iterable[str]) -> bool:
    """Say whether a row holds what reaches a person: then it is no header, and belongs into no message or draft."""
    return any(map(_CONTACT_DATA.search, headers))


def nearest_fields(record_type: RecordType, header: str, count: int) -> list[tuple[str, float]]:
    """Return the fields whose names come nearest to a header, with their likeness: for a person to choose from."""
    targets = (*record_type.fields, *record_type.parts)
    ranked = sorted((-matching.nearest(header, (t.name, *t.aliases)), t.name) for t in targets)
    return [(name, -likeness) for likeness, name in ranked[:count] if -likeness >= matching.NEAR]


def _nearest_headers(mapping: Mapping, names: Iterable[str]) -> list[str]:
    targets = [mapping.record_type.field(name) for name in names]
    composing = [made.parts for made in mapping.record_type.compositions if made.field in names]
    needed = {part for parts in composing for entry in parts for part in entry.split()}
    targets += [part for part in mapping.record_type.parts if part.name in needed]
    aliases = [alias for target in targets for alias in (target.name, *target.aliases)]
    free = [header for place, header in enumerate(mapping.headers) if place not in mapping.choices]
    ranked = sorted((-matching.nearest(header, aliases), header) for header in free)
    return [f'"{printable(h)[:40]}" ({-likeness:.0%})' for likeness, h in ranked[:3] if -likeness >= matching.NEAR]
