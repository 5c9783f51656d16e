"""Values: what a cell means, kind by kind, against tables of real writings and oracles in plain Python."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.csv_imports.values.kinds import clean, parse
from assets.record_types import Kind
from tests.unit.csv_imports.conftest import quick, text

if TYPE_CHECKING:
    from decimal import Decimal

INVISIBLE = "\u200b\u200e\u202a\u202c\u2060\ufeff"


def values(kind: Kind, *written: str | None) -> list[Any]:
    return parse(kind, text(*written)).values.to_list()


@pytest.mark.parametrize("blank", ["", " ", "\t\r\n\v\f", "\x1c\x1d\x1e\x1f", "\xa0\u2003\u3000\x85", INVISIBLE])
def test_a_cell_that_shows_nothing_is_empty(blank: str) -> None:
    assert clean(text(blank, f"{blank}a b{blank}", None)).to_list() == [None, "a b", None]


@quick
@given(st.lists(st.one_of(st.none(), st.text())))
def test_cleaning_trims_what_python_trims_and_invisible_marks(cells: list[str | None]) -> None:
    for cell, cleaned in zip(cells, clean(text(*cells)), strict=True):
        assert cleaned is None or cleaned in (cell or "")
        bare = cell and re.sub(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$", "", cell)
        assert bool(bare) >= bool(cleaned)
        assert cleaned is None or cleaned == cleaned.strip() != ""


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0", 0), ("00", 0), ("-0", 0), ("5", 5), ("5.", 5), (".5", 0.5), ("0.10", 0.1), ("1234.5", 1234.5),
        ("1,234", 1234), ("1,234,567.89", 1234567.89), ("$5", 5), ("$ 5", 5), ("$1,234.50", 1234.5), ("-5", -5),
        ("- 5", -5), ("5-", -5), ("$5-", -5), ("-$5", -5), ("$-5", -5), ("(5)", -5), ("($1,234.50)", -1234.5),
        ("$(5.00)", -5), ("( 5 )", -5), ("5$", 5), ("USD 5", 5), ("usd5", 5), ("US$ 5", 5), ("-5 USD", -5),
        ("(5 USD)", -5),
        ("$5 USD", 5), ("7.2 kW", 7.2), ("7.2kw", 7.2), ("13.5 kWh", 13.5), ("99 USD", 99),
        ("1" + "0" * 308, 1e308),
    ],
)  # fmt: skip
def test_a_number(written: str, number: float) -> None:
    assert values(Kind.NUMBER, written) == [number]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("€5", 5),
        ("5 €", 5),
        ("£1,234.50", 1234.5),
        ("-£5", -5),
        ("(5.00 EUR)", -5),
        ("CAD 5", 5),
        ("C$5", 5),
        ("5 gbp", 5),
    ],
)
def test_a_currency_other_than_the_dollar_is_left_out_with_a_word(written: str, number: float) -> None:
    parsed = parse(Kind.NUMBER, text("$5", written, "5 USD"))
    assert parsed.values.to_list() == [5, number, 5]
    assert parsed.repairs.to_list() == [None, f"The amount {written} is sent without its currency.", None]


def test_what_stands_beside_a_number_in_its_column_makes_no_difference() -> None:
    written = ["5", "€5", "(5)", "n/a", "5.5", None, "$5"]
    assert values(Kind.NUMBER, *written) == [5, 5, -5, None, 5.5, None, 5]
    assert values(Kind.NUMBER, *written) == [values(Kind.NUMBER, one)[0] for one in written]


def test_nothing_is_owed_without_a_sign() -> None:
    assert [str(number) for number in values(Kind.NUMBER, "-0", "(0.00)", "$0-")] == ["0.0"] * 3


@pytest.mark.parametrize(
    "written",
    [
        "-", "$", "()", ".", ",", "five", "1e5", "NaN", "inf", "-inf", "0x10", "1_000", "1,23", "1,2345", "12,34,567",
        ",123", "1.234,56", "1.2.3", "5-10", "1/2", "303-555-0123", "1 234", "1 2", "12$34", "$5$5", "(5", "5)", "--5",
        "-5-", "(-5)", "-(5)", "$$5", "5%", "€", "USD", "5 XYZ", "٣", "５", "2 tons", "1" + "0" * 309,
    ],
)  # fmt: skip
def test_what_is_no_number_is_null_never_another_number(written: str) -> None:
    assert values(Kind.NUMBER, written) == [None]
    assert values(Kind.INTEGER, written) == [None]


@quick
@given(
    amount=st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False),
    form=st.sampled_from(["{}", "${}", "$ {}", "{} USD"]),
    sign=st.sampled_from(["-{}", "({})", "{}-"]),
    commas=st.booleans(),
)
def test_an_amount_is_the_decimal_that_was_written(amount: Decimal, form: str, sign: str, *, commas: bool) -> None:
    digits = f"{abs(amount):,.2f}" if commas else f"{abs(amount):.2f}"
    written = form.replace("{}", digits)
    if amount < 0:
        written = sign.format(digits)
    assert values(Kind.NUMBER, written) == [float(amount)]


@quick
@given(st.text("0123456789.,-+$()kWeE \t"))
def test_no_digit_is_lost_or_made_up(written: str) -> None:
    (number,) = values(Kind.NUMBER, *clean(text(written)))
    if number is not None:
        digits = "".join(re.findall(r"[0-9.]", written))
        assert float(digits) == abs(number)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12", 12), ("12.0", 12), ("12 months", 12), ("1 Month", 1), ("12 mo.", 12), ("24mos", 24), ("1,200", 1200),
        ("-3", -3), ("2147483647", 2**31 - 1), ("-2147483647", 1 - 2**31), ("2147483648", None), ("1.5", None),
        ("1 year", None), ("12 months 3", None),
    ],
)  # fmt: skip
def test_a_whole_number(written: str, number: int | None) -> None:
    assert values(Kind.INTEGER, written) == [number]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["true", "TRUE", "Yes", "y", "1", "T"], True),
        (["false", "False", "NO", "n", "0", "f"], False),
        (["maybe", "-", "2", "10", "x", "on", "01", "yes!", "n/a"], None),
    ],
)
def test_yes_and_no(words: list[str], value: bool | None) -> None:  # noqa: FBT001 - a table's column
    assert values(Kind.BOOLEAN, *words) == [value] * len(words)


@pytest.mark.parametrize(
    ("written", "state", "zipcode"),
    [
        ("07030", None, "07030"),
        ("80202-1234", None, "80202-1234"),
        ("K1A 0B1", "ON", "K1A 0B1"),
        ("k1a0b1", "ON", "k1a0b1"),
        *((written, state, None) for written in ("7030", "702", "030", "070300") for state in (None, "CO", "NY")),
        *((written, "NJ", None) for written in ("703", "703O", "7030-1234", "０７０３０", "80202-12", "80202 1234")),
        ("6011", "PR", None),
        *((written, "CO", None) for written in ("8020212345", "80202.5", "8.0202E+04", "80202123", "'8020", "7030.0")),
    ],
)  # fmt: skip
def test_a_zip_code_is_itself_or_null(written: str, state: str | None, zipcode: str | None) -> None:
    parsed = parse(Kind.ZIP, text(written), text(state))
    assert (parsed.values.to_list(), parsed.repairs.to_list()) == ([zipcode], [None])


@pytest.mark.parametrize(
    ("written", "state", "zipcode"),
    [("7030", "NJ", "07030"), ("7030", "nj", "07030"), ("2134", "Massachusetts", "02134"), ("601", "PR", "00601")],
)
def test_a_lost_zero_is_put_back_where_the_state_is_certain(written: str, state: str, zipcode: str) -> None:
    parsed = parse(Kind.ZIP, text(written), text(state))
    assert parsed.values.to_list() == [zipcode]
    zeros = "zeros" if zipcode.startswith("00") else "zero"
    assert parsed.repairs.to_list() == [f"Zip code {written} has lost its leading {zeros}; sent as {zipcode}."]


@pytest.mark.parametrize(
    ("written", "state", "zipcode"),
    [
        ("80202.0", None, "80202"), ("80202.00", "CO", "80202"), ("'00501", None, "00501"),
        ("' 80202-1234", "CO", "80202-1234"),
        ("2134.0", "MA", "02134"), ("'2134", "MA", "02134"), ("601.0", "PR", "00601"),
        ("802021234", None, "80202-1234"),
        ("802021234.0", "CO", "80202-1234"), ("21341234", "MA", "02134-1234"), ("6011234", "PR", "00601-1234"),
        ("070301234", "NJ", "07030-1234"),
    ],
)  # fmt: skip
def test_what_excel_did_to_a_zip_code_is_undone_where_it_is_certain(
    written: str, state: str | None, zipcode: str
) -> None:
    parsed = parse(Kind.ZIP, text(written, "80202"), text(state, None))
    assert parsed.values.to_list() == [zipcode, "80202"]
    assert parsed.repairs.to_list() == [f"Excel had turned a zip code into {written}; sent as {zipcode}.", None]


@quick
@given(st.from_regex(r"\A[0-9]{5}(-[0-9]{4})?\Z"), st.sampled_from([None, "CO", "NJ", "PR"]))
def test_a_zip_code_that_excel_made_a_number_of_is_itself_or_an_error(zipcode: str, state: str | None) -> None:
    number = zipcode.replace("-", "").lstrip("0") or "0"
    for written in (number, f"{number}.0"):
        (found,) = parse(Kind.ZIP, text(written), text(state)).values
        zeros = len(zipcode.replace("-", "")) - len(number)
        if zeros == {"NJ": 1, "PR": 2}.get(state or "", 0):
            assert found == zipcode
        else:
            assert found is None or zeros in (0, 4)


def test_a_zip_code_without_a_state_column_is_not_guessed() -> None:
    assert values(Kind.ZIP, "7030", "07030", None) == [None, "07030", None]
