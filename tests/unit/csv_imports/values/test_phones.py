"""Phones and e-mails: which writings are a number, and how several stand in columns and cells."""

from __future__ import annotations

import re

import phonenumbers
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.csv_imports.values.kinds import reference_key
from assets.csv_imports.values.lists import parse_phones, split_list
from assets.csv_imports.values.phones import COUNTRIES, NORTH_AMERICA, phone_numbers, to_e164
from assets.record_types import Kind
from tests.unit.csv_imports.conftest import judged, quick, text


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


@pytest.mark.parametrize(
    ("country", "written", "number"),
    [
        ("GB", "020 7946 0958", "+442079460958"),
        ("GB", "+44 (0)20 7946 0958", "+442079460958"),
        ("GB", "00 49 30 901820", "+4930901820"),
        ("GB", "+1 (303) 555-0123", "+13035550123"),
        ("GB", "Mobile: 07400 123456 ext 4", "+447400123456"),
        ("GB", "555-0123", None),
        ("GB", "2079460958", "+442079460958"),
        ("GB", "12", None),
        ("GB", "Ann", None),
        ("DE", "030 901820", "+4930901820"),
        ("CA", "(416) 967-1111", "+14169671111"),
        ("CA", "416.967.1111 x5", "+14169671111"),
        ("CA", "+44 20 7946 0958", "+442079460958"),
        ("US", "020 7946 0958", None),
    ],
)
def test_a_number_without_a_country_is_of_the_files_country(country: str, written: str, number: str | None) -> None:
    assert to_e164(text(None, written), country).to_list() == [None, number]
    assert parse_phones(split_list([text(written)], Kind.PHONES), country).values.to_list() == [[number]]


@quick
@given(st.sampled_from(sorted(COUNTRIES - NORTH_AMERICA)))
def test_every_countrys_own_writing_is_what_phonenumbers_says(country: str) -> None:
    number = phonenumbers.example_number(country)
    assert number is not None
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    bare = re.sub(r"[^0-9]", "", national)
    try:
        wanted = phonenumbers.parse(bare, country)
    except phonenumbers.NumberParseException:
        return
    valid = len(bare) >= 4 and phonenumbers.is_valid_number(wanted)
    e164 = phonenumbers.format_number(wanted, phonenumbers.PhoneNumberFormat.E164)
    assert to_e164(text(bare), country).to_list() == [e164 if valid else None]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("3.105551234E+09", "+13105551234"), ("3.105551234E+9", "+13105551234"), ("1.3105551234E+10", "+13105551234"),
        ("3105551234.0", "+13105551234"), ("13105551234.00", "+13105551234"), ("'3105551234", "+13105551234"),
        ("'(310) 555-1234", "+13105551234"),
    ],
)  # fmt: skip
def test_what_excel_did_to_a_phone_is_undone_where_all_digits_are_there(written: str, number: str) -> None:
    parsed = parse_phones(split_list([text(written, "(303) 555-0123", None)], Kind.PHONES))
    assert parsed.values.to_list() == [[number], ["+13035550123"], None]
    assert parsed.repairs.to_list() == [
        f"Excel had turned a phone number into {written}; sent as {number}.",
        None,
        None,
    ]
    assert to_e164(text(written)).to_list() in ([None], [number]), "in a key nothing is repaired"


@pytest.mark.parametrize(
    "written",
    [
        "3.1E+09", "3.10555123E+09", "3.10555E+09", "3.1055512345E+09", "3.105551234E+10", "3.105551234E+08",
        "3.105551234E09", "3.105551234e+09", "1.055512340E+09", "310555123.0", "1303555012.0", "31055512340.0",
        "'", "'12",
    ],
)  # fmt: skip
def test_a_phone_whose_digits_are_lost_is_never_made_up(written: str) -> None:
    parsed = parse_phones(split_list([text(written)], Kind.PHONES))
    assert (parsed.values.to_list(), parsed.repairs.to_list()) == ([[None]], [None])


def test_abroad_a_count_of_digits_proves_nothing() -> None:
    written = text("3.090182000E+09", "3090182000.0", "'030 901820", "3090182000")
    assert phone_numbers(written, "DE").to_list() == [None, None, "+4930901820", "+493090182000"]


def test_each_number_of_a_list_is_repaired_and_told_by_itself() -> None:
    cells = [text("3.105551234E+09; 303-555-0123 x4", "303-555-0199", "12; 303-555-0123 x5", None)]
    parsed = parse_phones(split_list(cells, Kind.PHONES))
    assert parsed.values.to_list() == [["+13105551234", "+13035550123"], ["+13035550199"], [None, "+13035550123"], None]
    assert parsed.repairs.to_list() == [
        "Excel had turned a phone number into 3.105551234E+09; sent as +13105551234. "
        "The phone number 303-555-0123 x4 is sent without its extension.",
        None,
        "The phone number 303-555-0123 x5 is sent without its extension.",
        None,
    ]


@quick
@given(st.lists(st.one_of(st.none(), st.text("0123456789+-() .x;'E", max_size=16))))
def test_what_stands_beside_a_phone_in_its_column_makes_no_difference(written: list[str | None]) -> None:
    together = parse_phones(split_list([text(*written)], Kind.PHONES))
    alone = [parse_phones(split_list([text(one)], Kind.PHONES)) for one in written]
    assert together.values.to_list() == [
        one.values[0].to_list() if one.values[0] is not None else None for one in alone
    ]
    assert together.repairs.to_list() == [one.repairs[0] for one in alone]


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
    assert parse_phones(split_list([text(cell) for cell in cells], Kind.PHONES)).values.to_list() == [phones]


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
        (["a@b.co", "\u200b c@d.co "], ["a@b.co", "c@d.co"]),
    ],
)  # fmt: skip
def test_emails_of_several_columns_and_cells(cells: list[str], emails: list[str] | None) -> None:
    assert split_list([text(cell) for cell in cells], Kind.EMAILS).to_list() == [emails]


def test_lists_stay_in_their_rows() -> None:
    column = pl.Series([None, ["303-555-0123"], ["12"], None, ["303-555-0199", "x"]], dtype=pl.List(pl.String))
    assert parse_phones(column).values.to_list() == [None, ["+13035550123"], [None], None, ["+13035550199", None]]
    assert parse_phones(column.clear()).values.to_list() == []


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


@pytest.mark.parametrize(
    ("phone", "status", "said"),
    [
        ("3.105551234E+09", "warning", "Excel had turned a phone number into 3.105551234E+09; sent as +13105551234."),
        ("3.1E+09", "error", 'phone "3.1E+09" was shortened by Excel and its last digits may be lost.'),
    ],
)
def test_a_phone_that_excel_wrote_is_never_simply_valid(phone: str, status: str, said: str) -> None:
    (row,) = judged("Contact", ("name", "phone"), ("Ann", phone))
    assert (row["status"], row["error_message"].startswith(said)) == (status, True)
