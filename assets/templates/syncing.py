"""Bringing the tables up to what the folder of templates says, a transaction for each template.

What belongs here: which template is written, left alone or retired. What does not: files (`reading`) and SQL (`store`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.templates import reading, store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from psycopg import Connection

    from assets.templates.reading import Fault
    from assets.templates.store import Written


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did.

    Attributes:
        written: What changed in each template whose file is new or has changed, by name.
        unchanged: How many templates were as their files say.
        retired: Names of templates whose files are gone.
        faults: Of the files that were left out; their templates are as they were.
    """

    written: dict[str, Written]
    unchanged: int
    retired: list[str]
    faults: list[Fault]


def sync(conn: Connection[Any], folder: Path, say: Callable[[str], None]) -> Synced:
    """Write what is new or has changed, retire what is gone; a faulty file holds nothing up.

    Args:
        conn: In autocommit mode.
        folder: The folder of templates.
        say: Takes a line for each template that is written or retired.

    Raises:
        TemplateError: When the folder cannot be read or is empty: nothing is retired for that.
    """
    found = reading.look(folder)
    known = store.hashes(conn)
    kept, faults = set(found.names), list(found.faults)
    written: dict[str, Written] = {}
    for file in found.files:
        content_hash = file.content_hash
        if known.get(file.name) == content_hash:
            continue
        read = reading.interpret(file)
        faults += read.faults
        if read.template is None:
            kept |= {read.name} if read.name else set()
            continue
        written[file.name] = store.write(conn, read.template, file.shown, content_hash)
        say(f"{file.shown}: {in_words(written[file.name])}")
    retired = sorted(store.retire(conn, kept)) if known.keys() - kept else []
    for name in retired:
        say(f"{name}: retired, because its file is gone")
    faulty = {fault.file for fault in faults}
    unchanged = len(found.files) - len(written) - len(faulty & {file.shown for file in found.files})
    return Synced(written, unchanged, retired, sorted(faults))


def in_words(written: Written) -> str:
    """Say what changed in a template."""
    if written.is_new:
        return f"new, with {len(written.added)} fields"
    parts = [
        f"{what} {', '.join(names)}"
        for what, names in (("added", written.added), ("changed", written.changed), ("removed", written.removed))
        if names
    ]
    return "; ".join(parts) or "changed, its fields are the same"
