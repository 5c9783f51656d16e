"""Judged rows in the database: repeats of sendable rows across batches, and the rules of a contractor's mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.csv_imports import importing, registering, store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.csv_imports.conftest import Office

HEADER = "name,email,phone\n"


def statuses(office: Office, name: str, *rows: str) -> list[str]:
    found = office.send(name, HEADER + "\n".join(rows) + "\n")
    return [status for (status,) in office.rows(found, "status::TEXT")]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_duplicate_names_the_first_row_of_its_key_across_batches(
    office: Office, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_RECORDS", size)
    rows = ("Ann,a@b.co,", "Bob,b@b.co,", "Anna,A@B.CO ,", "Bob,,3035550123", "X,a@b.co;z@b.co,", "Y,,(303) 555-0123")
    found = office.send("Contact.csv", HEADER + "\n".join(rows) + "\n")
    assert office.rows(found, "status::TEXT", "error_message", "mapped_data IS NULL", "record_key") == [
        ("valid", None, False, "a@b.co"),
        ("valid", None, False, "b@b.co"),
        ("duplicate", "Row 3 is the same record as row 1; only row 1 is sent.", True, "a@b.co"),
        ("valid", None, False, "+13035550123"),
        ("duplicate", "Row 5 is the same record as row 1; only row 1 is sent.", True, "a@b.co"),
        ("duplicate", "Row 6 is the same record as row 4; only row 4 is sent.", True, "+13035550123"),
    ]


@pytest.mark.parametrize("size", [1, 100])
def test_only_a_sendable_row_can_be_repeated(office: Office, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_RECORDS", size)
    assert statuses(office, "contacts_1.csv", ",a@b.co,", "Ann,a@b.co,", "Ann,a@b.co,") == [
        "error", "valid", "duplicate",
    ]  # fmt: skip
    assert statuses(office, "contacts_2.csv", ",c@b.co,", ",c@b.co,", "Cid,c@b.co,") == ["error", "error", "valid"]
    assert statuses(office, "contacts_3.csv", "n/a,d@b.co,", "Dan,d@b.co,") == ["warning", "duplicate"]
    assert statuses(office, "contacts_4.csv", "Eve,e@b.co,", ",e@b.co,", "n/a,e@b.co,") == [
        "valid", "error", "duplicate",
    ]  # fmt: skip


MAPPING = """\
version: 1
type: Contact
columns:
  - header: name
    field: name
    validate: {regex: "[A-Z].*"}
    message: names begin with a capital
  - header: email
    field: emails
  - header: state
    field: status
    validate: {sql: "%s"}
allowed:
  status: [Active, Lead]
"""


def judged(office: Office, folder: Path, sql: str) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """Read a file under the contractor's own rules."""
    folder.mkdir()
    (folder / "Contact.yaml").write_text(MAPPING % sql, "utf-8")
    path = office.put("Contact.csv", "name,email,state\nAnn,a@b.co,ACTIVE\nbob,b@b.co,Leed\nCid,c@b.co,Lead\n")
    registering.register_files(office.conn, office.id, office.inbox, [path], "a test", retry=True, mappings=folder)
    (found,) = store.unfinished(office.conn, office.id)
    importing.read_import(office.conn, office.id, office.inbox, found, lambda _: None, mappings=folder)
    told = office.import_row(found.id, "status::TEXT", "error_summary ->> 'reason'")
    return told, office.rows(found.id, "status::TEXT", "error_message", "mapped_data ->> 'status'")


def test_a_contractors_rules_judge_its_rows(office: Office, tmp_path: Path) -> None:
    told, rows = judged(office, tmp_path / "mappings", "name <> 'Cid'")
    assert told == ("partial_success", None)
    assert rows == [
        ("warning", 'state "ACTIVE" is sent as "Active".', "Active"),
        (
            "error",
            'name "bob": names begin with a capital. state "Leed" is not one of Active, Lead; did you mean "Lead"? '
            "Correct them in row 2 and send the fix file.",
            None,
        ),
        (
            "error",
            "state \"Lead\": it must hold that name <> 'Cid'. Correct it in row 3 and send the fix file.",
            None,
        ),
    ]
    written = office.conn.execute(
        "SELECT csv_column_header, validation_rule FROM csv_column_mapping ORDER BY csv_column_number"
    ).fetchall()
    assert written == [("name", "[A-Z].*"), ("email", None), ("state", "name <> 'Cid'")]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("GENERATE_SERIES(1, 1000000000) > 1", 'the function "GENERATE_SERIES" is not allowed'),
        ("name = (SELECT 1)", '"SELECT" is no field'),
        ("name > 1", "cannot compare string with numeric type"),
    ],
)
def test_a_rule_that_cannot_be_applied_fails_its_file(office: Office, tmp_path: Path, sql: str, why: str) -> None:
    (status, reason), rows = judged(office, tmp_path / "mappings", sql)
    assert (status, rows) == ("failed", [])
    assert why in reason
