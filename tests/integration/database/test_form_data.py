"""What `check_form_data` says of answers: its sentences, and that an independent judge agrees with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors
from psycopg.types.json import Jsonb

from tests.integration.database.forms import FIELDS, GOOD, UNJUDGED, Data, Field, check, judge, make_template
from tests.integration.database.seed import one

if TYPE_CHECKING:
    from collections.abc import Iterator

Connection = psycopg.Connection[Any]

SENTENCES = [
    ({"phone": None}, "required", "Phone is required: fill it in before you submit."),
    ({"phone": "5551234"}, "pattern", 'Phone is "5551234": write it like 555-1234.'),
    ({"phone": True}, "type", "Phone must be text, not true: write it as text."),
    ({"notes": "ab"}, "min_length", "Notes has 2 characters: write at least 3."),
    ({"notes": "abc abc abc"}, "max_length", "Notes has 11 characters: shorten it to at most 10."),
    ({"notes": "a\tb\n<c>"}, "pattern", 'Notes is "a b <c>": write it so that it matches [a-z ]*.'),
    ({"budget": "abc"}, "type", 'Budget must be a number, not "abc": write digits only, such as 1250.50.'),
    ({"budget": 0.5}, "min", "Budget is 0.5: enter at least 1."),
    ({"budget": "5000.51"}, "max", 'Budget is "5000.51": enter at most 5000.5.'),
    ({"fuel": "gaz"}, "options", 'Fuel is "gaz": choose one of gas, electric, oil.'),
    ({"fuel": "x" * 50}, "options", f'Fuel is "{"x" * 40}…": choose one of gas, electric, oil.'),
    ({"fuel": ["gas"]}, "type", "Fuel must be one choice, not a list: choose one of gas, electric, oil."),
    ({"work": "repair"}, "type", "Work must be a list of choices: choose among repair, install, tune-up."),
    ({"work": ["repair", "paint"]}, "options", 'Work has "paint": choose among repair, install, tune-up.'),
    ({"work": ["repair", "repair"]}, "distinct", 'Work has "repair" more than once: choose it once.'),
    ({"work": ["repair", "install", "tune-up"]}, "max_choices", "Work has 3 choices: keep at most 2."),
    ({"photo": [{"size": 5}]}, "type", "Photo holds something that is no file: attach the file again."),
]
# The last answer that a rule lets pass and the first that it does not, and patterns that are read in a certain way.
BORDERS = [
    ("Text", {"min_length": 3}, ["abc"], ["ab"]),
    ("Text", {"max_length": 3}, ["abc"], ["abcd"]),
    ("Text", {"pattern": ".*"}, ["a" * 1000], ["a" * 1001]),
    ("Text", {"pattern": "a|bc"}, ["a", "bc"], ["ac", "abc"]),
    ("Text", {"pattern": "(a{50}){50}"}, [], ["b"]),
    *(("Text", {"pattern": pattern}, ["b"], []) for pattern in UNJUDGED),
    ("Numeric", {"min": 1}, [1, "1.0"], [0.99, "-1"]),
    ("Numeric", {"max": 1}, [1, "1.0", "-1"], [1.01, "1.01"]),
    ("Numeric", {"min": "3", "max": "1"}, [2], []),
    ("Multiple select", {"max_choices": 2}, [["a", "b"]], [["a", "b", "c"]]),
    ("Multiple select", {}, [["a", 1]], [["a", "a"], [1, "1"], ["a", "d"], [["a"]], "a"]),
    ("Single select", {}, ["a", 1], ["A", " a", True]),
    ("File", {}, ["a", {"name": "a"}, {"url": "a"}], [{"name": " "}, {"url": 1}, ["a", 1], ["a", ""]]),
]
NUMBERS = ["-3", "1", " 2 ", "0003", "12.50", 4, 4.25]
NO_NUMBERS = ["", "$5000", "1,000", "1e3", "1.", ".5", "+1", "0x10", "NaN", "Infinity", "١٢", "1" * 101, True, [1], {}]


@pytest.fixture
def template(connection: Connection) -> Any:
    """Write a template with fields of every type."""
    return make_template(connection, FIELDS)


@pytest.mark.parametrize(("answers", "rule", "problem"), SENTENCES)
def test_a_fault_is_a_sentence_that_says_what_to_do(
    connection: Connection, template: Any, answers: Data, rule: str, problem: str
) -> None:
    (name,) = answers
    assert check(connection, template, GOOD | answers) == [(name, rule, problem)]


def test_every_fault_is_told_in_the_order_of_the_form(connection: Connection, template: Any) -> None:
    data = {"work": ["repair", "repair", "x"], "budget": "x", "notes": "A"}
    told = [(name, rule) for name, rule, _ in check(connection, template, data)]
    assert told == [
        ("phone", "required"), ("notes", "min_length"), ("notes", "pattern"), ("budget", "type"),
        ("work", "options"), ("work", "distinct"), ("work", "max_choices"),
    ]  # fmt: skip


@pytest.mark.parametrize("answer", [1, {"url": "https://x.example/a"}, {"name": "a.png"}, ["a", {"name": "b"}], {}])
def test_what_is_a_file(connection: Connection, template: Any, answer: object) -> None:
    faulty = answer in (1, {})
    assert bool(check(connection, template, GOOD | {"photo": answer})) is faulty


@pytest.mark.parametrize(("field_type", "rules", "good", "bad"), BORDERS)
def test_where_a_rule_begins(
    connection: Connection, field_type: str, rules: dict[str, Any], good: list[Any], bad: list[Any]
) -> None:
    template = make_template(connection, [Field("a", field_type, options=("a", "b", "c", "1"), rules=rules)])
    assert [answer for answer in good if check(connection, template, {"a": answer})] == []
    assert [answer for answer in bad if not check(connection, template, {"a": answer})] == []


@pytest.mark.parametrize("answer", [None, "", " \t\r\n", "\u00a0", []])
@pytest.mark.parametrize("field_type", ["Text", "Numeric", "Single select", "Multiple select", "File"])
def test_what_is_not_filled(connection: Connection, field_type: str, answer: object) -> None:
    for required in (True, False):
        field = Field("a", field_type, is_required=required, options=("a",), rules={"min_length": 1, "pattern": "b"})
        template = make_template(connection, [field], f"x{required:d}")
        assert [rule for _, rule, _ in check(connection, template, {"a": answer})] == ["required"] * required


@pytest.mark.parametrize("answer", NUMBERS + NO_NUMBERS)
def test_what_is_a_number(connection: Connection, answer: object) -> None:
    template = make_template(connection, [Field("n", "Numeric", is_required=True)])
    assert bool(check(connection, template, {"n": answer})) is (answer not in NUMBERS or isinstance(answer, bool))


@pytest.mark.parametrize("data", [None, [], "x", 1])
def test_data_that_are_no_object_hold_no_answers(connection: Connection, template: Any, data: object) -> None:
    assert [rule for _, rule, _ in check(connection, template, data)] == ["required"]


def test_a_template_that_does_not_exist_is_an_error(connection: Connection) -> None:
    with pytest.raises(errors.NoDataFound, match=r"Template \(none\) does not exist"):
        connection.execute("SELECT * FROM check_form_data(NULL, '{}')")


@pytest.mark.parametrize(
    "pattern",
    [
        *UNJUDGED, "((((a+)+)+)+)+b", "(a|a)*b", "(?:(?=(a+))a*)*b", "(a*)*(a*)*(a*)*c", "(((a{1,255}){1,255}){1,255})",
        "(" * 400, "(?<=(a{1,200}){1,200})b", r"(.*)(.*)(.*)\3\2\1x", "(?:(?:a?){49}a){49}", "[a-z]{255}" * 40,
    ],
)  # fmt: skip
def test_no_pattern_takes_for_ever(connection: Connection, pattern: str) -> None:
    template = make_template(connection, [Field("a", "Text", rules={"pattern": pattern})])
    connection.execute("SET LOCAL statement_timeout = '20s'")
    check(connection, template, {"a": "a" * 1000})
    check(connection, template, {"a": "a" * 1_000_000})


TEXTS = st.sampled_from(["", " ", "\u00a0", "a", "bc", "abc", "b\nx", "gas", "oil", "1", "2.0", " 7 ", "555-1234", "é",
                         "-3", "5e1", "1" * 101, "a" * 1001])  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-12, 12), st.integers(-40, 40).map(lambda n: n / 4), TEXTS,
    st.text("abx1. -", max_size=8),
)  # fmt: skip
FILES = st.dictionaries(st.sampled_from(["url", "name", "size"]), SCALARS, max_size=2)
ANSWERS = st.one_of(SCALARS, st.lists(SCALARS, max_size=5), st.lists(TEXTS, max_size=4), FILES, st.lists(FILES))
RULES = st.fixed_dictionaries(
    {},
    optional={
        "min": st.one_of(st.integers(-10, 10), st.just("1")),
        "max": st.one_of(st.integers(-10, 10), st.just(2.25), st.none()),
        "min_length": st.integers(0, 4),
        "max_length": st.one_of(st.integers(0, 8), st.just([8])),
        "max_choices": st.integers(0, 3),
        "pattern": st.sampled_from(["[0-9]{3}-[0-9]{4}", "[a-c]+", "a|bc", ".*x", "b.x", "a{2,}", 7, *UNJUDGED]),
        "unknown": st.just({}),
    },
)


@st.composite
def fields(draw: st.DrawFn) -> list[Field]:
    """Draw the fields of a template."""
    types = st.sampled_from(["Text", "Numeric", "Single select", "Multiple select", "File"])
    return [
        Field(
            f"f{place}", draw(types), f"Field {place}", draw(st.booleans()),
            tuple(draw(st.lists(st.sampled_from(["gas", "oil", "a", "1", "2.0"]), min_size=1, unique=True))),
            draw(RULES), draw(st.sampled_from([None, "", "abc", "555-1234"])),
            retired=draw(st.integers(0, 7)) == 0, group_retired=draw(st.integers(0, 7)) == 0,
        )
        for place in range(draw(st.integers(1, 5)))
    ]  # fmt: skip


@pytest.fixture(scope="module")
def owner(shared_database: str) -> Iterator[Connection]:
    """Give the owner's connection for examples, each of which is rolled back."""
    with psycopg.connect(shared_database, autocommit=True) as conn:
        yield conn


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=fields(), data=st.data())
def test_an_independent_judge_agrees(owner: Connection, fields: list[Field], data: st.DataObject) -> None:
    answers = data.draw(st.fixed_dictionaries({"other": ANSWERS}, optional={each.name: ANSWERS for each in fields}))
    with owner.transaction(force_rollback=True):
        told = check(owner, make_template(owner, fields), answers)
    assert [(name, rule) for name, rule, _ in told] == judge(fields, answers)
    for name, _, problem in told:
        assert problem.startswith(f"Field {name[1:]} ")
        assert problem.endswith(".")
        assert problem.isprintable() or "\u00a0" in problem
        assert len(problem) < 200


def test_a_submitted_form_is_judged_as_it_is_checked(connection: Connection, template: Any) -> None:
    contractor = one(connection, "INSERT INTO mep_contractor_configs (contractor_name) VALUES ('A') RETURNING id")
    data = {"budget": "SECRET", "fuel": "gaz", "work": 1}
    with pytest.raises(errors.CheckViolation) as caught:
        connection.execute(
            "SELECT create_form_submission(%s, %s, 'F', %s, 'x', 'submitted')", [template, contractor, Jsonb(data)]
        )
    said = caught.value.diag
    assert (said.sqlstate, said.constraint_name) == ("23514", "mep_form_submissions_answers")
    assert said.message_primary == "The form cannot be submitted: 4 answers to correct, the first is Phone (required)."
    connection.rollback()
    template = make_template(connection, FIELDS)
    told = check(connection, template, data)
    assert said.message_detail is not None
    detail = one(
        connection, "SELECT array_agg(ARRAY[field, rule, problem]) FROM jsonb_to_recordset(%s)"
        " AS f (field text, rule text, problem text)", said.message_detail,
    )  # fmt: skip
    assert [tuple(each) for each in detail] == told
