"""YAML that a person typed: the safe subset, with the line of everything in it.

What belongs here: which YAML is taken. What does not: what it means (override files, templates, presets).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from assets.text import UNSTORABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_DEPTH = 20
# libyaml is some ten times faster; a Python built without it has the same events.
_Loader: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_PLAIN = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NO_TEXT = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class YamlError(Exception):
    """The text is not the YAML that is taken.

    Attributes:
        line: Where, from 1.
        problem: What is wrong there.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


@dataclass(slots=True)
class Place:
    """Where something stands: the line of its key or entry, and the places of what is in it."""

    line: int
    inside: dict[str, Place] | list[Place] | None = None


def parse(text: str) -> tuple[Place, Any]:
    """Return a document as places, which know their lines, and as plain values.

    Taken are plain values only: no aliases, tags or repeated keys, no deep nesting, one document. Keys are text, and so
    are `no`, `1.0`, `00501` and `2026-05-14`; what else a YAML reader would make of them is not what a person meant.

    Raises:
        YamlError: When it is not the YAML that is taken.
    """
    odd = _NO_TEXT.search(text)
    if odd:
        raise YamlError(text.count("\n", 0, odd.start()) + 1, "it holds a character that is no text")
    loader = _Loader(text)
    try:
        loader.get_event()
        if loader.check_event(yaml.StreamEndEvent):
            return Place(1), None
        loader.get_event()
        value, place = _value(loader, MAX_DEPTH)
        loader.get_event()
        if not loader.check_event(yaml.StreamEndEvent):
            raise _refused(loader.peek_event(), "a second document begins")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        is_tab = mark is not None and text[mark.index : mark.index + 1] == "\t"
        problem = "a tab stands where only blanks may" if is_tab else error.problem or "it cannot be read"
        raise YamlError(mark.line + 1 if mark else 1, problem) from None
    finally:
        loader.dispose()
    return place, value


def line_of(place: Place, path: Sequence[str | int]) -> int:
    """Return the line, from 1, of the nearest thing on the way along a path of keys and positions."""
    line = 1
    for part in path:
        if isinstance(place.inside, dict) and part in place.inside:
            place = place.inside[str(part)]
        elif isinstance(place.inside, list) and isinstance(part, int) and part < len(place.inside):
            place = place.inside[part]
        else:
            continue
        line = place.line
    return line


def _value(loader: Any, depth: int) -> tuple[Any, Place]:
    event = loader.get_event()
    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent):
        raise _refused(event, "an alias (*) is not taken")
    if event.tag is not None:
        raise _refused(event, "a tag (!) is not taken")
    if depth == 0:
        raise _refused(event, "it is nested too deeply")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event), Place(line)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(loader, line, depth)
    return _mapping(loader, line, depth)


def _scalar(event: Any) -> Any:
    text: str = event.value
    if UNSTORABLE.search(text):
        raise _refused(event, "a text holds an escape that is no character")
    if not event.implicit[0]:
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    return int(text) if _INTEGER.fullmatch(text) else text


def _sequence(loader: Any, line: int, depth: int) -> tuple[list[Any], Place]:
    values: list[Any] = []
    places: list[Place] = []
    while not loader.check_event(yaml.SequenceEndEvent):
        value, place = _value(loader, depth - 1)
        values.append(value)
        places.append(place)
    loader.get_event()
    return values, Place(line, places)


def _mapping(loader: Any, line: int, depth: int) -> tuple[dict[str, Any], Place]:
    values: dict[str, Any] = {}
    places: dict[str, Place] = {}
    while not loader.check_event(yaml.MappingEndEvent):
        key = loader.get_event()
        if not isinstance(key, yaml.ScalarEvent):
            raise _refused(key, "a key is no single word or text")
        _scalar(key)
        if key.value in values:
            raise _refused(key, f'the key "{key.value}" stands there twice')
        values[key.value], place = _value(loader, depth - 1)
        places[key.value] = Place(key.start_mark.line + 1, place.inside)
    loader.get_event()
    return values, Place(line, places)


def _refused(event: Any, problem: str) -> YamlError:
    return YamlError(event.start_mark.line + 1, problem)
