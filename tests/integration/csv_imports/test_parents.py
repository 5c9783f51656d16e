"""Parents and names: which record a row refers to, and which rows are one record because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.csv_imports import importing, settling, store
from tests.integration.csv_imports.conftest import CONTACTS, records, statuses

if TYPE_CHECKING:
    from tests.integration.csv_imports.conftest import Office


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
            {
                "cause": "A parent is ambiguous: two records have that name",
                "field": "clientId",
                "rule": "parent_ambiguous",
                "records": 1,
                "first_row": 1,
            }
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
        patched.setattr(settling, "enter", lambda *_, **__: None)  # the run ends between settling and entering
        sites = office.send("Site.csv", "Full address,Customer\n1 Main St,Annie\n1 Main St,Ann\n2 Main St,Annie\n")
    assert statuses(office, sites) == ["valid"] * 3
    (waiting,) = store.unfinished(office.conn, office.id)
    office.put("contacts 2.csv", "name,email\nAnnie,a@b.co\n")
    office.register()
    (contacts,) = [one for one in store.unfinished(office.conn, office.id) if one.id != waiting.id]
    importing.read_import(office.conn, office.id, office.inbox, contacts, lambda _: None)

    importing.read_import(office.conn, office.id, office.inbox, waiting, lambda _: None)
    assert records(office, "Site") == [
        ("1 main st | a@b.co", "waiting", "Site.csv", 1), ("2 main st | a@b.co", "waiting", "Site.csv", 3),
    ]  # fmt: skip
    assert office.rows(sites, "status::TEXT", "error_message") == [
        ("valid", None), ("valid", "Row 2 is the same record as row 1; only row 1 is sent."), ("valid", None),
    ]  # fmt: skip


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
