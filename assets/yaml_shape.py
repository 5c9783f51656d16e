"""Shapes of YAML files that people write: what their models share, and what does not fit, in sentences.

What belongs here: what is said of any such file. What does not: the shape of one (override files, templates, presets),
and which YAML is taken (`yaml_text`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError

_ONE_OF = {"columns": "column", "groups": "group", "fields": "field", "options": "option", "presets": "preset"}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=1000)]
"""Text, also where it looks like a number or a truth value."""


class Shape(BaseModel):
    """A part of a file; what it does not name may not stand there."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def misfits(error: ValidationError, docs: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield what does not fit a shape: the path to it, and what is wrong there and to be done, without a full stop.

    Args:
        error: As pydantic raised it.
        docs: The document that shows the shape.
    """
    for fault in error.errors():
        path = tuple(fault["loc"])
        yield path, f"{_place(path)} {_said(fault['type'], fault['msg'], fault['input'], docs)}"


def _place(path: tuple[str | int, ...]) -> str:
    words = [
        f"{part + 1}" if isinstance(part, int) else _ONE_OF.get(part, part) if isinstance(then, int) else part
        for part, then in zip(path, (*path, None)[1:], strict=True)
    ]
    return printable(" ".join(word for word in words if not word.startswith(("literal", "dict")))) or "the file"


def _said(kind: str, message: str, given: Any, docs: str) -> str:
    shown = f' "{printable(given)[:40]}"' if isinstance(given, str) else ""
    if kind in ("model_type", "model_attributes_type"):
        return f"is no group of settings: write it as {docs} shows"
    if kind == "extra_forbidden":
        return f"is not known: take it out ({docs} lists what there is)"
    if kind == "missing":
        return f"is missing: write it ({docs} shows how)"
    if given == "" and kind in ("too_short", "string_too_short"):
        return "is empty: write something"
    if kind == "bool_type":
        return f"is no truth value{shown and f', but{shown}'}: write true or false"
    if kind == "value_error":
        said = printable(message.removeprefix("Value error, ").rstrip("."))
        return said if said.startswith(("needs", "has", "is ")) else f"does not fit. {said}"
    return f"does not fit{shown} ({message[0].lower()}{message[1:]}): correct it"
