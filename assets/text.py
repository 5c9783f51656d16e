"""Text from outside: what PostgreSQL can hold of it, and how it is shown.

What belongs here: what holds for any text, whoever wrote it. What does not: how names compare (`names`).
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL's text cannot hold: NUL, and bytes that are no character of the file's encoding."""


def printable(name: str) -> str:
    """Return a file name or header safe to print, in its first 200 characters, as `visible` shows them."""
    return visible(name)[:200]


def visible(text: str) -> str:
    """Return text with what cannot be seen shown as escapes: control characters, bidi marks, undecodable bytes."""
    if text.isprintable():
        return text
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogateescape").decode() for c in text)
    return shown.encode("utf-8", "backslashreplace").decode()


def one_line(text: str, most: int) -> str:
    """Return text in one line of at most so many characters, without characters that cannot be seen."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def minute(moment: datetime) -> str:
    """Say when something was, to the minute, in UTC: a database gives moments in a zone of its own."""
    return f"{moment.astimezone(UTC):%F %R} UTC"
