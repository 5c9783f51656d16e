"""Text from outside: what PostgreSQL can hold of it, and how it is shown.

What belongs here: what holds for any text, whoever wrote it. What does not: how names compare (`names`).
"""

from __future__ import annotations

import re

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL's text cannot hold: NUL, and bytes that are no character of the file's encoding."""


def printable(name: str) -> str:
    """Return a file name or header safe to print: control characters and undecodable bytes shown as escapes."""
    if name.isprintable():
        return name[:200]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogateescape").decode() for c in name)
    return shown.encode("utf-8", "backslashreplace").decode()[:200]
