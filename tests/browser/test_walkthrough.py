"""The chapters play on the real thing, and every picture of theirs is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.walkthrough import chapters
from sandbox.walkthrough.__main__ import opened
from sandbox.walkthrough.pictures import PICTURES

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.timeout(1800)  # a whole stack starts
BLANK_BYTES = 20_000
"""Smaller is a page on which nothing stands."""


def until_the_last_picture(text: str) -> str:
    """Cut a chapter behind its last picture: what follows takes minutes. One without stays whole."""
    (*_, last) = (0, *(piece.end() for piece in chapters.PIECE.finditer(text) if piece["picture"]))
    return text[:last] or text


def test_the_chapters_play_and_every_picture_is_taken(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path) as stage:
        played = [chapters.play(until_the_last_picture(chapters.read(name)), stage) for name in chapters.names()]
    taken = {path.stem: path.stat().st_size for path in tmp_path.glob("*.png")}
    assert taken.keys() == PICTURES.keys()
    assert min(taken.values()) > BLANK_BYTES, taken
    assert "37 created, 1 duplicate, 6 rejected" in played[0]
    assert [line.split("│")[-2].strip() for line in played[1].splitlines() if line.startswith("│")] == ["0", "0"], (
        "nothing is open once the fix file is back"
    )
