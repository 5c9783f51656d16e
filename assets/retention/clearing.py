"""Taking processed files out of the inbox.

What belongs here: that a file goes only if it is the very one that was imported. What does not: which imports are
done with (`store`), and where the inbox lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assets.csv_imports import inbox
from assets.retention import store

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

    from assets.csv_imports.inbox import Inbox


def clear(conn: Connection[Any], files: Inbox, before: datetime, most: int) -> int:
    """Remove the files that were imported before a time and are done with; return how many.

    Args:
        conn: In autocommit mode.
        files: The inbox.
        before: Files whose import was complete later stay.
        most: How many are looked at.

    Raises:
        InboxUnreachable: When the inbox does not answer; what was removed until then is written down.
    """
    removed = 0
    for processed in store.processed_files(conn, before, most):
        version = files.version(processed.source)
        content = _content(files, processed.source) if version else None
        if version and (content is None or files.version(processed.source) != version):
            # It cannot be read, or was another when it had been: it is looked at again.
            continue
        # Of other content the imports are of no concern: the file that was theirs is gone.
        if content == processed.file_hash:
            files.remove(processed.source)
            removed += 1
        store.note_removed_files(conn, processed.imports)
    return removed


def _content(files: Inbox, source: str) -> str | None:
    """Return the hash of a file; None where it cannot be read, which may pass."""
    try:
        with files.at(source) as path:
            return inbox.inspect(path).sha256
    except inbox.InboxError:
        return None
