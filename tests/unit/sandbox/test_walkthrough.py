"""The chapters and the product agree: commands, links and pictures. That they play is looked at in a browser."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

from orchestration.cli import mep
from orchestration.settings import ROOT
from sandbox.walkthrough import chapters
from sandbox.walkthrough.chapters import FOLDER, Ids
from sandbox.walkthrough.pictures import PICTURES
from sandbox.walkthrough.stage import ACTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]+)?\)")
CALL = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*mep (.+)$", re.MULTILINE)
BLOCKS = re.compile(r"^```(?:console|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`mep ([^`]+)`")
NAMES = chapters.names()
MOST_BYTES = 200_000
MOST_BYTES_TOGETHER = 1_500_000


def calls() -> Iterator[tuple[str, str]]:
    """Yield each call of `mep` in blocks and in sentences, with its chapter."""
    for name in NAMES:
        text = chapters.read(name)
        for block in BLOCKS.findall(text):
            yield from ((name, call) for call in CALL.findall(block))
        yield from ((name, call) for call in INLINE.findall(text))


def command_of(words: list[str]) -> tuple[click.Command, click.Context]:
    """Take a command's name off the words of a call; give it, and the context above it."""
    command: click.Command = mep
    above = context = mep.context_class(mep, info_name="mep", **mep.context_settings)
    while isinstance(command, click.Group) and words:
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name}"
        above = context
        command, context = found, found.context_class(found, info_name=name, parent=above)
    return command, above


@pytest.mark.parametrize(("name", "call"), sorted(set(calls())))
def test_every_command_is_one_of_the_product(name: str, call: str) -> None:
    words = shlex.split(re.sub(r"[|;&>].*", "", call))
    command, _ = command_of(words)
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert given <= options, f"mep {call}"


def test_a_command_of_a_block_has_all_that_it_needs() -> None:
    for name in NAMES:
        blocks = "".join(BLOCKS.findall(chapters.read(name)))
        made = CALL.findall(blocks)
        assert made, name
        for call in made:
            words = shlex.split(re.sub(r"[|;&>].*", "", call))
            command, above = command_of(words)
            # Files of a reader are none of ours.
            given = [str(ROOT / "README.md") if word.endswith(".csv") else word for word in words]
            command.make_context(command.name, given, parent=above)


@pytest.mark.parametrize("name", ["README.md", *NAMES])
def test_every_link_leads_somewhere(name: str) -> None:
    for target, anchor in LINK.findall((FOLDER / name).read_text(encoding="utf-8")):
        path = (FOLDER / target).resolve()
        assert path.is_file(), target
        assert not anchor or anchor in anchors(path), f"{target}{anchor}"


def anchors(path: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_picture_is_taken_shown_and_small() -> None:
    shown = [picture for name in NAMES for picture in chapters.pictures(chapters.read(name))]
    taken = {path.stem: path.stat().st_size for path in (FOLDER / "pictures").iterdir()}
    assert sorted(shown) == sorted(PICTURES) == sorted(taken)
    assert max(taken.values()) < MOST_BYTES
    assert sum(taken.values()) < MOST_BYTES_TOGETHER


def test_what_happens_unseen_can_be_played() -> None:
    staged = [piece["stage"] for name in NAMES for piece in chapters.PIECE.finditer(chapters.read(name))]
    assert {one for one in staged if one} == set(ACTS)


class Recorded:
    """Plays nothing, and remembers what it was to play."""

    def __init__(self) -> None:
        self.played: list[str] = []

    def run(self, command: str) -> str:
        self.played.append(command)
        return f"{command} was run\n"

    def act(self, stage: str) -> None:
        self.played.append(stage)

    def picture(self, name: str) -> None:
        self.played.append(name)


CHAPTER = """before
```console
$ mep plan a
an old answer
$ mep import a
```
<!-- stage: the sun rises -->
```bash
$ rm -rf /
```
![A picture](pictures/sun.png) after
"""


def test_a_chapter_is_played_in_its_order_and_keeps_its_words() -> None:
    players = Recorded()
    played = chapters.play(CHAPTER, players)
    assert players.played == ["mep plan a", "mep import a", "the sun rises", "sun"]
    assert played == CHAPTER.replace("an old answer\n", "mep plan a was run\n").replace(
        "$ mep import a\n", "$ mep import a\nmep import a was run\n"
    )
    assert chapters.play(played, players) == played


def test_ids_are_shown_as_those_of_every_other_run() -> None:
    runs = [Ids(), Ids()]
    said = "plan {0}: import {1} of contact_{2}, which is {1}-aaaa-4bbb-8ccc-dddddddddddd, on 20260301"
    first = runs[0].shown(said.format("0123456789abcdef", "deadbeef", "01M842GZJ7TD02DT5CKW9AMFQY"))
    second = runs[1].shown(said.format("fedcba9876543210", "0badcafe", "01M842PY37AT2SKV71VD01K2FN"))
    assert first == second
    assert "deadbeef" not in first
    assert "20260301" in first
    shown = first.split()[3]
    assert f"{shown}-" in first, "the short id is the beginning of the long one"
    assert (runs[0].real(f"mep report {shown}"), runs[1].real(shown)) == ("mep report deadbeef", "0badcafe")
