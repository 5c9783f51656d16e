"""A customers export that carries service addresses: its sites, and who their client is."""

from __future__ import annotations

import pytest

from assets.csv_imports.judging.transforming import transform
from assets.csv_imports.mapping.deciding import Known
from assets.csv_imports.mapping.decision import UnmappableFile
from assets.csv_imports.mapping.service_addresses import carries_sites, map_sites
from tests.unit.csv_imports.conftest import batch

HOUSECALL = ["First name", "Last name", "Company", "Mobile number", "Email", "Street", "City", "State", "Zip", "Notes"]


@pytest.mark.parametrize(
    ("headers", "carries"),
    [
        (HOUSECALL, True),
        (["Name", "Email", "Service address"], True),
        (["Name", "Email", "fullAddress"], True),
        (["CustomerName", "Address1", "Zip", "PrimaryPhone"], True),
        (["Name", "Email", "Street"], False),
        (["Name", "Email", "Service Street 1"], False),
        (["Name", "Email", "City", "State", "Zip"], False),
        (["Customer", "Phone Numbers", "Email", "Full Name", "Billing Address", "Open Balance"], False),
        (["Name", "Email", "Billing Street", "Billing City", "Billing Zip"], False),
        (["Name", "Email", "Mailing Street", "Mailing City"], False),
        (["Email", "First Name", "Last Name", "Company", "Phone", "Job Title", "Website"], False),
        (["Street", "City", "Zip"], False),
    ],
)
def test_which_files_of_contacts_carry_sites(headers: list[str], *, carries: bool) -> None:
    assert carries_sites(headers, Known(), Known()) is carries


def test_a_site_refers_to_its_own_contact_by_email_else_phone_else_name() -> None:
    mapping = map_sites(HOUSECALL, Known(), Known())
    assert {name: [HOUSECALL[n] for n in places] for name, places in mapping.columns.items()} == {
        "street": ["Street"], "city": ["City"], "state": ["State"], "zipcode": ["Zip"],
        "clientId": ["Email", "Mobile number"], "firstName": ["First name"], "lastName": ["Last name"],
        "company": ["Company"],
    }  # fmt: skip
    rows = [
        ["Ann", "Lee", "", "303-555-0123", "a@b.co; ann@b.co", "1 Main St", "Denver", "CO", "80201", ""],
        ["Bob", "Ray", "", "(303) 555-0124", "", "2 Main St", "Denver", "CO", "80201", ""],
        ["Cid", "Fox", "", "", "", "3 Main St", "Denver", "CO", "80201", ""],
        ["", "", "Acme", "", "", "4 Main St", "Denver", "CO", "80201", ""],
        ["Dee", "Kay", "", "", "d@b.co", "", "", "", "", ""],
    ]
    values = transform(mapping, batch(rows, len(HOUSECALL)).cells).values
    assert values["clientId"].to_list() == ["a@b.co", "(303) 555-0124", "Cid Fox", "Acme", "d@b.co"]
    assert values["fullAddress"].to_list() == [
        *(f"{n} Main St, Denver, CO 80201" for n in range(1, 5)), None,
    ]  # fmt: skip


def test_the_decision_names_the_contact_s_columns_and_how_they_were_found() -> None:
    rows = map_sites(["Cust. Name", "E-mail", "Address", "Zip"], Known(), Known()).rows()
    assert [(row.field, row.choice and row.choice.source) for row in rows] == [
        ("clientId", "similar"), ("clientId", "alias"), ("street", "alias"), ("zipcode", "alias"),
    ]  # fmt: skip


def test_what_names_the_contact_names_no_site() -> None:
    mapping = map_sites(["Name", "Email", "Service address"], Known(), Known())
    assert mapping.columns == {"fullAddress": [2], "clientId": [1, 0]}


def test_a_file_without_a_service_address_is_refused() -> None:
    with pytest.raises(UnmappableFile, match="no service address"):
        map_sites(["Name", "Email"], Known(), Known())
