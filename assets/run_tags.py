"""Tags by which runs are found in the UI: whose run it is, which files it takes, which types it has to do with.

They are added when the run is at work, so that they are there however it was launched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    import dagster as dg

CONTRACTOR = "mep/contractor"
FILES = "mep/files"
TYPES = "mep/types"
MOST_CHARACTERS = 200


def tag_run(context: dg.AssetExecutionContext, *, files: Iterable[str] = (), types: Iterable[str] = ()) -> None:
    """Tag the run with its contractor and its files, and with types beside those that it has."""
    run = context.instance.get_run_by_id(context.run.run_id)
    known = run.tags.get(TYPES, "").split(", ") if run else []
    wanted = {CONTRACTOR: context.partition_key, FILES: listed(files), TYPES: listed(filter(None, [*known, *types]))}
    context.instance.add_run_tags(context.run.run_id, {name: value for name, value in wanted.items() if value})


def listed(names: Iterable[str]) -> str:
    """Write names one behind the other, each once and printable; those that are too many are counted."""
    shown = sorted({printable(name) for name in names})
    for kept in range(len(shown), 0, -1):
        line = ", ".join(shown[:kept]) + (f" and {len(shown) - kept} more" if kept < len(shown) else "")
        if len(line) <= MOST_CHARACTERS:
            return line
    return f"{len(shown)} files" if shown else ""
