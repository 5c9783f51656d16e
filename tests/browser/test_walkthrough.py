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
    """Cut a chapter behind its last picture: what follows takes minutes, and shows nothing here."""
    (*_, last) = (piece.end() for piece in chapters.PIECE.finditer(text) if piece["picture"])
    return text[:last]


def test_every_picture_is_taken(browser: Browser, tmp_path: Path) -> None:
    texts = [text for name in chapters.names() if chapters.pictures(text := chapters.read(name))]
    with opened(browser, tmp_path) as stage:
        played = [chapters.play(until_the_last_picture(text), stage) for text in texts]
    taken = {path.stem: path.stat().st_size for path in tmp_path.glob("*.png")}
    assert taken.keys() == PICTURES.keys()
    assert min(taken.values()) > BLANK_BYTES, taken
    assert "37 created, 1 duplicate, 6 rejected" in played[0]
