"""Finishing: what only the database knows of a row: its parents, its past, and what becomes of its import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from assets import catalogue
from assets.coperniq import store as sending
from assets.csv_imports import importing, store, summaries

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.csv_imports.conftest import Office

CONTACTS = "name,email,phone\nAnn,a@b.co,303-555-0123\nBob,b@b.co,\nCid,,303-555-0199\n"


def records(office: Office, type_name: str) -> list[tuple[Any, ...]]:
    """Give what is known of each record of a type: key, state, and the row whose values it takes."""
    return office.conn.execute(
        """
        SELECT c.record_key, c.state::TEXT, m.import_name, c.record_number
        FROM coperniq_records AS c INNER JOIN csv_imports AS m ON m.id = c.csv_import_id
        WHERE c.contractor_config_id = %s AND c.coperniq_type = %s ORDER BY c.record_key
        """,
        [office.id, type_name],
    ).fetchall()


def statuses(office: Office, import_id: UUID) -> list[str]:
    return [status for (status,) in office.rows(import_id, "status::TEXT")]


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
            "validation_errors": [{"cause": "email and phone are all empty", "records": 1, "first_row": 4}],
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


def test_a_parent_of_two_records_is_the_rows_error_and_names_both(office: Office) -> None:
    office.send("Contact.csv", "name,email\nAnn,a@b.co\nANN,z@b.co\nBob,b@b.co\n")
    found = office.send(
        "Site.csv",
        "Full address,Client email,Customer\n1 Main St,, ann \n2 Main St,,Bob\n3 Main St,a@b.co,Ann\n4 Main St,,Zoe\n",
    )
    assert office.rows(found, "status::TEXT", "error_message", "invalid_fields", "mapped_data") == [
        (
            "error",
            'Customer "ann" is ambiguous: it may be a@b.co or z@b.co. Name one of them in row 1 and send the fix '
            "file.",
            ["clientId"], None,
        ),
        ("valid", None, None, {"clientId": "Bob", "fullAddress": "2 Main St"}),
        ("valid", None, None, {"clientId": "a@b.co", "fullAddress": "3 Main St"}),
        ("valid", None, None, {"clientId": "Zoe", "fullAddress": "4 Main St"}),
    ]  # fmt: skip
    (summary,) = office.import_row(found, "error_summary")
    assert summary == {
        "field_errors": {"clientId": 1},
        "validation_errors": [
            {"cause": "A parent is ambiguous: two records have that name", "records": 1, "first_row": 1}
        ],
    }
    assert [key for key, *_ in records(office, "Site")] == [
        "2 main st | b@b.co", "3 main st | a@b.co", "4 main st | zoe",
    ]  # fmt: skip


def test_a_cell_that_speaks_of_ambiguity_costs_its_own_row(office: Office) -> None:
    said = "x is ambiguous: it may be y"
    found = office.send(
        "FinancialDocument.csv", f"type,title,Customer,Issue date\nInvoice,a,Ann,3/14/2026\nInvoice,b,Ann,{said}\n"
    )
    assert statuses(office, found) == ["valid", "error"]
    counts = office.import_row(found, "status::TEXT", "total_records_success", "total_records_failed")
    assert counts == ("partial_success", 1, 1)


def test_two_names_of_one_parent_make_two_rows_one_record(office: Office) -> None:
    office.send("Contact.csv", CONTACTS)
    found = office.send(
        "Site.csv", "Full address,Customer\n1 Main St,a@b.co\n1 MAIN st,Ann\n1 Main St,(303) 555-0123\n1 Main St,Bob\n"
    )
    assert office.rows(found, "status::TEXT", "error_message") == [
        ("valid", None),
        ("duplicate", "Row 2 is the same record as row 1; only row 1 is sent."),
        ("duplicate", "Row 3 is the same record as row 1; only row 1 is sent."),
        ("valid", None),
    ]
    assert [key for key, *_ in records(office, "Site")] == ["1 main st | a@b.co", "1 main st | b@b.co"]


def test_rows_that_became_one_record_before_they_were_entered_are_sent_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.send("Contact.csv", CONTACTS)
    with monkeypatch.context() as patched:
        patched.setattr(store, "enter", lambda *_: None)  # the run ends between settling and entering
        sites = office.send("Site.csv", "Full address,Customer\n1 Main St,Annie\n1 Main St,Ann\n2 Main St,Annie\n")
    assert statuses(office, sites) == ["valid"] * 3
    (waiting,) = store.unfinished(office.conn, office.id)
    office.put("contacts 2.csv", "name,email\nAnnie,a@b.co\n")
    office.register()
    (contacts,) = [one for one in store.unfinished(office.conn, office.id) if one.id != waiting.id]
    importing.read_import(office.conn, office.id, office.root, contacts, lambda _: None)

    importing.read_import(office.conn, office.id, office.root, waiting, lambda _: None)
    assert records(office, "Site") == [
        ("1 main st | a@b.co", "waiting", "Site.csv", 1), ("2 main st | a@b.co", "waiting", "Site.csv", 3),
    ]  # fmt: skip
    assert office.rows(sites, "status::TEXT", "error_message") == [
        ("valid", None), ("valid", "Row 2 is the same record as row 1; only row 1 is sent."), ("valid", None),
    ]  # fmt: skip


def test_a_long_reading_says_how_far_it_is(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PROGRESS_SECONDS", -1.0)
    monkeypatch.setattr(importing, "BATCH_RECORDS", 2)
    office.put("Contact.csv", "name,email\n" + "".join(f"Ann {number},a{number}@b.co\n" for number in range(6)))
    office.register()
    (found,) = store.unfinished(office.conn, office.id)
    said: list[str] = []
    importing.read_import(office.conn, office.id, office.root, found, said.append)
    assert [line.partition(" records read, ")[0] for line in said] == [
        "Contact.csv: 2 of about 7", "Contact.csv: 4 of about 7", "Contact.csv: 6 of about 7",
    ]  # fmt: skip


def test_how_a_file_was_read_is_kept_with_its_import(office: Office) -> None:
    found = office.send("Contact.csv", "name;email;\nAnn;a@b.co;x\nBob;b@b.co;\n")
    read_as, warnings, entered = office.import_row(found, "read_as", "warnings", "entered_at IS NOT NULL")
    assert (read_as["delimiter"], entered) == (";", True)
    assert warnings == ['Column 3 has no header: what it holds is kept as "(column 3)" and not sent.']
    assert summaries.doubts(office.conn, [found]) == [("Contact.csv", warnings[0])]
    assert office.rows(found, "record_number", "line_number") == [(1, 2), (2, 3)]


def test_a_row_is_no_duplicate_of_one_whose_parent_is_ambiguous(office: Office) -> None:
    office.send("Contact.csv", "name,email\nAnn,a@b.co\nANN,z@b.co\n")
    sites = office.send("Site.csv", "Full address,Customer\n1 Main St,Ann\n1 Main St,Ann\n1 Main St,a@b.co\n")
    assert statuses(office, sites) == ["error", "error", "valid"]
    office.send("sites 2.csv", "Full address,Site name,Customer\n2 Main St,Barn,a@b.co\n3 Main St,Barn,a@b.co\n")
    assets = office.send(
        "Asset.csv",
        "name,type,serial,Site\nFurnace,F,SN1,Barn\nFurnace,F,SN1,2 Main St\nFurnace,F,SN1,3 Main St\n",
    )
    assert office.rows(assets, "status::TEXT", "left(error_message, 40)") == [
        ("error", 'Site "Barn" is ambiguous: it may be 2 ma'), ("valid", None),
        ("duplicate", "Row 3 is the same record as row 2; only "),
    ]  # fmt: skip


def test_what_surrounds_the_data_of_an_export_is_no_record(office: Office) -> None:
    found = office.send(
        "FinancialDocument.csv",
        "sep=;\nSales by customer;;;\nJanuary 1; 2026 - March 31; 2026\n\nInvoice #;Customer;Total;Date\n"
        "1;Ann;$5.00;3/1/2026\n2;Bob;7;3/31/2026\n\nTOTAL;;$12.00;\n",
    )
    assert office.rows(found, "record_number", "status::TEXT", "mapped_data ->> 'title'") == [
        (1, "valid", "1"), (2, "valid", "2"),
    ]  # fmt: skip


def test_a_sites_own_name_is_another_name_of_it(office: Office) -> None:
    office.send("Contact.csv", CONTACTS)
    office.send("Site.csv", "Full address,Site name,Customer\n1 Main St,The  Barn,Ann\n")
    office.send("Asset.csv", "name,type,Site\nFurnace,Furnace,THE BARN\nBoiler,Boiler,1 main st\n")
    assert [key for key, *_ in records(office, "Asset")] == [
        "1 main st | a@b.co | boiler", "1 main st | a@b.co | furnace",
    ]  # fmt: skip


def test_a_record_that_is_skipped_still_brings_its_new_name(office: Office) -> None:
    office.send("Contact.csv", CONTACTS)
    office.send("Site.csv", "Full address,Customer\n1 Main St,a@b.co\n")
    office.mark_synced()
    again = office.send("sites 2.csv", "Full address,Customer,Site name\n1 Main St,a@b.co,Barn\n")
    assert statuses(office, again) == ["skipped"]
    office.send("Asset.csv", "name,type,Site\nBoiler,Boiler,barn\n")
    assert [key for key, *_ in records(office, "Asset")] == ["1 main st | a@b.co | boiler"]


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


@pytest.mark.parametrize(
    "counts",
    ["total_records_attempted = 2", "total_records_success = 2", "total_records_failed = 1, total_records_success = 2"],
)
def test_the_database_refuses_counts_that_are_not_those_of_the_rows(office: Office, counts: str) -> None:
    found = office.send("Contact.csv", CONTACTS)
    with pytest.raises(psycopg.errors.CheckViolation):
        office.conn.execute(f"UPDATE csv_imports SET {counts} WHERE id = '{found}'")


def test_a_row_that_gets_lost_on_the_way_fails_the_import_and_leaves_nothing(
    office: Office,
) -> None:
    office.conn.execute(
        """
        CREATE FUNCTION lose() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
            DELETE FROM csv_import_records WHERE csv_import_id = NEW.id AND record_number = 2; RETURN NEW;
        END $$;
        CREATE TRIGGER lose BEFORE UPDATE ON csv_imports FOR EACH ROW WHEN (NEW.status = 'success')
        EXECUTE FUNCTION lose();
        """
    )
    office.put("Contact.csv", CONTACTS)
    office.put("contacts 2.csv", "name,email\n,d@b.co\n")
    office.register()
    refused, other = office.read()
    assert refused.failure is not None
    assert "cannot be success: it says 3 records attempted" in refused.failure
    assert office.import_row(refused.import_id, "status::TEXT", "error_summary ->> 'reason'") == (
        "failed", refused.failure,
    )  # fmt: skip
    assert office.rows(refused.import_id, "record_number") == records(office, "Contact") == []
    assert office.rows(other.import_id, "record_number") == [(1,)], "the other files go on"


def test_a_run_that_could_not_read_a_file_fails_no_import_that_another_has_settled(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("Contact.csv", CONTACTS)
    office.register()
    (found,) = store.unfinished(office.conn, office.id)
    entering = store.enter

    def after_another_failed(*arguments: Any) -> None:
        store.fail(office.conn, found.id, "Contact.csv is no longer there.", again=True, settled=False)
        entering(*arguments)

    monkeypatch.setattr(store, "enter", after_another_failed)
    assert office.read()[0].failure is None
    assert office.import_row(found.id, "status::TEXT", "error_summary ->> 'reason'") == ("success", None)
    assert len(records(office, "Contact")) == 3


def test_rows_that_cannot_be_entered_fail_their_import_alone(office: Office) -> None:
    office.conn.execute("ALTER TABLE coperniq_records ADD CHECK (record_key <> 'b@b.co')")
    office.put("Contact.csv", CONTACTS)
    office.put("contacts 2.csv", "name,email\nDan,d@b.co\n")
    office.register()
    refused, other = office.read()
    assert "23514" in (refused.failure or "")
    assert office.import_row(refused.import_id, "status::TEXT", "error_summary ->> 'reason'") == (
        "failed", refused.failure,
    )  # fmt: skip
    assert office.rows(refused.import_id, "id") == []
    assert other.failure is None
    assert [key for key, *_ in records(office, "Contact")] == ["d@b.co"]


def test_a_finished_import_takes_and_loses_no_row(office: Office) -> None:
    found = office.send("Contact.csv", CONTACTS)
    for statement in (
        "DELETE FROM csv_import_records WHERE csv_import_id = %s AND record_number = 1",
        "UPDATE csv_import_records SET status = 'error' WHERE csv_import_id = %s AND record_number = 1",
        "INSERT INTO csv_import_records (csv_import_id, record_number, record_data, status) "
        "VALUES (%s, 9, '{}', 'valid')",
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match="final"):
            office.conn.execute(statement, [found])
    assert office.rows(found, "record_number") == [(1,), (2,), (3,)]
