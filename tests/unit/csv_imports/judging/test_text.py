"""Frames as text: what PostgreSQL reads back is what stood in the frame."""

from __future__ import annotations

import json
import math
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.csv_imports.judging.text import json_object, postgres_array, sent_form
from tests.unit.csv_imports.conftest import quick

UGLY = [
    'say "x"', "back\\slash", "\\", '"', "{", "}", ",", "'", "\t\r\n\x01\x1f\x7f", "\u2028\u2029", "😀", "é", "NULL",
    "", " ", "\\u0041", "//", "</script>", "\ufeff", "\U0010ffff",
]  # fmt: skip


@pytest.mark.parametrize("value", UGLY)
def test_a_text_comes_back_from_json(value: str) -> None:
    (written,) = json_object(pl.DataFrame({value: [value], "other": ["x"]}))
    assert json.loads(written) == {value: value, "other": "x"}


@pytest.mark.parametrize(
    "headers", [["*", "a"], ["^.*$", "a"], ["a", "^a$"], ["c1", "c0"], ["json", "member0", "literal"]]
)
def test_a_header_is_a_name_and_never_a_pattern(headers: list[str]) -> None:
    for value in ("x", None):
        frame = pl.DataFrame({name: [f"{name}!", value] for name in headers}, schema=dict.fromkeys(headers, pl.String))
        assert [json.loads(row) for row in json_object(frame)] == [
            {name: f"{name}!" for name in headers},
            {name: value for name in headers if value},
        ]


def test_nulls_are_left_out_and_values_keep_their_types() -> None:
    frame = pl.DataFrame(
        {
            "text": ["x", None], "list": [["a", "b"], None], "number": [1.5, -0.0], "whole": [7, None],
            "flag": [None, False], "day": [date(2026, 3, 1), None], "moment": [None, datetime(2026, 3, 1, 8, 30)],
        }
    )  # fmt: skip
    assert [json.loads(row) for row in json_object(sent_form(frame))] == [
        {"text": "x", "list": ["a", "b"], "number": 1.5, "whole": 7, "day": "2026-03-01"},
        {"number": 0.0, "flag": False, "moment": "2026-03-01T08:30:00Z"},
    ]
    assert json_object(frame.clear()).to_list() == []
    assert json_object(pl.DataFrame({"a": [None]}, schema={"a": pl.String})).to_list() == ["{}"]


@quick
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_exactly(number: float) -> None:
    (written,) = json_object(pl.DataFrame({"n": [number], "x": [None]}, schema_overrides={"x": pl.String}))
    assert math.isclose(json.loads(written)["n"], number, rel_tol=0)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@quick
@given(st.dictionaries(TEXT, st.lists(st.one_of(st.none(), TEXT), min_size=3, max_size=3), min_size=1, max_size=5))
def test_any_table_comes_back_from_json(columns: dict[str, list[str | None]]) -> None:
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    for row, written in zip(frame.iter_rows(named=True), json_object(frame), strict=True):
        pairs = json.loads(written, object_pairs_hook=list)
        assert pairs == [(name, value) for name, value in row.items() if value is not None]


def read_array(literal: str) -> list[str]:
    """Read a one-dimensional array of quoted elements, by the rules of PostgreSQL's manual (8.15.6)."""
    assert literal[0] + literal[-1] == "{}"
    found: list[str] = []
    rest = iter(literal[1:-1])
    for opening in rest:
        assert opening == '"'
        element = ""
        while (character := next(rest)) != '"':
            element += next(rest) if character == "\\" else character
        found.append(element)
        assert next(rest, ",") == ","
    return found


@quick
@given(st.lists(st.one_of(st.none(), st.lists(TEXT, max_size=4)), max_size=5))
def test_any_list_comes_back_from_its_array(lists: list[list[str] | None]) -> None:
    arrays = postgres_array(pl.Series(lists, dtype=pl.List(pl.String)))
    assert [None if array is None else read_array(array) for array in arrays] == lists


def test_ugly_elements_are_quoted() -> None:
    (array,) = postgres_array(pl.Series([['a"b', "c\\d", "", "NULL", "{x,y}"]], dtype=pl.List(pl.String)))
    assert array == r'{"a\"b","c\\d","","NULL","{x,y}"}'
    assert postgres_array(pl.Series([[], None], dtype=pl.List(pl.String))).to_list() == ["{}", None]
