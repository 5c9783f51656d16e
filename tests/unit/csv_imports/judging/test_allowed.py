"""Allowed values: a cell means the entry of its list whose words it has, and a value on no list is an error."""

from __future__ import annotations

import pytest

from assets.csv_imports.judging.judge import Judge
from tests.unit.csv_imports.conftest import batch, mapped

HEADERS = ("Customer", "Email", "Status")
LISTED = ["Active", "Inactive", "In Progress", "Lead"]
FIX = " Correct it in row 1 and send the fix file."


def verdict(status: str, listed: list[str] = LISTED, name: str = "status") -> tuple[str, str | None, str | None]:
    mapping = mapped("Contact", HEADERS)
    mapping.allowed[name] = listed
    (row,) = Judge(mapping).judge(batch([("Ann", "a@b.co", status)], 3)).iter_rows(named=True)
    return row["status"], row["error_message"], row["mapped_data"]


def sent(status: str) -> str:
    return f'{{"name":"Ann","emails":["a@b.co"],"status":"{status}"}}'


def test_a_value_on_the_list_is_valid() -> None:
    assert verdict("Active") == ("valid", None, sent("Active"))
    assert verdict(" In Progress ") == ("valid", None, sent("In Progress"))
    assert verdict("")[:2] == ("valid", None)


@pytest.mark.parametrize(
    ("given", "entry"), [("ACTIVE", "Active"), ("in   progress", "In Progress"), ("lead", "Lead")]
)  # fmt: skip
def test_another_case_is_repaired_and_said(given: str, entry: str) -> None:
    assert verdict(given) == ("warning", f'Status "{given}" is sent as "{entry}".', sent(entry))


def test_of_two_entries_alike_each_stands_for_itself() -> None:
    assert verdict("LEAD", ["lead", "LEAD"])[0] == "warning"
    assert verdict("lead", ["lead", "LEAD"]) == ("valid", None, sent("lead"))
    assert verdict("LEAD", ["LEAD", "lead"]) == ("valid", None, sent("LEAD"))


def test_a_value_on_no_list_is_an_error_with_a_suggestion() -> None:
    said = 'Status "Actve" is not one of Active, Inactive, In Progress, Lead; did you mean "Active"?'
    assert verdict("Actve") == ("error", said + FIX, None)
    assert verdict("Zzz")[1] == 'Status "Zzz" is not one of Active, Inactive, In Progress, Lead.' + FIX


def test_a_long_list_is_cut() -> None:
    said = verdict("Zzz", [f"State {n:02}" for n in range(50)])[1]
    assert said == 'Status "Zzz" is not one of ' + ", ".join(f"State {n:02}" for n in range(12)) + ", …." + FIX


def test_an_empty_list_and_a_list_of_another_field_refuse_nothing_of_theirs() -> None:
    assert verdict("Active", ["x"], "nosuch")[0] == "valid"
    assert verdict("Active", ["Ann"], "name")[0] == "valid"
    assert verdict("Active", ["x"], "emails")[0] == "valid"
    assert verdict("Active", [], "status")[0] == "error"


def test_the_cause_names_no_value() -> None:
    mapping = mapped("Contact", HEADERS)
    mapping.allowed["status"] = LISTED
    judge = Judge(mapping)
    judge.judge(batch([("Ann", "a@b.co", "Actve"), ("Bob", "b@b.co", "Zzz")], 3))
    assert [(cause.cause, cause.records) for cause in judge.causes.values()] == [
        ("Status is not one of Active, Inactive, In Progress, Lead", 2)
    ]
