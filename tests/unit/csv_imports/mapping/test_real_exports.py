"""Header rows of real systems: which column feeds which field, and that none feeds two."""

from __future__ import annotations

from typing import Any

import pytest

from assets import catalogue
from assets.csv_imports.mapping.deciding import map_headers
from tests.unit.csv_imports.conftest import fed
from tests.unit.csv_imports.header_rows import HEADER_ROWS

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
    "ServiceCore sites": {
        "siteName": ["Site Name"], "street": ["Address"], "city": ["City"], "state": ["State"], "zipcode": ["ZIP Code"],
    },
    "HVAC app equipment template": {
        "type": ["Type"], "manufacturer": ["Brand"], "model": ["Model"], "serialNumber": ["Serial Number"],
        "installDate": ["Install Date"], "siteId": ["Customer Email"],
    },
    "Building equipment capture export": {
        "name": ["Description"], "type": ["Equipment Type"], "manufacturer": ["Manufacturer"], "model": ["Model"],
        "serialNumber": ["Serial Number"], "siteId": ["Unit"],
    },
    "Jobber jobs report (short)": {
        "title": ["Title"], "status": ["Job status"], "startDate": ["Start date"], "endDate": ["Completed date"],
        "siteId": ["Client email", "Client name"], "jobType": ["Job type"], "jobNumber": ["Job #"],
    },
    "Housecall Pro jobs (short)": {
        "description": ["Description"], "status": ["Job status"], "startDate": ["Scheduled start"],
        "endDate": ["Scheduled end"], "siteId": ["Service address"], "jobNumber": ["Job #"],
    },
    "Roofing contractor app projects": {
        "title": ["projectName"], "description": ["description"], "status": ["status"], "priority": ["priority"],
        "startDate": ["startDate"], "endDate": ["endDate"], "siteId": ["customerEmail"], "jobType": ["projectType"],
    },
    "Coperniq onboarding workbook (Flatfile)": {"title": ["Title"], "status": ["Status"], "street": ["Address"]},
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


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_headers_of_a_real_export_feed_these_fields(system: str, real_exports: list[dict[str, Any]]) -> None:
    (export,) = [one for one in real_exports if one["system"] == system]
    assert fed(export["entity"], export["headers"]) == SYSTEMS[system]


def test_every_header_row_of_the_collection_maps(real_exports: list[dict[str, Any]]) -> None:
    assert {export["system"] for export in real_exports} == set(SYSTEMS)
    for export in real_exports:
        assert map_headers(catalogue.BY_NAME[export["entity"]], export["headers"]).headers == export["headers"]


@pytest.mark.parametrize("system", HEADER_ROWS)
def test_the_headers_of_another_system_feed_these_fields(system: str) -> None:
    type_name, expected = HEADER_ROWS[system]
    found = {header: name for name, headers in fed(type_name, list(expected)).items() for header in headers}
    assert {header: found.get(header) for header in expected} == expected


def test_no_column_feeds_two_fields() -> None:
    for system in SYSTEMS.values():
        headers = [header for found in system.values() for header in found]
        assert len(headers) == len(set(headers))
