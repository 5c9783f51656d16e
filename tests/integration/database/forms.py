"""A template with fields of every type, and an independent judge of answers, in plain Python."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.integration.database.seed import one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg

Data = dict[str, Any]

WHITE = " \t\n\r\u00a0"
UNJUDGED = (r"(", r"(a)\1", "(a{60}){60}")
"""Patterns that the database does not judge: malformed, referring back, and too large a machine."""


@dataclass(frozen=True)
class Field:
    """A field of a template, as its row says it."""

    name: str
    field_type: str
    label: str = "Answer"
    is_required: bool = False
    options: tuple[str, ...] = ()
    rules: dict[str, Any] = field(default_factory=dict[str, Any])
    placeholder: str | None = None
    retired: bool = False
    group_retired: bool = False


FIELDS = (
    Field("phone", "Text", "Phone", is_required=True, rules={"pattern": "[0-9]{3}-[0-9]{4}"}, placeholder="555-1234"),
    Field("notes", "Text", "Notes", rules={"min_length": 3, "max_length": 10, "pattern": "[a-z ]*"}),
    Field("budget", "Numeric", "Budget", rules={"min": 1, "max": 5000.5}),
    Field("fuel", "Single select", "Fuel", options=("gas", "electric", "oil")),
    Field("work", "Multiple select", "Work", options=("repair", "install", "tune-up"), rules={"max_choices": 2}),
    Field("photo", "File", "Photo"),
)
GOOD: Data = {"phone": "555-1234", "budget": "250.5", "fuel": "gas", "work": ["repair"], "photo": "a.png", "more": [1]}


def make_template(conn: psycopg.Connection[Any], fields: Sequence[Field], name: str = "intake") -> UUID:
    """Write a template with these fields in this order, and return its id."""
    ids = {"template": uuid4(), "group": uuid4(), "retired": uuid4()}
    conn.execute(
        "INSERT INTO templates (id, name, display_name, trade) VALUES (%(template)s, %(name)s, 'Intake', 'hvac')",
        ids | {"name": name},
    )
    conn.execute(
        "INSERT INTO template_groups (id, template_id, name, retired_at) VALUES"
        " (%(group)s, %(template)s, 'Now', NULL), (%(retired)s, %(template)s, 'Once', now())",
        ids,
    )
    for place, each in enumerate(fields):
        conn.execute(
            """
            INSERT INTO template_fields (
                template_id, group_id, name, label, field_type, is_required, options, placeholder, validation_rules,
                display_order, retired_at
            ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, CASE WHEN %s THEN now() END)
            """,
            [
                ids["template"], ids["retired" if each.group_retired else "group"], each.name, each.label,
                each.field_type, each.is_required, list(each.options), each.placeholder, Jsonb(each.rules), place,
                each.retired,
            ],
        )  # fmt: skip
    return ids["template"]


def check(conn: psycopg.Connection[Any], template: UUID, data: object) -> list[tuple[str, str, str]]:
    """Return what `check_form_data` says, as field, rule and problem."""
    query = "SELECT field, rule, problem FROM check_form_data(%s, %s)"
    return conn.execute(query, [template, Jsonb(data)]).fetchall()


def make_form(
    conn: psycopg.Connection[Any], ids: dict[str, Any], data: Data | None = None, status: str = "draft"
) -> UUID:
    """Create a form of the template `form`, complete unless its data are given."""
    return one(
        conn, "SELECT create_form_submission(%s, %s, 'Lead', %s, 'tech@a.example', %s)", ids["form"],
        ids["contractor"], Jsonb(GOOD if data is None else data), status,
    )  # fmt: skip


def judge(fields: Sequence[Field], data: Data) -> list[tuple[str, str]]:
    """Judge answers as the documentation says, and return field and rule of each fault, in the order of the form."""
    return [
        (each.name, rule)
        for each in fields
        if not each.retired and not each.group_retired
        for rule in _rules_broken(each, data.get(each.name))
    ]


def _rules_broken(asked: Field, answer: object) -> Iterator[str]:
    if answer in (None, []) or (isinstance(answer, str) and not answer.strip(WHITE)):
        if asked.is_required:
            yield "required"
        return
    yield from _JUDGES[asked.field_type](asked, answer)


def _text(answer: object) -> str | None:
    if isinstance(answer, str):
        return answer
    return json.dumps(answer) if isinstance(answer, int | float) and not isinstance(answer, bool) else None


def _limit(asked: Field, key: str) -> float | None:
    value = asked.rules.get(key)
    return value if isinstance(value, int | float) else None


def _judge_text(asked: Field, answer: object) -> Iterator[str]:
    text = _text(answer)
    if text is None:
        yield "type"
        return
    least, most, pattern = _limit(asked, "min_length"), _limit(asked, "max_length"), asked.rules.get("pattern")
    if least is not None and len(text) < least:
        yield "min_length"
    if most is not None and len(text) > most:
        yield "max_length"
    judged = isinstance(pattern, str) and pattern not in UNJUDGED
    if judged and (len(text) > 1000 or not re.fullmatch(pattern, text, re.DOTALL)):
        yield "pattern"


def _judge_number(asked: Field, answer: object) -> Iterator[str]:
    text = (_text(answer) or "").strip(WHITE)
    if len(text) > 100 or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        yield "type"
        return
    least, most = _limit(asked, "min"), _limit(asked, "max")
    if least is not None and Decimal(text) < Decimal(str(least)):
        yield "min"
    if most is not None and Decimal(text) > Decimal(str(most)):
        yield "max"


def _judge_choice(asked: Field, answer: object) -> Iterator[str]:
    text = _text(answer)
    if text is None:
        yield "type"
    elif text not in asked.options:
        yield "options"


def _judge_choices(asked: Field, answer: object) -> Iterator[str]:
    texts = [_text(each) for each in answer] if isinstance(answer, list) else [None]
    if None in texts:
        yield "type"
        return
    most = _limit(asked, "max_choices")
    if not set(texts) <= set(asked.options):
        yield "options"
    if len(set(texts)) < len(texts):
        yield "distinct"
    if most is not None and len(texts) > most:
        yield "max_choices"


def _judge_file(_: Field, answer: object) -> Iterator[str]:
    for each in answer if isinstance(answer, list) else [answer]:
        named = [each.get("url"), each.get("name")] if isinstance(each, dict) else [each]
        if not any(isinstance(name, str) and name.strip(WHITE) for name in named):
            yield "type"
            return


_JUDGES: dict[str, Callable[[Field, object], Iterator[str]]] = {
    "Text": _judge_text,
    "Numeric": _judge_number,
    "Single select": _judge_choice,
    "Multiple select": _judge_choices,
    "File": _judge_file,
}
