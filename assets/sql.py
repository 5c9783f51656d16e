"""Statements kept in `.sql` files beside the store that runs them, for SQL too long for a string.

In such a file, statements are separated by a line that holds nothing but `;`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import LiteralString, cast


@cache
def statements(package: str, file: str) -> tuple[LiteralString, ...]:
    """Return the statements of a package's `.sql` file, in order."""
    text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    # The text is the project's own, not anyone's input.
    return tuple(cast("LiteralString", part) for part in text.split("\n;\n") if part.strip())
