"""Phones and e-mails: which writings are a number, and how several stand in columns and cells."""

from __future__ import annotations

import re

import phonenumbers
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.catalogue import Kind
from assets.csv_imports.values import parse_phones, reference_key, split_list, to_e164
from tests.unit.csv_imports.conftest import quick, text


@pytest.mark.parametrize(
    "written",
    [
        "(303) 555-0123", "303-555-0123", "303.555.0123", "303 555 0123", "3035550123", "1-303-555-0123",
        "+1 303 555 0123", "+13035550123", "13035550123", " (303)555-0123 ", "303–555–0123", "303\xa0555\x1c0123",
        "(303) 555-0123 x5", "(303) 555-0123 ext. 5", "(303) 555-0123 Ext 55", "(303) 555-0123, extension 12",
        "303-555-0123 #4", "Mobile: (303) 555-0123", "work phone: 3035550123", "Tel. 303 555 0123", "303_555*0123",
    ],
)  # fmt: skip
def test_an_american_phone(written: str) -> None:
    assert to_e164(text(written)).to_list() == ["+13035550123"]


@pytest.mark.parametrize(
    "written",
    [
        "", "n/a", "555-0123", "5550123", "303-555-012", "303-555-01234", "123-456-7890", "303-155-0123", "03035550123",
        "2-303-555-0123", "3.03E+09", "303555012٣", "303/555-0123", "(303) 555-0123 (303) 555-0199", "+1 555 0123",
        "+", "+1 800 FLOWERS", "+1 303 555 0123 x1234567",
        "+999 12345678", "+44 123", "+44 2079460958 or so", "ann@example.com", "１３０３５５５０１２３",
    ],
)  # fmt: skip
def test_what_is_no_phone_number(written: str) -> None:
    assert to_e164(text(written)).to_list() == [None]


def test_phones_from_abroad_are_those_that_exist() -> None:
    written = ["+44 (0)20 7946 0958", "+49-30-901820", None, "+52 55 5080 0000 ext 3", "(303) 555-0123", "+61 2"]
    assert to_e164(text(*written)).to_list() == [
        "+442079460958", "+4930901820", None, "+525550800000", "+13035550123", None,
    ]  # fmt: skip


@quick
@given(
    st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)),
    st.sampled_from([phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL]),
    st.sampled_from(["{}", "Office: {}", "{} x12", "  {}\t"]),
)
def test_every_countrys_example_is_what_phonenumbers_says(region: str, form: int, around: str) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    written = around.format(phonenumbers.format_number(number, form))
    assert to_e164(text(written)).to_list() == [phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)]


@quick
@given(st.text("0123456789", min_size=9, max_size=12), st.sampled_from(["", "1", "+1", "+"]))
def test_digits_are_a_number_only_if_the_american_plan_has_it(digits: str, country: str) -> None:
    written = country + digits
    ten = re.fullmatch(r"(?:\+?1)?([2-9]\d\d[2-9]\d{6})", written)
    abroad = written.startswith("+") and not ten
    found = to_e164(text(written)).to_list()[0]
    if ten:
        assert found == "+1" + ten[1]
    elif abroad:
        assert found is None or phonenumbers.is_valid_number(phonenumbers.parse(found))
    else:
        assert found is None


@pytest.mark.parametrize(
    ("cells", "phones"),
    [
        (["Phone:(303) 555-0123 Mobile:(303) 555-0199"], ["+13035550123", "+13035550199"]),
        (["Phone: (303) 555-0123\nWork Phone: (303) 555-0199"], ["+13035550123", "+13035550199"]),
        (["M: 303-555-0123; H: 303-555-0199"], ["+13035550123", "+13035550199"]),
        (["303-555-0123, ext. 5, 303-555-0199"], ["+13035550123", "+13035550199"]),
        (["303-555-0123; x5"], ["+13035550123"]),
        (["303-555-0123 or 303-555-0199"], ["+13035550123", "+13035550199"]),
        (["303-555-0123 / 303-555-0199 | 303-555-0111"], ["+13035550123", "+13035550199", "+13035550111"]),
        (["(303) 555-0123", "", "1 303 555 0123", "303-555-0199"], ["+13035550123", "+13035550199"]),
        (["303-555-0123; ;", "\xa0"], ["+13035550123"]),
        (["12", "303-555-0123"], [None, "+13035550123"]),
        (["", " \t", "\u200b", ";,"], None),
    ],
)
def test_phones_of_several_columns_and_cells(cells: list[str], phones: list[str] | None) -> None:
    assert parse_phones(split_list([text(cell) for cell in cells], Kind.PHONES)).to_list() == [phones]


@pytest.mark.parametrize(
    ("cells", "emails"),
    [
        (
            ["a@b.co;c@d.co , e@f.co|g@h.co\ni@j.co k@l.co"],
            ["a@b.co", "c@d.co", "e@f.co", "g@h.co", "i@j.co", "k@l.co"],
        ),
        (["a@b.co", "", "A@b.co", "a@b.co"], ["a@b.co", "A@b.co"]),
        (["\xa0a@b.co\u200b"], ["a@b.co"]),
        (["", "\xa0", ","], None),
    ],
)  # fmt: skip
def test_emails_of_several_columns_and_cells(cells: list[str], emails: list[str] | None) -> None:
    assert split_list([text(cell) for cell in cells], Kind.EMAILS).to_list() == [emails]


def test_lists_stay_in_their_rows() -> None:
    column = pl.Series([None, ["303-555-0123"], ["12"], None, ["303-555-0199", "x"]], dtype=pl.List(pl.String))
    assert parse_phones(column).to_list() == [None, ["+13035550123"], [None], None, ["+13035550199", None]]
    assert parse_phones(column.clear()).to_list() == []


@pytest.mark.parametrize(
    ("parent", "written", "key"),
    [
        ("Contact", "(303) 555-0123", "+13035550123"),
        ("Contact", " ANN@Example.com ", "ann@example.com"),
        ("Contact", "Ann  O'Neil", "ann o'neil"),
        ("Site", "303-555-0123", "303-555-0123"),
        (None, "ID-7", "id-7"),
        ("Contact", None, None),
    ],
)
def test_a_reference_is_written_as_its_parent_is_called(
    parent: str | None, written: str | None, key: str | None
) -> None:
    assert reference_key(text(written), parent).to_list() == [key]
