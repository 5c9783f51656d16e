"""Findings: what an office is told, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.csv_imports.conftest import batch, judge_batches, judged, mapped

CONTACT = ("Customer", "Email", "Mobile", "Home phone")
SITE = ("Customer email", "Customer", "Address", "City", "State", "Zip")
TASK = ("title", "status", "siteId", "startDate", "endDate", "isField")
PLAN = ("plan", "customer", "start", "end", "duration", "price")
INVOICE = ("Invoice #", "client", "total", "date", "due")
AGAIN = " Correct row 1 and send the file again."


def verdict(type_name: str, headers: tuple[str, ...], row: tuple[str, ...]) -> tuple[Any, ...]:
    (found,) = judged(type_name, headers, row)
    return tuple(found[name] for name in ("status", "error_message", "invalid_fields", "missing_required_fields"))


@pytest.mark.parametrize(
    ("type_name", "headers", "row", "message", "invalid", "missing"),
    [
        ("Contact", CONTACT, ("", "a@b.co", "", ""), "Customer is missing. Fill it in.", (), ("name",)),
        (
            "Contact", CONTACT, ("Ann", "", " ", "\u200b"),
            "Email and Mobile are all empty. Fill in at least one.", (), ("emails", "phones"),
        ),
        (
            "Contact", CONTACT, ("Ann", "ann@@b.co", "", ""),
            'Email "ann@@b.co" is not an e-mail address. Correct it.', ("emails",), (),
        ),
        (
            "Contact", CONTACT, ("Ann", "a@b.co; nobody; c@d.co x@", "", ""),
            'Email "nobody, x@" is not an e-mail address. Correct it.', ("emails",), (),
        ),
        (
            "Contact", CONTACT, ("Ann", "", "303-555-0123", "555-0199"),
            'Home phone "555-0199" is not a phone number with its area code. Correct it.', ("phones",), (),
        ),
        (
            "Contact", CONTACT, ("Ann", "", "12", "303-555-0112; 34"),
            'Mobile and Home phone "12, 34" is not a phone number with its area code. Correct it.', ("phones",), (),
        ),
        (
            "Contact", CONTACT, ("Ann", "", "3.03E+09", ""),
            'Mobile "3.03E+09" was shortened by Excel and its last digits are lost. Type the whole number.',
            ("phones",), (),
        ),
        (
            "Contact", CONTACT, ("", "ann", "12", ""),
            'Customer is missing. Fill it in. Email "ann" is not an e-mail address. Correct it. '
            'Mobile "12" is not a phone number with its area code. Correct it.', ("emails", "phones"), ("name",),
        ),
        (
            "Contact", CONTACT, ("Ann", f"{'a' * 250}@b.co", "", ""),
            f'Email "{"a" * 80}…" is not an e-mail address. Correct it.', ("emails",), (),
        ),
        (
            "Site", SITE, ("", "A" * 501, "é" * 251, "", "", ""),
            f'Address "{"é" * 80}…" is longer than a name may be (500 bytes). Shorten it. '
            f'Customer "{"A" * 80}…" is longer than a name may be (500 bytes). Shorten it.',
            ("fullAddress", "clientId"), (),
        ),
        ("Site", SITE, ("", "Ann", "", "", "", ""), "Address is missing. Fill it in.", (), ("fullAddress",)),
        ("Site", SITE, ("", "", "1 Main St", "", "", ""), "Customer email is missing. Fill it in.", (), ("clientId",)),
        (
            "Site", SITE, ("a@b.co", "", "1 Main St", "", "CO", "8020"),
            'Zip "8020" is not a zip code. Correct it.', ("zipcode",), (),
        ),
        (
            "Task", TASK, ("Fix", "New", "S", "13/1/2026", "2026-02-30", "maybe"),
            'startDate "13/1/2026" is not a date. Write it as MM/DD/YYYY. '
            'endDate "2026-02-30" is not a date. Write it as MM/DD/YYYY. '
            'isField "maybe" is neither yes nor no. Write one of the two.', ("startDate", "endDate", "isField"), (),
        ),
        (
            "Task", TASK, ("Fix", "New", "S", "1/1/1899", "1/1/2101", ""),
            'startDate "1/1/1899" is not in the years 1900 to 2100. Correct it. '
            'endDate "1/1/2101" is not in the years 1900 to 2100. Correct it.', ("startDate", "endDate"), (),
        ),
        (
            "ServicePlanInstance", PLAN, ("Gold", "Ann", "soon", "", "1.5", "a lot"),
            'start "soon" is not a date. Write it as MM/DD/YYYY. duration "1.5" is not a whole number. Write it in '
            'digits. price "a lot" is not a number. Write it in digits.',
            ("startDate", "durationMonths", "totalPrice"), (),
        ),
        (
            "ServicePlanInstance", PLAN, ("Gold", "Ann", "", "", "-12", ""),
            'duration "-12" is negative. Correct it.', ("durationMonths",), (),
        ),
        (
            "FinancialDocument", INVOICE, ("", "", "5-10", "", ""),
            'Invoice # is missing. Fill it in. total "5-10" is not a number. Write it in digits. '
            "client is missing. Fill it in.", ("amount",), ("title", "clientId"),
        ),
    ],
)  # fmt: skip
def test_an_error_says_field_value_rule_and_what_to_do(
    type_name: str, headers: tuple[str, ...], row: tuple[str, ...], message: str, invalid: tuple[str, ...],
    missing: tuple[str, ...],
) -> None:  # fmt: skip
    def array(names: tuple[str, ...]) -> str:
        return "{" + ",".join(f'"{name}"' for name in names) + "}"

    assert verdict(type_name, headers, row) == ("error", message + AGAIN, array(invalid), array(missing))


@pytest.mark.parametrize(
    ("type_name", "headers", "row", "message"),
    [
        ("Contact", CONTACT, ("N/A", "a@b.co", "", ""), 'Customer "N/A" looks like a placeholder. Check it.'),
        (
            "Site", SITE, ("", "tbd", "1 Main St", "Newark", "NJ", "7102"),
            "Zip code 7102 has lost its leading zero; sent as 07102. "
            'Customer "tbd" looks like a placeholder. Check it.',
        ),
        (
            "Task", TASK, ("Fix", "New", "S", "3/2/2026", "3/1/2026", ""),
            'endDate "3/1/2026" is before "3/2/2026". Check it.',
        ),
        (
            "Task", TASK, ("Fix", "New", "S", "3/2/26 8:00", "3/2/2026 7:59", ""),
            'The year of 3/2/26 8:00 has two digits; read as 2026-03-02 08:00:00. '
            'endDate "3/2/2026 7:59" is before "3/2/26 8:00". Check it.',
        ),
        (
            "Task", TASK, ("?", "New", "S", "45352", "", "no"),
            'title "?" looks like a placeholder. Check it. '
            "Excel had turned a date into the number 45352; read as 2024-03-01.",
        ),
        ("FinancialDocument", INVOICE, ("7", "Ann", "(5)", "", ""), 'total "(5)" is negative. Check it.'),
        (
            "ServicePlanInstance", PLAN, ("Gold", "Ann", "3/2/2026", "3/1/2026", "0", "-0.01"),
            'end "3/1/2026" is before "3/2/2026". Check it. price "-0.01" is negative. Check it.',
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
        ("Contact", CONTACT, ("Ann", "o'neil+x_y@sub-domain.example.museum", "(303) 555-0123", "")),
        ("Contact", CONTACT, ("N" * 500, f"{'a' * 249}@b.co", "", "")),
        ("Task", (*TASK, "description"), ("Fix", "Whatever", "S", "", "3/1/2026", "n", "x" * 100_000)),
        ("Task", TASK, ("Fix", "New", "S", "3/2/2026 8:00", "3/2/2026", "")),
        ("Task", TASK, ("Fix", "New", "S", "1/1/1900", "12/31/2100", "")),
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
    assert message == f'startDate "{shown}" is not a date. Write it as MM/DD/YYYY.' + AGAIN


def test_a_hostile_header_is_shown_in_one_line_too() -> None:
    (row,) = judged("Task", ("title", "status", "siteId", "Start\n{date}"), ("", "New", "S", "x"))
    assert r'Start\n{date} "x" is not a date.' in row["error_message"]


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
        "Home phone was shortened by Excel and its last digits are lost": (1, 4),
    }
