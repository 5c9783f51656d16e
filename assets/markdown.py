"""Tables in Markdown, for what assets say of themselves in the metadata of their materializations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_AT_ONCE = 1_000
"""Characters from which on Dagster's UI shows Markdown behind a button."""


def table(header: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> str:
    """Write a table in Markdown; cells are text, whatever they hold."""
    if not rows:
        return "none"
    safe = [[str(cell).replace("|", "\\|").replace("<", "&lt;").replace("\n", " ") for cell in row] for row in rows]
    lines = [header, tuple("---" for _ in header), *safe]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def first(header: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> str:
    """Write a table of the first rows, as many as are shown at once; one where not even that fits."""
    for shown in range(len(rows), 1, -1):
        written = table(header, rows[:shown])
        if len(written) < SHOWN_AT_ONCE:
            return written
    return table(header, rows[:1])
