"""A contractor's override file, `mappings/<contractor>/<Type>.yaml`: what a person decided about a type's columns.

What belongs here: the file's shape, and reading it as text that nobody has to be trusted for. What does not: what its
decisions do to a file (`deciding`). `docs/mapping.md` documents it for those who write one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
from pydantic import ConfigDict, Field, ValidationError, model_validator

from assets.csv_imports.mapping.matching import plain
from assets.csv_imports.values import functions, phones
from assets.errors import PipelineError
from assets.text import printable
from assets.yaml_shape import Shape, Text, misfits
from assets.yaml_text import YamlError, line_of, parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from assets.record_types import RecordType

MAX_BYTES = 256 * 1024
DOCS = "docs/mapping.md"


class OverrideError(PipelineError):
    """Say which override file is wrong, where, and what to write instead."""


Order = Literal["MDY", "DMY"]


class Step(Shape):
    """A transformation before the field's own parser; whatever else it holds are its parameters."""

    model_config = ConfigDict(extra="allow", frozen=True)
    rule: Text

    @model_validator(mode="after")
    def _is_known(self) -> Step:
        try:
            functions.validate_step(self.rule, self.params)
        except functions.UnusableStep as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def params(self) -> dict[str, Any]:
        """The transformation's parameters."""
        return dict(self.model_extra or {})


class Rule(Shape):
    """What a field's value must keep to: a regular expression, or a SQL expression over the row's fields."""

    regex: Text | None = None
    sql: Text | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Rule:
        if (self.regex is None) == (self.sql is None):
            raise ValueError("needs either a regex or a sql expression: write one of the two")
        try:
            if self.regex is not None:
                pl.Series([""]).str.contains(self.regex)
            else:
                pl.sql_expr(self.sql or "")
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise ValueError(f"{_reason(error)}: correct the rule") from None
        return self


class Column(Shape):
    """What one column is."""

    header: Text
    field: Text | None
    transform: list[Step] = Field(default_factory=list[Step], max_length=20)
    check: Rule | None = Field(None, alias="validate")
    message: Text | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Column:
        if self.field is None and (self.transform or self.check):
            raise ValueError("is not sent, so nothing is transformed or validated: name its field or take that out")
        if self.message and not self.check:
            raise ValueError("has a message but no rule to validate: add the rule or take the message out")
        return self


class Phones(Shape):
    """How phone numbers are read."""

    country: Text


class Content(Shape):
    """An override file."""

    version: Literal[1]
    type: Text
    columns: list[Column] = Field(default_factory=list[Column], max_length=2000)
    defaults: dict[Text, Text] = Field(default_factory=dict[str, str])
    allowed: dict[Text, list[Text]] = Field(default_factory=dict[str, list[str]])
    dates: Order | dict[Text, Order] = Field(default_factory=dict[str, Order])
    phones: Phones | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """An override file that was read: its content, and the SHA-256 of the very bytes."""

    content: Content
    sha256: str


def load(folder: Path | None, record_type: RecordType) -> Override | None:
    """Read a contractor's override file for a type; None where there is none.

    Args:
        folder: The contractor's; None for none.
        record_type: The type.

    Raises:
        OverrideError: In one line, when it cannot be read or says what cannot be meant.
    """
    path = folder / f"{record_type.name}.yaml" if folder else None
    return parsed(content_of(path), shown(path), record_type) if path and path.exists() else None


def content_of(path: Path) -> bytes:
    """Return the bytes of an override file.

    Raises:
        OverrideError: When it is none, by its size.
    """
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise OverrideError(f"{shown(path)} is no text file of at most {MAX_BYTES // 1024} KiB: correct or remove it.")
    return path.read_bytes()


def shown(path: Path) -> str:
    """Return the name of an override file, for messages."""
    return printable(f"{path.parent.name}/{path.name}")


def parsed(data: bytes, name: str, record_type: RecordType) -> Override:
    """Read the content of an override file.

    Args:
        data: Its bytes.
        name: Its name, for messages.
        record_type: The type that it is to speak of.

    Raises:
        OverrideError: As `load` does.
    """
    try:
        places, values = parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise OverrideError(f"{name} is not in UTF-8: save it as UTF-8.") from None
    except YamlError as error:
        problem = f"is not the YAML that is expected ({printable(error.problem)}): correct it"
        raise OverrideError(f"{name}, line {error.line} {problem}.") from None
    try:
        content = Content.model_validate(values)
    except ValidationError as error:
        place, said = next(misfits(error, DOCS))
        raise OverrideError(f"{name}, line {line_of(places, place)}: {said}.") from None
    for place, said in _misfits(content, record_type):
        raise OverrideError(f"{name}, line {line_of(places, place)}: {said}.")
    return Override(content, hashlib.sha256(data).hexdigest())


def _misfits(content: Content, record_type: RecordType) -> list[tuple[tuple[str | int, ...], str]]:
    """Return what a file of the right shape says wrongly about the type: the place, and what to do."""
    if content.type != record_type.name:
        return [(("type",), f'type is "{content.type}" in a file named {record_type.name}.yaml: make them the same')]
    fields = {field.name: field for field in record_type.fields}
    targets = [*fields, *(part.name for part in record_type.parts)]
    several = {name for name, field in fields.items() if field.kind.is_list or field.refers_to}
    found: list[tuple[tuple[str | int, ...], str]] = []
    headers: set[str] = set()
    taken: set[str] = set()
    for number, column in enumerate(content.columns):
        place = ("columns", number)
        if plain(column.header) in headers:
            found.append(((*place, "header"), f'the header "{printable(column.header)}" stands there twice: keep one'))
        headers.add(plain(column.header))
        if column.field is None:
            continue
        if column.field not in targets:
            known = f"write one of {', '.join(targets)}, or null for a column that is not sent"
            found.append(((*place, "field"), f'{record_type.name} has no field "{printable(column.field)}": {known}'))
        if column.field in taken - several:
            found.append(((*place, "field"), f'the field "{column.field}" has a column already: keep one of the two'))
        taken.add(column.field)
    dates = content.dates if isinstance(content.dates, dict) else {}
    named: dict[str, Iterable[str]] = {"defaults": content.defaults, "allowed": content.allowed, "dates": dates}
    for section, names in named.items():
        known = [n for n, field in fields.items() if section != "dates" or field.kind in ("date", "datetime")]
        listed = ", ".join(known) or "none"
        found += [
            ((section, name), f'{section} names "{printable(name)}": write one of {listed}')
            for name in names
            if name not in known
        ]
    if content.phones and content.phones.country not in phones.COUNTRIES:
        found.append((("phones", "country"), "country is no country: write two capital letters, such as US"))
    return found


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return printable(next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), lines[0]))
