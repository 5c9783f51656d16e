"""Headers that are nearly an alias: those that must be understood, and those that must not be guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.mapping.deciding import Known, decide
from assets.csv_imports.mapping.decision import Choice, Earlier
from assets.csv_imports.mapping.matching import SIMILAR, Index, nearest, plain, words
from tests.unit.csv_imports.conftest import quick
from tests.unit.csv_imports.header_rows import HEADER_ROWS

NEAR = [
    ("Contact", "Frist Name", "firstName"), ("Contact", "Last  Nmae", None), ("Contact", "E-Mail Adress", "emails"),
    ("Contact", "Email Addres", "emails"), ("Contact", "Emial Address", "emails"), ("Contact", "Phone No.", "phones"),
    ("Contact", "Phnoe Number", "phones"), ("Contact", "Phone (Mobile)", "phones"), ("Contact", "Mobile Ph.", "phones"),
    ("Contact", "Cust. Name", "name"), ("Contact", "Custmer Name", "name"), ("Contact", "Name (Customer)", "name"),
    ("Contact", "Customer's Name", "name"), ("Contact", "Company Nm", "company"),
    ("Contact", "Compnay Name", "company"),
    ("Contact", "Lead Soruce", "source"), ("Contact", "Main Phone #s", "phones"),
    ("Site", "Zip/Postal Code", "zipcode"), ("Site", "Adress Line 1", "street"),
    ("Site", "Srevice Address", "fullAddress"),
    ("Site", "Property Addr", "fullAddress"), ("Site", "Service Adress", "fullAddress"),
    ("Site", "Loc. Name", "siteName"),
    ("Asset", "Serial Numbr", "serialNumber"), ("Asset", "Serial Nbr", "serialNumber"),
    ("Asset", "Ser. No.", "serialNumber"),
    ("Asset", "Instal Date", "installDate"), ("Asset", "Date of Installation", "installDate"),
    ("Asset", "Install Dt", "installDate"), ("Asset", "Install Date (MM/DD/YYYY)", "installDate"),
    ("Asset", "Equip Type", "type"), ("Asset", "Manufactuer", "manufacturer"), ("Asset", "Mfr Name", "manufacturer"),
    ("Task", "Job Desc.", "description"), ("Task", "Sched. Start", "startDate"),
    ("Task", "Scheduled Strat", "startDate"),
    ("Task", "Date Start", "startDate"), ("Task", "Job Prioirty", "priority"),
    ("System", "Sys. Name", "name"), ("System", "Instalation Date", "installedAt"),
    ("ServicePlanInstance", "Membreship Name", "servicePlanId"), ("ServicePlanInstance", "Expiration Dt", "endDate"),
    ("FinancialDocument", "Inv. #", "title"), ("FinancialDocument", "Invoce Number", "title"),
    ("FinancialDocument", "Invoice Amt", "amount"), ("FinancialDocument", "Due Dt", "dueDate"),
    # One slip in seven letters is the most that is taken.
    ("Contact", "Compnay", "company"), ("Task", "Stauts", None), ("Contact", "Emial", None),
]  # fmt: skip

FRIENDS = {
    "Contact": [
        "Fax", "Fax Number", "Billing Address", "Shipping Address", "Mailing Address", "Sales Rep", "Project Manager",
        "Customer notes", "Website", "Open Balance", "Currency", "Email Opt In", "Email Opt Out", "Phone Type",
        "Phone Ext", "Email Type", "primary_contact_type", "Captured At", "Contract Name", "Contract Status",
        "Contract Email", "Contractor Name", "Contractor Email", "Customer Type", "Customer Since", "Customer ID",
        "Customer Number", "Customers", "Custom Name", "Account Number", "Lead Owner", "Contact Owner", "Company Size",
        "Middle Name", "Assistant Phone", "Emergency Phone", "Spouse Email", "Last Contact", "Last Contacted",
        "Email Bounced", "Do Not Call", "Username", "Branch Name", "Resource", "Phase", "First Visit", "Last Visit",
        "Last Service", "Job Name", "Technician Name", "pmPhone", "pmEmail", "projectManagerEmail", "Phone 9", "Tile",
    ],
    "Site": [
        "Billing Address", "Billing Street", "Billing City", "Billing Zip", "Mailing City", "Ship To Street",
        "latitude", "longitude", "Estate", "Status", "County", "Country", "Capacity", "Tax Zone", "Gate Code",
        "Site Contact", "Site Notes", "Property Type", "Street View", "Zip Line", "Site Size", "Address 3", "Stage",
        "Location Type", "Contract Name", "primary_contact_type",
    ],
    "Asset": [
        "Warranty End", "Warranty Exp", "Install By", "Installer", "Installed By", "Year", "Condition", "Barcode",
        "Verified", "Captured By", "Captured At", "Filter Size", "Belt Size", "Parent Asset", "Notes", "Aerial Number",
        "Last Service Date", "Uninstall Date", "Reinstall Date", "Manufacture Date", "Plant Name", "Model Year",
        "Installation Cost", "Refrigerant", "Unit Price", "Unit Cost", "Mode", "Series Number",
    ],
    "Task": [
        "Sales Rep", "Project Manager", "Tank Name", "Created Date", "Completed By", "Complete", "Invoice #",
        "Total amount", "Budget", "Owner", "Trades", "Workflow", "Legacy Stage", "State Date", "Send Date",
        "Contract Signed Date", "Assigned To", "Unscheduled Date", "Rescheduled Date", "Uncompleted Date",
        "Payment Status", "Service Rate", "Start Mileage", "End User", "Jobs", "Tasks",
    ],
    "System": [
        "Inverter", "Inverted", "Annual Production (kWh)", "Battery (kWh)", "Offset (%)", "Last Report", "Installer",
        "Deactivation Date", "Utility Company", "Firmware", "Module Count", "System Price",
    ],
    "ServicePlanInstance": [
        "Billing Frequency", "Visits Remaining", "Sold By", "Next Visit Date", "Plant Name", "Planner", "Expired",
        "Payment Method", "Discount", "Renewal Type", "Notes", "Prince", "Price Level", "Monthly Price",
    ],
    "FinancialDocument": [
        "Memo", "Terms", "Location", "Open Balance", "Balance", "Tax", "Subtotal", "Item Rate", "Item Quantity",
        "Service Date", "Paid Date", "Invoices", "Estimated Total", "Quota", "Line Item", "Salesperson", "Job #",
        "PO Number", "Total Tax", "Total Cost", "Total Paid", "Class", "Tissue Date", "Reissue Date", "Invoice %",
    ],
}  # fmt: skip


def fed(type_name: str, header: str) -> tuple[str | None, Choice | None]:
    mapping = decide(catalogue.BY_NAME[type_name], [header])
    return next(iter(mapping.columns), None), mapping.choices.get(0)


@pytest.mark.parametrize(("type_name", "header", "name"), NEAR)
def test_a_header_that_is_nearly_an_alias(type_name: str, header: str, name: str | None) -> None:
    found, choice = fed(type_name, header)
    assert found == name
    if choice and choice.source != "alias":
        assert choice.source == "similar"
        assert SIMILAR <= choice.confidence < 1


@pytest.mark.parametrize(
    ("type_name", "header"), [(name, header) for name, given in FRIENDS.items() for header in given]
)
def test_a_header_that_only_looks_like_an_alias_is_not_guessed(type_name: str, header: str) -> None:
    assert fed(type_name, header) == (None, None)


def test_the_surest_match_wins_and_of_two_that_are_as_sure_neither() -> None:
    names = decide(catalogue.CONTACT, ["Custmer Name", "Cust. Name", "Email"])
    assert names.columns["name"] == [1]
    assert names.choices[1] == Choice("similar", 0.95)
    assert 0 not in names.choices
    assert "name" not in decide(catalogue.CONTACT, ["Cust. Name", "Cust Nm", "Email"]).columns


def test_what_nobody_chose_before_is_decided_anew() -> None:
    known = Known(earlier={plain("Custmer Name"): Earlier(chosen=False, order="MDY")})
    assert decide(catalogue.CONTACT, ["Custmer Name", "Email"], known).columns["name"] == [0]


def test_what_is_most_like_a_field_that_has_its_column_means_no_other() -> None:
    mapping = decide(catalogue.CONTACT, ["First name", "Frist Name", "Email", "E-Mail Adress"])
    assert mapping.columns == {"firstName": [0], "emails": [2, 3]}


def test_a_word_that_may_be_a_slip_of_two_is_one_of_neither() -> None:
    # One letter from contact, one from contract.
    assert fed("Contact", "Contrct Name") == (None, None)
    assert Index.of({"name": ["contact name"]}).alike("Contakt Name") == {"name": pytest.approx(10 / 11)}


def test_two_fields_that_are_as_like_are_no_match() -> None:
    index = Index.of({"one": ["home address"], "other": ["address home"]})
    assert index.alike("Home Addr.") == {"one": 0.95, "other": 0.9}
    name, emails, _, title, *rest = catalogue.CONTACT.fields
    fields = (replace(name, aliases=("cust code",)), emails, replace(title, aliases=("customer code",)), *rest)
    ambiguous = replace(catalogue.CONTACT, fields=fields)
    assert decide(ambiguous, ["Code (Customer)"]).columns == {}
    assert decide(ambiguous, ["Cust Code"]).columns == {"name": [0]}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("CustAddr_1", ("customer", "address", "1")),
        ("E-Mail  Address:", ("email", "address")),
        ("ABCName", ("abc", "name")),
        ("Téléphone N°", ("téléphone", "n")),
        ("Invoice #", ("invoice", "number")),
        ("Total ($)", ("total", "$")),
        ("名前", ("名前",)),
        ("", ()),
    ],
)
def test_words_of_a_header(header: str, expected: tuple[str, ...]) -> None:
    assert words(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"), [(" E-mail: ", "email"), ("Job #", "job#"), ("Prénom", "prénom"), ("ＺＩＰ", "zip")]
)
def test_what_makes_no_difference_in_a_header(header: str, expected: str) -> None:
    assert plain(header) == expected


def test_likeness_to_show_grows_with_likeness() -> None:
    aliases = ["customer name", "full name"]
    assert nearest("Custmer Nmae", aliases) > nearest("Customer", aliases) > nearest("Zip", aliases)


@quick
@given(st.text(max_size=40), st.sampled_from([header for _, row in HEADER_ROWS.values() for header in row]))
def test_any_header_is_compared_and_case_and_punctuation_change_nothing(noise: str, header: str) -> None:
    index = Index.of({field.name: field.aliases for field in catalogue.CONTACT.fields})
    assert all(SIMILAR <= likeness < 1 for likeness in index.alike(noise).values())
    assert plain(f" {header.upper()} ") == plain(header)
