"""YAML that a person typed: plain values with their lines, and a refusal for everything else."""

from __future__ import annotations

import contextlib
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import yaml_text
from assets.yaml_text import YamlError, line_of, parse

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=20)
VALUES = st.recursive(
    TEXTS | st.integers(-(10**15), 10**15) | st.booleans() | st.none(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(TEXTS, inside, max_size=4),
    max_leaves=20,
)
LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.fixture(params=["libyaml", "python"])
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read with each of the two readers that a Python may have."""
    monkeypatch.setattr(yaml_text, "_Loader", yaml.CSafeLoader if request.param == "libyaml" else yaml.SafeLoader)


@pytest.mark.parametrize(
    "text", ["no", "Yes", "1.0", "00501", "2026-05-14", "1_000", "0x1F", "1:30", ".inf", "<<", "1e3"]
)
@pytest.mark.usefixtures("_loader")
def test_what_looks_like_text_is_text(text: str) -> None:
    assert parse(f"a: {text}")[1] == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [("~", None), ("null", None), ("", None), ("true", True), ("false", False), ("-12", -12), ("'12'", "12")],
)
@pytest.mark.usefixtures("_loader")
def test_what_is_no_text_is_what_it_says(text: str, value: object) -> None:
    assert parse(f"a: {text}")[1] == {"a": value}


@given(VALUES)
@settings(max_examples=200)
def test_what_was_dumped_is_read_back(value: object) -> None:
    # The dumper anchors what stands twice, and tells a key from text that looks like a value by quotes only.
    text = yaml.dump(value, Dumper=_Plain, allow_unicode=True)
    assert parse(text)[1] == value


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - as the base class has it
        return True


@pytest.mark.usefixtures("_loader")
def test_everything_knows_its_line() -> None:
    places, values = parse("# a comment\na: 1\nb:\n  - c: 2\n    d:\n      x\n  - [p,\n     q]\n")
    assert values == {"a": 1, "b": [{"c": 2, "d": "x"}, ["p", "q"]]}
    lines = {("a",): 2, ("b",): 3, ("b", 0): 4, ("b", 0, "c"): 4, ("b", 0, "d"): 5, ("b", 1): 7, ("b", 1, 1): 8}
    assert {path: line_of(places, path) for path in lines} == lines
    assert line_of(places, ("b", 1, 7, "nothing")) == 7
    assert line_of(places, ()) == 1


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (LAUGHS, 2, "an alias"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "a tag"),
        ("a: 1\nb: !mine x\n", 2, "a tag"),
        ("a: 1\nb: 2\na: 3\n", 3, 'the key "a" stands there twice'),
        ("a: 1\n? [b]\n: 2\n", 2, "a key is no single word"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: 1\nb: " + "[" * 100, 2, "too deeply"),
        ("\n" + "".join(f"{' ' * depth}a:\n" for depth in range(1000)), 22, "too deeply"),
        ("a: 1\nb: \0\n", 2, "no text"),
        ("a: 1\nb: \ud800\n", 2, "no text"),
        ('a: 1\nb: "\\0"\n', 2, "no character"),
        ("a: 1\nb:\n\tc\n", 3, "a tab stands where only blanks may"),
        ("a: 1\nb: [1\n", 3, "expected ',' or ']'"),
    ],
)
@pytest.mark.usefixtures("_loader")
def test_what_is_not_taken_is_refused_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert problem in caught.value.problem
    assert caught.value.line == line


@given(st.text(max_size=200) | st.text(st.sampled_from("ab:- \n[]{}&*!|>'\"#%?,\t\\"), max_size=60))
@settings(max_examples=500)
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        places, _ = parse(text)
    except YamlError as error:
        line = error.line
    else:
        line = places.line
    assert 1 <= line <= len(text.splitlines()) + 1


def test_a_hostile_text_costs_no_time() -> None:
    began = time.process_time()
    for text in (
        "[" * 250_000,
        "{a: " * 60_000,
        LAUGHS * 1000,
        "- " * 100_000,
        "? " * 100_000,
        "a: |\n" + " x\n" * 80_000,
    ):
        with contextlib.suppress(YamlError):
            parse(text)
    assert time.process_time() - began < 5
