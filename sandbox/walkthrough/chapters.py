"""What a chapter is made of: commands with what they print, pictures, and what happens unseen. Pure text."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Protocol

from orchestration import settings

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = settings.ROOT / "docs" / "walkthrough"
PROMPT = "$ "
PIECE = re.compile(
    r"^```console\n(?P<block>.*?)^```$"
    r"|^<!-- stage: (?P<stage>[^\n]+?) -->$"
    r"|!\[[^\]]*\]\(pictures/(?P<picture>[a-z-]+)\.png\)",
    re.MULTILINE | re.DOTALL,
)
ID = re.compile(
    r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16}|(?!19|20)[0-9a-f]{8}|[a-z]+_[0-9A-HJKMNP-TV-Z]{26})\b"
)
"""A UUID, a plan's id, the short id of an import, and an id of Coperniq's. Eight figures may be a date."""
SHORT = 8


class Players(Protocol):
    """Who plays a chapter."""

    def run(self, command: str) -> str:
        """Run a command and give what it prints."""
        ...

    def act(self, stage: str) -> None:
        """Let happen what nobody sees."""
        ...

    def picture(self, name: str) -> None:
        """Take a picture."""
        ...


class Ids:
    """Ids that a chapter shows in place of those of a run, so that its text and its commands outlast that run.

    The nth id that is met is shown as the nth of a fixed row; the first eight characters of a UUID are its short id.
    """

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}
        self._real: dict[str, str] = {}

    def shown(self, text: str) -> str:
        """Give a text with the ids that chapters show."""
        return ID.sub(lambda found: self._of(found[0]), text)

    def real(self, text: str) -> str:
        """Give a text with the ids of this run; an id that no command has printed stays."""
        return ID.sub(lambda found: self._real.get(found[0], found[0]), text)

    def _of(self, real: str) -> str:
        if real not in self._shown:
            made = self._made(real)
            self._shown[real], self._real[made] = made, real
        return self._shown[real]

    def _made(self, real: str) -> str:
        drawn = hashlib.sha256(f"id {len(self._shown)}".encode()).hexdigest()
        kind, _, coperniq = real.rpartition("_")
        if kind:
            return f"{kind}_01{drawn[: len(coperniq) - 2].upper()}"
        if "-" in real:
            drawn = self._of(real[:SHORT]) + drawn[SHORT:]
        made = iter(drawn)
        return "".join(sign if sign == "-" else next(made) for sign in real)


def names() -> list[str]:
    """Return the names of the chapters in their order."""
    return sorted(path.name for path in FOLDER.glob("[0-9]-*.md"))


def pictures(text: str) -> list[str]:
    """Return the names of the pictures of a chapter, in their order."""
    return [piece["picture"] for piece in PIECE.finditer(text) if piece["picture"]]


def play(text: str, players: Players) -> str:
    """Play a chapter from its beginning to its end; give its text with what its commands printed."""

    def piece(found: re.Match[str]) -> str:
        if found["block"]:
            return f"```console\n{_played(found['block'], players.run)}```"
        if found["stage"]:
            players.act(found["stage"])
        else:
            players.picture(found["picture"])
        return found[0]

    return PIECE.sub(piece, text)


def read(name: str) -> str:
    """Return the text of a chapter."""
    return (FOLDER / name).read_text(encoding="utf-8")


def _played(block: str, run: Callable[[str], str]) -> str:
    return "".join(f"{line}\n{run(line.removeprefix(PROMPT))}" for line in _prompts(block))


def _prompts(block: str) -> list[str]:
    return [line for line in block.splitlines() if line.startswith(PROMPT)]
