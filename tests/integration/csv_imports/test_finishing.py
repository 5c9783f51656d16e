"""Finishing: what only the database knows of a row: its past, and what becomes of its import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets import catalogue
from assets.coperniq import store as sending
from assets.csv_imports import importing, store, summaries
from tests.integration.csv_imports.conftest import CONTACTS, records, statuses

if TYPE_CHECKING:
    from assets.progress import Progress
    from tests.integration.csv_imports.conftest import Office


def test_every_sendable_row_is_entered_once_and_nothing_else(office: Office) -> None:
    found = office.send("Contact.csv", CONTACTS + "Dan,,\nAnn,A@b.co,\nN/A,d@b.co,\n")
    assert statuses(office, found) == ["valid", "valid", "valid", "error", "duplicate", "warning"]
    assert records(office, "Contact") == [
        ("+13035550199", "ready", "Contact.csv", 3), ("a@b.co", "ready", "Contact.csv", 1),
        ("b@b.co", "ready", "Contact.csv", 2), ("d@b.co", "ready", "Contact.csv", 6),
    ]  # fmt: skip
    row = office.import_row(
        found, "status::TEXT", "total_records_attempted", "total_records_success", "total_records_failed",
        "coperniq_sync_status", "error_summary",
    )  # fmt: skip
    assert row == (
        "partial_success", 6, 4, 1, "pending",
        {
            "field_errors": {"emails": 1, "phones": 1},
            "validation_errors": [
                {
                    "cause": "email and phone are all empty", "field": "emails phones", "rule": "one_of", "records": 1,
                    "first_row": 4,
                }
            ],
        },
    )  # fmt: skip


def test_unchanged_records_are_skipped_and_changed_ones_are_updates(office: Office) -> None:
    office.send("Contact.csv", CONTACTS)
    office.mark_synced()
    again = office.send("contacts 2.csv", CONTACTS.replace("Bob", "Robert") + "Eve,e@b.co,\n")
    assert office.rows(again, "status::TEXT", "error_message", "coperniq_id") == [
        ("skipped", "In Coperniq already, unchanged.", "cq-a@b.co"), ("valid", None, None),
        ("skipped", "In Coperniq already, unchanged.", "cq-+13035550199"), ("valid", None, None),
    ]  # fmt: skip
    assert records(office, "Contact") == [
        ("+13035550199", "synced", "Contact.csv", 3), ("a@b.co", "synced", "Contact.csv", 1),
        ("b@b.co", "ready", "contacts 2.csv", 2), ("e@b.co", "ready", "contacts 2.csv", 4),
    ]  # fmt: skip
    (known,) = office.conn.execute("SELECT coperniq_id FROM coperniq_records WHERE record_key = 'b@b.co'").fetchall()
    assert known == ("cq-b@b.co",), "an update knows what it updates"


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("  Ann ,A@B.co,1 303 555 0123", "valid"),  # the e-mail is written differently: that is another value
        (" Ann ,a@b.co,(303)555-0123 x4", "skipped"),
        ("Ann,a@b.co,", "valid"),
        ("Ann,a@b.co;z@b.co,303-555-0123", "valid"),
    ],
)
def test_unchanged_means_what_would_be_sent(office: Office, row: str, status: str) -> None:
    office.send("Contact.csv", CONTACTS)
    office.mark_synced()
    assert statuses(office, office.send("contacts 2.csv", f"name,email,phone\n{row}\n")) == [status]


def test_an_import_of_nothing_new_is_a_success_with_nothing_to_send(office: Office) -> None:
    office.send("Contact.csv", CONTACTS)
    office.mark_synced()
    again = office.send("contacts 2.csv", CONTACTS + "\n")
    assert office.import_row(again, "status::TEXT", "total_records_success", "coperniq_sync_status") == (
        "success", 0, "synced",
    )  # fmt: skip


def test_errors_beside_rows_that_are_in_coperniq_leave_nothing_to_send(office: Office) -> None:
    office.send("Contact.csv", CONTACTS)
    office.mark_synced()
    again = office.send("contacts 2.csv", CONTACTS + "Dan,,\n")
    assert office.import_row(again, "status::TEXT", "total_records_failed", "coperniq_sync_status") == (
        "partial_success", 1, "synced",
    )  # fmt: skip


def test_a_later_import_takes_the_place_of_a_row_that_waits(office: Office) -> None:
    first = office.send("Contact.csv", CONTACTS)
    second = office.send("contacts 2.csv", "name,email\nBob,b@b.co\nRobert,B@b.co\n")
    assert records(office, "Contact")[-1] == ("b@b.co", "ready", "contacts 2.csv", 1)
    assert office.rows(first, "error_message")[1] == ("Replaced, before it was sent, by row 1 of contacts 2.csv.",)
    assert statuses(office, first) == ["valid"] * 3
    assert statuses(office, second) == ["valid", "duplicate"]


def test_an_import_whose_rows_are_all_errors_failed_and_its_rows_stand(office: Office) -> None:
    found = office.send("Contact.csv", "name,email\n,a@b.co\nBob,\nx\n")
    counts = ("total_records_attempted", "total_records_failed")
    assert office.import_row(found, "status::TEXT", "coperniq_sync_status", *counts) == ("failed", "failed", 3, 3)
    assert statuses(office, found) == ["error"] * 3
    assert records(office, "Contact") == []
    sending.refresh_imports(office.conn, sending.Scope(office.id, catalogue.CONTACT))
    assert office.import_row(found, "coperniq_sync_status") == ("failed",), "nothing of it will ever be in Coperniq"
    assert [(file.outcome, file.import_id) for file in office.register()] == [("failed before", found)]


def test_a_long_reading_says_how_far_it_is(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_RECORDS", 2)
    office.put("Contact.csv", "name,email\n" + "".join(f"Ann {number},a{number}@b.co\n" for number in range(6)))
    office.register()
    (found,) = store.unfinished(office.conn, office.id)
    told: list[Progress] = []
    importing.read_import(office.conn, office.id, office.inbox, found, [].append, tell=told.append)
    assert [f"{progress.of}: {progress.counts}" for progress in told] == [
        f"Contact.csv: {records} of about 7 records read" for records in (2, 4, 6)
    ]


def test_how_a_file_was_read_is_kept_with_its_import(office: Office) -> None:
    found = office.send("Contact.csv", "name;email;\nAnn;a@b.co;x\nBob;b@b.co;\n")
    read_as, warnings, entered = office.import_row(found, "read_as", "warnings", "entered_at IS NOT NULL")
    assert (read_as["delimiter"], entered) == (";", True)
    assert warnings == ['Column 3 has no header: what it holds is kept as "(column 3)" and not sent.']
    assert summaries.doubts(office.conn, [found]) == [("Contact.csv", warnings[0])]
    assert office.rows(found, "record_number", "line_number") == [(1, 2), (2, 3)]


def test_what_surrounds_the_data_of_an_export_is_no_record(office: Office) -> None:
    found = office.send(
        "FinancialDocument.csv",
        "sep=;\nSales by customer;;;\nJanuary 1; 2026 - March 31; 2026\n\nInvoice #;Customer;Total;Date\n"
        "1;Ann;$5.00;3/1/2026\n2;Bob;7;3/31/2026\n\nTOTAL;;$12.00;\n",
    )
    assert office.rows(found, "record_number", "status::TEXT", "mapped_data ->> 'title'") == [
        (1, "valid", "1"), (2, "valid", "2"),
    ]  # fmt: skip


def test_columns_are_written_down_once_however_often_the_file_is_read(office: Office) -> None:
    found = office.send("Site.csv", "Customer,Client email,Full address,Notes\nAnn,,1 Main St,x\n")
    assert office.conn.execute(
        """
        SELECT csv_column_number, csv_column_header, coperniq_field_name, transformation_rule, is_required
        FROM csv_column_mapping WHERE csv_import_id = %s ORDER BY csv_column_number
        """,
        [found],
    ).fetchall() == [
        (1, "Customer", "clientId", "custom", True), (2, "Client email", "clientId", "custom", True),
        (3, "Full address", "fullAddress", "trim", True), (4, "Notes", None, None, False),
    ]  # fmt: skip
