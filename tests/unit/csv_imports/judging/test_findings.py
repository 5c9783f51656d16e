"""Findings: what an office is told, word for word."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from assets.csv_imports.judging.judge import Judge
from tests.unit.csv_imports.conftest import batch, judge_batches, judged, mapped

CONTACT = ("Customer", "Email", "Mobile", "Home phone")
SITE = ("Customer email", "Customer", "Address", "City", "State", "Zip")
TASK = ("title", "status", "siteId", "startDate", "endDate", "isField")
ASSET = ("Unit", "Asset type", "Site", "Serial #", "Manufacturer", "Install date")
PLAN = ("plan", "customer", "start", "end", "duration", "price")
INVOICE = ("Invoice #", "client", "total", "date", "due")
TODAY = date(2026, 1, 1)
FIX = " in row 1 and send the fix file."


def verdict(type_name: str, headers: tuple[str, ...], row: tuple[str, ...]) -> tuple[Any, ...]:
    judge = Judge(mapped(type_name, headers), TODAY)
    (found,) = judge.judge(batch([row], len(headers))).iter_rows(named=True)
    return tuple(found[name] for name in ("status", "error_message", "invalid_fields", "missing_required_fields"))


@pytest.mark.parametrize(
    ("type_name", "headers", "row", "message", "invalid", "missing"),
    [
        ("Contact", CONTACT, ("", "a@b.co", "", ""), "Customer is missing. Add it", (), ("name",)),
        (
            "Contact", CONTACT, ("Ann", "", " ", "\u200b"),
            "Email and Mobile are all empty. Add at least one", (), ("emails", "phones"),
        ),
        (
            "Contact", CONTACT, ("Ann", "ann@@b.co", "", ""),
            'Email "ann@@b.co" is not an e-mail address. Correct it', ("emails",), (),
        ),
        (
            "Contact", CONTACT, ("Ann", "a@b.co; nobody; c@d.co x@", "", ""),
            'Email "nobody, x@" is not an e-mail address. Correct it', ("emails",), (),
        ),
        (
            "Contact", CONTACT, ("Ann", "", "303-555-0123", "555-0199"),
            'Home phone "555-0199" is not a phone number with its area code. Correct it', ("phones",), (),
        ),
        (
            "Contact", CONTACT, ("Ann", "", "12", "303-555-0112; 34"),
            'Mobile and Home phone "12, 34" is not a phone number with its area code. Correct it', ("phones",), (),
        ),
        (
            "Contact", CONTACT, ("Ann", "", "3.03E+09", ""),
            'Mobile "3.03E+09" was shortened by Excel and its last digits may be lost. Type the whole number',
            ("phones",), (),
        ),
        (
            "Contact", CONTACT, ("", "ann", "12", ""),
            'Customer is missing. Email "ann" is not an e-mail address. Mobile "12" is not a phone number with its '
            "area code. Correct them", ("emails", "phones"), ("name",),
        ),
        (
            "Contact", CONTACT, ("Ann", f"{'a' * 250}@b.co", "", ""),
            f'Email "{"a" * 80}…" is not an e-mail address. Correct it', ("emails",), (),
        ),
        (
            "Site", SITE, ("", "A" * 501, "é" * 251, "", "", ""),
            f'Address "{"é" * 80}…" is longer than a name may be (500 bytes). '
            f'Customer "{"A" * 80}…" is longer than a name may be (500 bytes). Correct them',
            ("fullAddress", "clientId"), (),
        ),
        (
            "Site", SITE, ("a@b.co", "", "1" * 501, "", "", ""),
            f'Address "{"1" * 80}…" is longer than a name may be (500 bytes). Shorten it', ("fullAddress",), (),
        ),
        ("Site", SITE, ("", "Ann", "", "", "", ""), "Address is missing. Add it", (), ("fullAddress",)),
        ("Site", SITE, ("", "", "1 Main St", "", "", ""), "Customer email is missing. Add it", (), ("clientId",)),
        (
            "Site", SITE, ("a@b.co", "", "1 Main St", "", "CO", "8020"),
            'Zip "8020" is too short for a zip code: Excel may have cut off a leading zero. Type it whole',
            ("zipcode",), (),
        ),
        (
            "Site", SITE, ("a@b.co", "", "1 Main St", "", "", "601.0"),
            'Zip "601.0" is too short for a zip code: Excel may have cut off a leading zero. Type it whole',
            ("zipcode",), (),
        ),
        (
            "Site", SITE, ("a@b.co", "", "1 Main St", "", "CO", "802020"),
            'Zip "802020" is not a zip code. Correct it', ("zipcode",), (),
        ),
        (
            "Asset", ASSET, ("Unit 1", "AC", "Ann's", "1.23457E+11", "Carrier", ""),
            'Serial # "1.23457E+11" was shortened by Excel and its last digits may be lost. Type the whole number',
            ("serialNumber",), (),
        ),
        (
            "Asset", ASSET, ("1E+05", "AC", "Ann's", "", "", ""),
            'Unit "1E+05" was shortened by Excel and its last digits may be lost. Type the whole number', ("name",), (),
        ),
        (
            "Asset", ASSET, ("Unit 1", "AC", "Ann's", "", "#REF!", ""),
            'Manufacturer "#REF!" is the error of a formula in Excel. Type what it should be', ("manufacturer",), (),
        ),
        (
            "Task", TASK, ("Fix", "New", "S", "13/1/2026", "2026-02-30", "maybe"),
            'startDate "13/1/2026" is not a date such as 03/14/2026. endDate "2026-02-30" is not a date such as '
            '03/14/2026. isField "maybe" is neither yes nor no. Correct them', ("startDate", "endDate", "isField"), (),
        ),
        (
            "Task", TASK, ("Fix", "New", "S", "", "", "maybe"),
            'isField "maybe" is neither yes nor no. Write one of the two', ("isField",), (),
        ),
        (
            "Task", TASK, ("Fix", "New", "S", "1/1/1899", "1/1/2101", ""),
            'startDate "1/1/1899" is not in the years 1900 to 2100. endDate "1/1/2101" is not in the years 1900 to '
            "2100. Correct them", ("startDate", "endDate"), (),
        ),
        (
            "ServicePlanInstance", PLAN, ("Gold", "Ann", "soon", "", "1.5", "a lot"),
            'start "soon" is not a date such as 03/14/2026. duration "1.5" is not a whole number in digits. '
            'price "a lot" is not a number in digits. Correct them', ("startDate", "durationMonths", "totalPrice"), (),
        ),
        (
            "ServicePlanInstance", PLAN, ("Gold", "Ann", "", "", "-12", ""),
            'duration "-12" is negative. Correct it', ("durationMonths",), (),
        ),
        (
            "ServicePlanInstance", PLAN, ("Gold", "Ann", "", "", "601", ""),
            'duration "601" is not between 1 and 600 months. Correct it', ("durationMonths",), (),
        ),
        (
            "ServicePlanInstance", PLAN, ("Gold", "Ann", "", "", "0", ""),
            'duration "0" is not between 1 and 600 months. Correct it', ("durationMonths",), (),
        ),
        (
            "FinancialDocument", INVOICE, ("", "", "5-10", "", ""),
            'Invoice # is missing. total "5-10" is not a number in digits. client is missing. Correct them',
            ("amount",), ("title", "clientId"),
        ),
    ],
)  # fmt: skip
def test_an_error_says_field_value_rule_and_what_to_do(
    type_name: str, headers: tuple[str, ...], row: tuple[str, ...], message: str, invalid: tuple[str, ...],
    missing: tuple[str, ...],
) -> None:  # fmt: skip
    def array(names: tuple[str, ...]) -> str:
        return "{" + ",".join(f'"{name}"' for name in names) + "}"

    assert verdict(type_name, headers, row) == ("error", message + FIX, array(invalid), array(missing))


@pytest.mark.parametrize(
    ("type_name", "headers", "row", "message"),
    [
        ("Contact", CONTACT, ("N/A", "a@b.co", "", ""), 'Customer "N/A" looks like a placeholder; sent as it is.'),
        (
            "Site", SITE, ("", "tbd", "1 Main St", "Newark", "NJ", "7102"),
            "Zip code 7102 has lost its leading zero; sent as 07102. "
            'Customer "tbd" looks like a placeholder; sent as it is.',
        ),
        (
            "Site", SITE, ("a@b.co", "", "1 Main St", "Denver", "Colrado", "80202"),
            'State "Colrado" is not a state or province of the USA or Canada (did you mean "Colorado"?); '
            "sent as it is.",
        ),
        (
            "Site", SITE, ("a@b.co", "", "1 Main St", "Denver", "XX", "80202"),
            'State "XX" is not a state or province of the USA or Canada; sent as it is.',
        ),
        (
            "Site", SITE, ("a@b.co", "", "1 Main St", "Denver", "New Jersey", "80202-1234"),
            'Zip "80202-1234" does not lie in "New Jersey"; sent as it is.',
        ),
        (
            "Asset", ASSET, ("Unit 1", "AC", "Ann's", "", "", "1/3/2026"),
            'Install date "1/3/2026" is in the future; sent as it is.',
        ),
        (
            "Task", TASK, ("Fix", "New", "S", "3/2/2026", "3/1/2026", ""),
            'endDate "3/1/2026" is before "3/2/2026"; sent as it is.',
        ),
        (
            "Task", TASK, ("Fix", "New", "S", "3/2/26 8:00", "3/2/2026 7:59", ""),
            'The year of 3/2/26 8:00 has two digits; read as 2026-03-02 08:00:00. '
            'endDate "3/2/2026 7:59" is before "3/2/26 8:00"; sent as it is.',
        ),
        (
            "Task", TASK, ("?", "New", "S", "45352", "", "no"),
            'title "?" looks like a placeholder; sent as it is. '
            "Excel had turned a date into the number 45352; read as 2024-03-01.",
        ),
        ("FinancialDocument", INVOICE, ("7", "Ann", "(5)", "", ""), 'total "(5)" is negative; sent as it is.'),
        (
            "FinancialDocument", INVOICE, ("7", "Ann", "1,000,000,001", "", ""),
            'total "1,000,000,001" is more than a billion; sent as it is.',
        ),
        (
            "ServicePlanInstance", PLAN, ("Gold", "Ann", "3/2/2026", "3/1/2026", "1", "-0.01"),
            'end "3/1/2026" is before "3/2/2026"; sent as it is. price "-0.01" is negative; sent as it is.',
        ),
        (
            "Contact", CONTACT, ("Ann", "", "(303) 555-0123 x4; 303 555 0199", ""),
            "The phone number (303) 555-0123 x4 is sent without its extension.",
        ),
    ],
)  # fmt: skip
def test_a_warning_says_what_was_repaired_or_is_doubtful(
    type_name: str, headers: tuple[str, ...], row: tuple[str, ...], message: str
) -> None:
    assert verdict(type_name, headers, row) == ("warning", message, None, None)


@pytest.mark.parametrize(
    ("type_name", "headers", "row"),
    [
        ("Contact", CONTACT, ("Noneto", "a@b.co", "", "")),
        ("Contact", CONTACT, ("=HYPERLINK(1)", "a@b.co", "", "")),
        ("Site", SITE, ("a@b.co", "", "1 Main St", "Washington", "D.C.", "20500")),
        ("Site", SITE, ("a@b.co", "", "1 Main St", "San Juan", "puerto  rico", "00901")),
        ("Site", SITE, ("a@b.co", "", "1 Main St", "Toronto", "Ontario", "M5V 3L9")),
        ("Site", SITE, ("a@b.co", "", "1 Main St", "", "", "80202")),
        ("Asset", ASSET, ("Unit 1", "AC", "Ann's", "1E5", "2E+", "1/2/2026")),
        ("ServicePlanInstance", PLAN, ("Gold", "Ann", "", "", "600", "1,000,000,000")),
        ("ServicePlanInstance", PLAN, ("Gold", "Ann", "", "", "1", "")),
        ("Contact", CONTACT, ("Ann", "o'neil+x_y@sub-domain.example.museum", "(303) 555-0123", "")),
        ("Contact", CONTACT, ("N" * 500, f"{'a' * 249}@b.co", "", "")),
        ("Task", (*TASK, "description"), ("Fix", "Whatever", "S", "", "3/1/2026", "n", "x" * 100_000)),
        ("Task", TASK, ("Fix", "New", "S", "3/2/2026 8:00", "3/2/2026", "")),
        ("Task", TASK, ("Fix", "New", "S", "12/31/1900", "12/31/2100", "")),
        ("FinancialDocument", INVOICE, ("7", "Ann", "0", "3/1/2026", "3/1/2026")),
    ],
)
def test_what_keeps_every_rule_is_valid(type_name: str, headers: tuple[str, ...], row: tuple[str, ...]) -> None:
    assert verdict(type_name, headers, row) == ("valid", None, None, None)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 80 + "…"),
        ("two\nlines", r"two\nlines"),
        ("\x07\u202ex", r"\x07\u202ex"),
        ("{value} {0} %s", "{value} {0} %s"),
        ('say "x"', 'say "x"'),
    ],
)
def test_a_value_is_shown_in_one_line_of_80_characters(value: str, shown: str) -> None:
    message = verdict("Task", TASK, ("Fix", "New", "S", value, "", ""))[1]
    assert message == f'startDate "{shown}" is not a date such as 03/14/2026. Correct it' + FIX


def test_a_hostile_header_is_shown_in_one_line_too() -> None:
    (row,) = judged("Task", ("title", "status", "siteId", "Start\n{date}"), ("", "New", "S", "x"))
    assert r'Start\n{date} "x" is not a date such as' in row["error_message"]


def test_of_several_columns_a_hostile_header_is_shown_in_one_line_too() -> None:
    (row,) = judged("Contact", ("name", "Cell\nphone", "Home phone"), ("Ann", "12", "303-555-0123"))
    assert row["error_message"].startswith(r'Cell\nphone "12" is not a phone number')


def test_causes_are_words_without_values() -> None:
    judge, _ = judge_batches(
        mapped("Contact", CONTACT),
        batch([("Ann", "x", "", ""), ("", "y", "", "")], 4),
        batch([("Bob", "z", "12", "34"), ("Cid", "", "", "1.5E+10")], 4, first=3),
    )
    assert {cause.cause: (cause.records, cause.first_row) for cause in judge.causes.values()} == {
        "Email is not an e-mail address": (3, 1),
        "Customer is missing": (1, 2),
        "Mobile and Home phone is not a phone number with its area code": (1, 3),
        "Home phone was shortened by Excel and its last digits may be lost": (1, 4),
    }


@pytest.mark.parametrize("value", ["#REF!", "#N/A", "#DIV/0!", "#NAME?"])
@pytest.mark.parametrize("place", [1, 2])
def test_the_error_of_a_formula_is_called_that_in_a_list_as_well(value: str, place: int) -> None:
    header = ["name", "email", "phone"]
    row = ["Ann", "a@b.co", "303-555-0123"]
    row[place] = value
    message = judged("Contact", header, row)[0]["error_message"]
    assert message.startswith(f'{header[place]} "{value}" is the error of a formula in Excel. Type what it should be')
