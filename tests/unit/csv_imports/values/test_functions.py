"""Transformations: each does what it says to a whole column, and leaves alone what it cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.mapping.decision import Mapping, Transformation
from assets.csv_imports.values.functions import FUNCTIONS, RULES, UnusableStep, apply_step, validate_step
from tests.unit.csv_imports.conftest import quick, text

if TYPE_CHECKING:
    import polars as pl

    from assets.csv_imports.values.kinds import Parsed

OTHERS = {"Last": text("O'Neil", None, "Ray"), "Suffix": text("Jr.", None, None)}


def step(function: str, written: list[str | None], **params: Any) -> Parsed:
    """Put a column through a transformation: one of the guide's, or a function of `custom`."""
    rule, given_params = (function, params) if function in RULES else ("custom", {"function": function, **params})
    validate_step(rule, given_params)
    return apply_step(rule, given_params, text(*written), lambda header: OTHERS[header])


def done(function: str, *written: str | None, **params: Any) -> list[str | None]:
    return step(function, list(written), **params).values.to_list()


def test_whatever_a_mapping_writes_down_is_a_transformation_that_there_is() -> None:
    for record_type in catalogue.TYPES:
        names = [field.name for field in record_type.fields] + [part.name for part in record_type.parts]
        mapping = Mapping(record_type, names, columns={name: [place] for place, name in enumerate(names)})
        for row in mapping.rows():
            assert row.rule in {None, *RULES, "custom"}
            if row.rule == "custom":
                assert (row.params or {})["function"] in FUNCTIONS


def test_the_guides_rules_are_all_there() -> None:
    assert {*RULES, "custom"} == {"trim", "uppercase", "parse_date", "parse_number", "custom"}


@pytest.mark.parametrize(
    ("function", "params", "written", "made"),
    [
        ("trim", {}, ["a", None], ["a", None]),
        ("uppercase", {}, ["ab-1 é", None], ["AB-1 É", None]),
        ("lowercase", {}, ["AB-1 É", None], ["ab-1 é", None]),
        ("parse_date", {"order": "DMY"}, ["3/4/2021", "Inst: 14/3/21", "soon"], ["2021-04-03", "2021-03-14", "soon"]),
        ("parse_date", {"order": "MDY"}, ["3/4/2021", None], ["2021-03-04", None]),
        ("parse_date", {}, ["3/4/2021", "Mar 4, 2021"], ["3/4/2021", "2021-03-04"]),
        ("parse_number", {}, ["$1,234.50", "(5)", "5-", "n/a"], ["1234.50", "-5", "-5", "n/a"]),
        ("parse_number", {"decimal": ","}, ["1.234,50 €", "1 234,5", "5,", "(0,5)"],
         ["1234.50", "1234.5", "5", "-0.5"]),
        ("parse_number", {"decimal": ","}, ["1.234.567", "1.5", "1,234.5"], ["1234567", "1.5", "1,234.5"]),
        ("value_map", {"values": {"a": "Active", " L ": "Lead"}}, ["A", "l", "x", None], ["Active", "Lead", "x", None]),
        ("value_map", {"values": {"A": "Active"}, "default": "Other"}, ["a", "x", None], ["Active", "Other", None]),
        ("value_map", {"values": {"A": "Active"}, "ignore_case": False}, ["A", "a"], ["Active", "a"]),
        ("value_map", {"values": {"STRASSE": "x"}}, ["straße"], ["x"]),
        ("value_map", {"values": {"A": "B", "B": "A"}}, ["A", "B"], ["B", "A"]),
        ("split", {"separator": ", ", "part": 1}, ["Ray, Ann", "Bob", None], ["Ray", "Bob", None]),
        ("split", {"separator": ", ", "part": 2}, ["Ray, Ann", "Bob"], ["Ann", None]),
        ("split", {"separator": ".", "part": -1}, ["a.b.c", "a"], ["c", "a"]),
        ("concat", {"with": ["Last"]}, ["Ann", "Bob", None], ["Ann O'Neil", "Bob", "Ray"]),
        ("concat", {"with": ["Last", "Suffix"], "separator": ", "}, ["Ann", "B", "C"],
         ["Ann, O'Neil, Jr.", "B", "C, Ray"]),
        ("default", {"value": "Lead"}, ["x", None], ["x", "Lead"]),
        ("phone_to_e164", {}, ["(303) 555-0123", "n/a", None], ["+13035550123", "n/a", None]),
        ("phone_to_e164", {"country": "GB"}, ["020 7946 0958"], ["+442079460958"]),
        ("zip_code", {}, ["80202.0", "7030", "00501"], ["80202", "7030", "00501"]),
        ("yes_no", {}, ["Y", "no", "maybe", None], ["true", "false", "maybe", None]),
        ("split_list", {}, ["a;b"], ["a;b"]),
        ("parent_lookup", {}, ["Ann"], ["Ann"]),
        ("keep_as_name", {}, ["Ann"], ["Ann"]),
    ],
)  # fmt: skip
def test_a_transformation(
    function: str, params: dict[str, Any], written: list[str | None], made: list[str | None]
) -> None:
    assert done(function, *written, **params) == made


@pytest.mark.parametrize(
    ("function", "params", "written", "sentence"),
    [
        ("parse_date", {"order": "MDY"}, "3/4/21", "The year of 3/4/21 has two digits; read as 2021-03-04."),
        ("parse_number", {"decimal": ","}, "5,00 EUR", "The amount 5,00 EUR is sent without its currency."),
        ("zip_code", {}, "80202.0", "Excel had turned a zip code into 80202.0; sent as 80202."),
        ("phone_to_e164", {}, "3035550123 x4", "The phone number 3035550123 x4 is sent without its extension."),
    ],
)
def test_what_a_transformation_repairs_it_says(
    function: str, params: dict[str, Any], written: str, sentence: str
) -> None:
    assert step(function, [written, None], **params).repairs.to_list() == [sentence, None]


@pytest.mark.parametrize(
    ("rule", "params", "reason"),
    [
        ("shout", {}, 'There is no transformation "shout": write one of parse_date, parse_number, trim, uppercase.'),
        ("custom", {},
         'There is no function "": write one of concat, default, keep_as_name, lowercase, parent_lookup,'),
        ("custom", {"function": "eval"}, 'There is no function "eval": write one of '),
        ("custom", {"function": ["split"]}, "There is no function \"['split']\": write one of "),
        ("trim", {"order": "MDY"}, 'The parameter "order" of trim does not fit: '),
        ("parse_date", {"order": "YMD"},
         "The parameter \"order\" of parse_date does not fit: Input should be 'MDY' or"),
        ("parse_number", {"decimal": ";"}, 'The parameter "decimal" of parse_number does not fit: '),
        ("custom", {"function": "value_map"}, 'The parameter "values" of value_map does not fit: Field required.'),
        ("custom", {"function": "value_map", "values": {}},
         'The parameter "values" of value_map does not fit: '),
        ("custom", {"function": "value_map", "values": {"A": True}},
         'The parameter "values.A" of value_map does not fit: '),
        ("custom", {"function": "split", "separator": "", "part": 1},
         'The parameter "separator" of split does not fit: '),
        ("custom", {"function": "split", "separator": ",", "part": 0},
         'The parameter "part" of split does not fit: parts'),
        ("custom", {"function": "concat"}, 'The parameter "with" of concat does not fit: Field required.'),
        ("custom", {"function": "concat", "with": []}, 'The parameter "with" of concat does not fit: '),
        ("custom", {"function": "default", "value": ""}, 'The parameter "value" of default does not fit: '),
        ("custom", {"function": "phone_to_e164", "country": "us"},
         'The parameter "country" of phone_to_e164 does not fit: '),
        ("custom", {"function": "zip_code", "x": 1}, 'The parameter "x" of zip_code does not fit: '),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_meant_is_refused_in_one_line(rule: str, params: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnusableStep) as raised:
        validate_step(rule, params)
    assert str(raised.value).startswith(reason)
    assert str(raised.value).isprintable()


def test_checking_changes_no_parameters() -> None:
    params = {"function": "concat", "with": ["Last"]}
    validate_step("custom", params)
    assert Transformation("custom", params).params == {"function": "concat", "with": ["Last"]}


@quick
@given(st.lists(st.one_of(st.none(), st.text()), min_size=3, max_size=3))
def test_no_transformation_raises_or_loses_a_row(written: list[str | None]) -> None:
    params: dict[str, dict[str, Any]] = {
        "value_map": {"values": {"a": "b"}}, "split": {"separator": "a", "part": 1}, "concat": {"with": ["Last"]},
        "default": {"value": "x"},
    }  # fmt: skip
    for name in {**RULES, **FUNCTIONS}:
        made = step(name, written, **params.get(name, {}))
        values: pl.Series = made.values
        assert values.dtype == made.repairs.dtype == text().dtype
        assert len(values) == len(made.repairs) == 3
        if name not in ("concat", "default"):
            assert all(value is None for value, told in zip(values, written, strict=True) if told is None)
