"""Mapping: which column feeds which field, decided from the headers alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.mapping import ColumnMapping, UnmappableFile, fits, map_headers
from tests.conftest import SHARED
from tests.unit.csv_imports.conftest import mapped, quick

EXPORT_HEADERS = SHARED / "data" / "export_headers.json"

# What the catalogue makes of real header rows: {system: {field: headers}}, in the order in which they count.
SYSTEMS = {
    'Jobber "client" report style': {
        "emails": ["Email"], "phones": ["Phone"], "firstName": ["First name"], "lastName": ["Last name"],
    },
    "Housecall Pro customers export": {
        "emails": ["Email"], "phones": ["Mobile number", "Home number"], "firstName": ["First name"],
        "lastName": ["Last name"], "company": ["Company"],
    },
    "QuickBooks Online Customer Contact List": {
        "name": ["Customer"], "emails": ["Email"], "phones": ["Phone Numbers"],
    },
    "HubSpot import template": {
        "emails": ["Email"], "phones": ["Phone"], "title": ["Job Title"], "firstName": ["First Name"],
        "lastName": ["Last Name"], "company": ["Company"],
    },
    "mHelpDesk": {
        "name": ["CustomerName"], "emails": ["Email"], "phones": ["PrimaryPhone", "SecondaryPhone"],
        "source": ["Source"], "firstName": ["ContactFirstName"], "lastName": ["ContactLastName"],
    },
    "ServiceTrade locations": {
        "street": ["street"], "city": ["city"], "state": ["state"], "zipcode": ["postalcode"],
        "clientId": ["primary_contact_email", "primary_contact", "primary_contact_phone"],
        "siteName": ["location_name"],
    },
    "Wennsoft MobileTech equipment": {
        "name": ["Equipment"], "type": ["Equipment Type"], "manufacturer": ["Manufacturer"],
        "model": ["Model Number"], "serialNumber": ["Serial Number"], "installDate": ["Install Date"],
        "siteId": ["Location", "Building ID"],
    },
    "Coperniq onboarding workbook (Flatfile)": {"title": ["Title"], "status": ["Status"], "siteId": ["Address"]},
    "Membership export": {
        "servicePlanId": ["Membership Name"], "clientId": ["Customer Email", "Customer Name"],
        "startDate": ["Start Date"], "endDate": ["Expiration Date"], "status": ["Status"],
    },
    "QuickBooks Online invoice import": {
        "title": ["*InvoiceNo"], "amount": ["*ItemAmount"], "issueDate": ["*InvoiceDate"], "dueDate": ["*DueDate"],
        "clientId": ["*Customer"],
    },
    "Housecall Pro invoices export": {
        "title": ["Invoice #"], "status": ["Invoice status"], "amount": ["Amount due"],
        "issueDate": ["Latest send date"], "dueDate": ["Due date"], "clientId": ["Customer name"],
    },
    "Jobber invoices report": {
        "title": ["Invoice #"], "amount": ["Total ($)"], "issueDate": ["Issued date"],
        "clientId": ["Client email", "Client name"],
    },
}  # fmt: skip


def fed(type_name: str, headers: list[str]) -> dict[str, list[str]]:
    """Give the headers that feed each field."""
    return {name: [headers[n] for n in places] for name, places in mapped(type_name, headers).columns.items()}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_headers_of_a_real_export_feed_these_fields(system: str) -> None:
    if not EXPORT_HEADERS.exists():
        pytest.skip(f"the collection of real header rows is not here: {EXPORT_HEADERS}")
    (export,) = [one for one in json.loads(EXPORT_HEADERS.read_text("utf-8")) if one["system"] == system]
    assert fed(export["entity"], export["headers"]) == SYSTEMS[system]


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_coperniqs_own_names_feed_every_field_in_any_order(record_type: catalogue.RecordType) -> None:
    headers = [field.name for field in record_type.fields]
    for order in (headers, headers[::-1]):
        assert fed(record_type.name, order) == {name: [name] for name in headers}


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_every_alias_feeds_its_field_when_the_others_are_named_exactly(record_type: catalogue.RecordType) -> None:
    for field in record_type.fields:
        for alias in field.aliases:
            headers = [alias.upper() if other is field else other.name for other in record_type.fields]
            assert fed(record_type.name, headers)[field.name] == [alias.upper()], alias


def test_an_exact_name_beats_an_alias_that_comes_first() -> None:
    assert fed("Contact", ["Customer", "Name", "name", "Email"])["name"] == ["name"]
    # `title` of a task is a field's exact name, and `Job title` an alias of it.
    assert fed("Task", ["Job title", "title", "status", "siteId"])["title"] == ["title"]


def test_the_more_telling_alias_wins_wherever_it_stands() -> None:
    assert fed("Contact", ["Full name", "Customer name", "Email"])["name"] == ["Customer name"]
    assert fed("Asset", ["Description", "Unit", "Type", "Site"])["name"] == ["Unit"]


@pytest.mark.parametrize("header", ["e-mail", "E_MAIL", " Email ", "*Email", "EMAIL:", "E mail"])
def test_case_and_punctuation_make_no_difference(header: str) -> None:
    assert fed("Contact", ["name", header])["emails"] == [header]


def test_signs_that_tell_columns_apart_do() -> None:
    with pytest.raises(UnmappableFile):
        mapped("FinancialDocument", ["Invoice %", "Customer"])
    assert fed("Asset", ["Name", "Type", "Site", "Model #"])["model"] == ["Model #"]


def test_lists_and_references_take_every_column_that_fits_in_the_order_of_the_aliases() -> None:
    headers = ["Name", "Home phone", "E-mail", "Mobile", "Secondary email", "phones"]
    assert fed("Contact", headers) == {
        "name": ["Name"], "emails": ["E-mail", "Secondary email"], "phones": ["phones", "Mobile", "Home phone"],
    }  # fmt: skip
    headers = ["Customer name", "Address", "clientId", "Customer email"]
    assert fed("Site", headers)["clientId"] == ["clientId", "Customer email", "Customer name"]


def test_no_column_feeds_two_fields() -> None:
    for system in SYSTEMS.values():
        headers = [header for found in system.values() for header in found]
        assert len(headers) == len(set(headers))


def test_parts_make_a_field_that_no_column_holds() -> None:
    mapping = mapped("Site", ["Address 1", "Suite", "City", "Zip", "Customer"])
    assert [composition.parts for composition in mapping.compositions("fullAddress")] == [
        ("street", "street2", "city", "state zipcode")
    ]
    assert mapping.feeds("fullAddress")
    assert mapping.header_of("fullAddress") == "Address 1"


@pytest.mark.parametrize(
    ("headers", "constants"),
    [
        (["Invoice #", "Customer"], {"type": "Invoice"}),
        (["*InvoiceNo", "Customer"], {"type": "Invoice"}),
        (["Quote number", "Customer"], {"type": "Quote"}),
        (["Estimate #", "Customer"], {"type": "Quote"}),
        (["Invoice #", "Document type", "Customer"], {}),
    ],
)
def test_a_header_may_imply_the_type(headers: list[str], constants: dict[str, str]) -> None:
    assert mapped("FinancialDocument", headers).constants == constants


@pytest.mark.parametrize(
    ("type_name", "headers", "message"),
    [
        (
            "Contact", ["Part #", "Bin"],
            'No column fits the required Contact field "name" and "emails" or "phones"; the file has "Part #", "Bin": '
            "rename the right column to the field's name, or export the file with it.",
        ),
        ("Contact", ["Name"], 'field "emails" or "phones"; the file has "Name":'),
        ("Contact", ["Email"], 'field "name"; the file has "Email":'),
        ("Site", ["Customer", "Time zone"], 'field "fullAddress"; the file has'),
        ("Site", ["Customer", "City", "State", "Zip"], 'field "fullAddress"; the file has'),
        ("Task", ["Title", "Address"], 'field "status"; the file has'),
        ("FinancialDocument", ["Number", "Customer"], 'field "type"; the file has'),
        ("System", [f"col\n{'x' * 50}{n}" for n in range(12)], f'the file has "col\\n{"x" * 35}", "col'),
    ],
)  # fmt: skip
def test_a_file_that_lacks_a_required_field_says_which(type_name: str, headers: list[str], message: str) -> None:
    with pytest.raises(UnmappableFile) as raised:
        mapped(type_name, headers)
    assert message in str(raised.value)
    assert str(raised.value).isprintable()
    assert not fits(catalogue.BY_NAME[type_name], headers)


@pytest.mark.parametrize(
    ("type_name", "headers", "optional"),
    [
        ("Contact", ["name", "email", "notes"], True),
        ("Contact", ["name", "email", "Lead source"], True),
        ("Contact", ["name", "email", "phone"], False),
        ("Contact", ["email", "name"], False),
        ("Contact", ["email", "First name", "Last name"], False),
        ("Contact", ["email", "name", "Last name"], False),
        ("Site", ["Customer", "Address", "City", "Zip"], False),
        ("Site", ["Customer", "Full address", "Zip"], True),
        ("Site", ["Customer", "Full address", "Street", "Zip"], False),
        ("Site", ["Customer", "Full address", "Time zone"], True),
        ("Site", ["Full address", "Customer email", "Customer"], False),
        ("Task", ["title", "status", "siteId", "assetId"], True),
        ("FinancialDocument", ["Customer", "Total", "Invoice #"], False),
    ],
)
def test_the_last_cell_is_optional_when_nothing_required_hangs_on_it(
    type_name: str, headers: list[str], *, optional: bool
) -> None:
    assert mapped(type_name, headers).last_is_optional() is optional


def test_the_decision_is_written_down_column_by_column() -> None:
    rows = mapped("Site", ["Customer email", "Customer", "Notes", "Address", "Site name", "Zip", "Suite"]).rows()
    lookup = {"function": "parent_lookup", "source": "alias"}
    assert rows == [
        ColumnMapping(1, "Customer email", "clientId", "custom", lookup, required=True),
        ColumnMapping(2, "Customer", "clientId", "custom", lookup, required=True),
        ColumnMapping(3, "Notes", None, None, None, required=False),
        ColumnMapping(4, "Address", "street", "trim", {"source": "alias"}, required=False),
        ColumnMapping(
            5, "Site name", None, "custom",
            {"function": "keep_as_name", "part": "siteName", "source": "alias"}, required=False,
        ),
        ColumnMapping(6, "Zip", "zipcode", "custom", {"function": "zip_code", "source": "alias"}, required=False),
        ColumnMapping(
            7, "Suite", "fullAddress", "custom",
            {"function": "concat", "part": "street2", "source": "alias"}, required=False,
        ),
    ]  # fmt: skip
    assert mapped("Contact", ["name", "phones"]).rows()[0].params == {"source": "name"}


@quick
@given(st.sampled_from(catalogue.TYPES), st.lists(st.text(), unique=True, max_size=20))
def test_any_headers_are_mapped_or_refused_and_each_is_accounted_for(
    record_type: catalogue.RecordType, headers: list[str]
) -> None:
    required = [*record_type.required, *record_type.one_of]
    headers = [*headers, *(name for name in required if name not in headers)]
    mapping = map_headers(record_type, headers)
    assert [row.number for row in mapping.rows()] == list(range(1, len(headers) + 1))
    assert [row.header for row in mapping.rows()] == headers
