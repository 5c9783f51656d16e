"""What a type has and the REST API has no field for: kept line by line at the end of the record's description.

What belongs here: writing and reading those lines. What does not: which values need one (each resource says).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADING = "Imported values:"


def split(description: object) -> tuple[str, dict[str, Any]]:
    """Return the text of a description, and the values that stand behind it by their field names."""
    whole = description if isinstance(description, str) else ""
    text, found, lines = f"\n{whole}".rpartition(f"\n{HEADING}\n")
    if not found:
        return whole, {}
    pairs = (line.partition(": ") for line in lines.split("\n"))
    return text.strip("\r\n"), {name: _value(value) for name, colon, value in pairs if colon}


def join(text: str, values: Mapping[str, Any]) -> str:
    """Return a description: a text, and behind it the values that are no null, under a heading."""
    lines = [f"{name}: {_written(value)}" for name, value in values.items() if value is not None]
    block = "\n".join([HEADING, *lines]) if lines else ""
    return "\n\n".join(filter(None, [text, block]))


def _written(value: Any) -> str:
    """Return a value on one line: as it is, where it reads back as the same, else as JSON."""
    plain = isinstance(value, str) and value == value.strip() and "\n" not in value and _value(value) == value
    return value if plain else json.dumps(value, ensure_ascii=False)


def _value(written: str) -> Any:
    if written.startswith('"') or written in ("true", "false"):
        try:
            return json.loads(written)
        except ValueError:
            return written
    return written
