"""Reading YAML that a person typed: the safe subset, with the line of everything in it.

What belongs here: which YAML is taken. What does not: what it means (`overrides`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from assets.csv_imports.files.encodings import UNSTORABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_DEPTH = 20


class _Loader(yaml.SafeLoader):
    """Take plain values only: no aliases, no merged or repeated keys, no deep nesting; `no` and `00501` are text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as the base class has it
    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(yaml.AliasEvent):
            raise _refused(self.peek_event().start_mark, "an alias (*) is not taken")
        if self.depth == MAX_DEPTH:
            raise _refused(self.peek_event().start_mark, "it is nested too deeply")
        self.depth += 1
        node = super().compose_node(parent, index)
        if isinstance(node, ScalarNode) and UNSTORABLE.search(node.value):
            raise _refused(node.start_mark, "a text holds an escape that is no character")
        self.depth -= 1
        return node

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                raise _refused(key.start_mark, "a key is no single word or text")
            if key.value in seen:
                raise _refused(key.start_mark, f'the key "{key.value}" stands there twice')
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:null", r"^(?:~|null|)$", ("~", "n", "")),
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", ("t", "f")),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]{0,17})$", tuple("-0123456789")),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def parse(text: str) -> tuple[Node | None, Any]:
    """Return a document as a tree that knows its lines, and as plain values.

    Raises:
        yaml.YAMLError: When it is not the YAML that is taken.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def line_of(node: Node | None, place: Sequence[str | int]) -> int:
    """Return the line, from 1, of the nearest thing on the way to a place."""
    line = 1
    for part in place:
        if isinstance(node, MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == part]
            if not pairs:
                continue
            key, node = pairs[0]
            line = key.start_mark.line + 1
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            entry: Node = node.value[part]
            node, line = entry, entry.start_mark.line + 1
    return line


def _refused(mark: yaml.Mark, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
