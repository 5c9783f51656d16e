"""Tables in Markdown, for what assets say of themselves in the metadata of their materializations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(header: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> str:
    """Write a table in Markdown; cells are text, whatever they hold."""
    if not rows:
        return "none"
    safe = [[str(cell).replace("|", "\\|").replace("<", "&lt;").replace("\n", " ") for cell in row] for row in rows]
    lines = [header, tuple("---" for _ in header), *safe]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
