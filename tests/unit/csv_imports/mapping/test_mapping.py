"""Mapping: which column feeds which field, decided from the headers alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.mapping.deciding import fits, map_headers
from assets.csv_imports.mapping.decision import Choice, ColumnMapping, UnmappableFile
from assets.csv_imports.mapping.matching import plain
from assets.record_types import RecordType
from tests.unit.csv_imports.conftest import fed, mapped, quick


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_no_alias_belongs_to_two_fields_of_a_type(record_type: RecordType) -> None:
    owners: dict[str, set[str]] = {}
    for target in (*record_type.fields, *record_type.parts):
        for alias in (target.name, *target.aliases):
            assert plain(alias)
            owners.setdefault(plain(alias), set()).add(target.name)
    assert {alias: names for alias, names in owners.items() if len(names) > 1} == {}


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_coperniqs_own_names_feed_every_field_in_any_order(record_type: RecordType) -> None:
    headers = [field.name for field in record_type.fields]
    for order in (headers, headers[::-1]):
        assert fed(record_type.name, order) == {name: [name] for name in headers}


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
def test_every_alias_feeds_its_field_when_the_others_are_named_exactly(record_type: RecordType) -> None:
    for field in record_type.fields:
        for alias in field.aliases:
            if plain(alias) == plain(field.name):
                continue
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
        (["Invoice status", "Quote #", "Customer"], {"type": "Quote"}),
    ],
)
def test_a_header_may_imply_the_type(headers: list[str], constants: dict[str, str]) -> None:
    made = mapped("FinancialDocument", headers).constants
    assert {name: constant.value for name, constant in made.items()} == constants


def test_what_a_header_implies_has_a_row_beside_that_of_its_column() -> None:
    rows = [row for row in mapped("FinancialDocument", ["Customer", "Quote #"]).rows() if row.number == 2]
    assert [(row.header, row.field) for row in rows] == [("Quote #", "title"), ("Quote #", "type")]
    implied = rows[1]
    assert (implied.rule, implied.params) == ("custom", {"function": "default", "value": "Quote"})
    assert (implied.required, implied.choice) == (True, Choice("alias"))


@pytest.mark.parametrize(
    ("type_name", "headers", "message"),
    [
        (
            "Contact", ["Part #", "Bin"],
            'No column fits the required Contact field "name" and "emails" or "phones"; the nearest are "Part #" (73%)'
            '; the file has "Part #", "Bin": '
            "rename the right column to the field's name, name it in the contractor's mapping file (`mep mapping "
            "suggest` writes one), or export the file with it.",
        ),
        ("Contact", ["Name"], 'field "emails" or "phones"; the file has "Name":'),
        ("Contact", ["Email"], 'field "name"; the file has "Email":'),
        ("Site", ["Customer", "Time zone"], 'field "fullAddress"; the file has'),
        ("Site", ["Customer", "City", "State", "Zip"], 'field "fullAddress"; the file has'),
        (
            "Site", ["Customer", "Billing Address", "Billing Strete"],
            'field "fullAddress"; the nearest are "Billing Address" (76%), "Billing Strete" (67%); the file has',
        ),
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


@pytest.mark.parametrize("row", [["Ann", "ann@b.co"], ["Ann", "(303) 555-0123"], ["Ann", "+13035550123"]])
def test_a_first_row_of_data_is_no_header_and_stays_out_of_messages(row: list[str]) -> None:
    with pytest.raises(UnmappableFile, match="is no header: put the names of the columns above it") as raised:
        map_headers(catalogue.CONTACT, row)
    assert not [cell for cell in row if cell in str(raised.value)]


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
    rows = mapped("Site", ["Customer email", "Cust. Name", "Notes", "Address", "Site name", "Zip", "Suite"]).rows()
    alias, lookup = Choice("alias"), {"function": "parent_lookup"}
    assert rows == [
        ColumnMapping(1, "Customer email", "clientId", "custom", lookup, required=True, choice=alias),
        ColumnMapping(2, "Cust. Name", "clientId", "custom", lookup, required=True, choice=Choice("similar", 0.95)),
        ColumnMapping(3, "Notes", None),
        ColumnMapping(4, "Address", "street", "trim", {}, choice=alias),
        ColumnMapping(5, "Site name", None, "custom", {"function": "keep_as_name", "part": "siteName"}, choice=alias),
        ColumnMapping(6, "Zip", "zipcode", "custom", {"function": "zip_code"}, choice=alias),
        ColumnMapping(
            7, "Suite", "fullAddress", "custom", {"function": "concat", "part": "street2"}, choice=alias,
        ),
    ]  # fmt: skip
    assert mapped("Contact", ["name", "phones"]).rows()[0].choice == Choice("name")


def test_a_part_that_composes_nothing_in_this_file_is_not_sent() -> None:
    rows = mapped("Task", ["Title", "Status", "Site", "Job #"]).rows()
    assert rows[3] == ColumnMapping(4, "Job #", None)
    assert mapped("Task", ["Status", "Site", "Job #"]).rows()[2].field == "title"


def test_a_column_stands_in_at_last_where_nothing_else_fills_a_required_field() -> None:
    assert fed("Asset", ["Name", "Type", "Customer email"])["siteId"] == ["Customer email"]
    assert fed("Asset", ["Name", "Type", "Customer email", "Site"])["siteId"] == ["Site"]
    assert fed("Asset", ["Name", "Type", "Customer email", "Address"]).get("siteId") is None
    assert fed("Asset", ["Name", "Type", "Unit"])["siteId"] == ["Unit"]
    assert fed("Asset", ["Unit", "Type", "Site"])["name"] == ["Unit"]
    # What a file says by an exact name is not taken away from it.
    with pytest.raises(UnmappableFile):
        mapped("System", ["siteId", "size"])
    assert fed("System", ["Site name", "Address"]) == {"name": ["Site name"], "street": ["Address"]}


def test_a_field_made_of_others_only_where_the_file_has_no_column_for_it() -> None:
    assert mapped("Asset", ["Brand", "Model", "Type", "Site"]).feeds("name")
    assert [c.parts for c in mapped("Asset", ["Name", "Brand", "Type", "Site"]).compositions("name")] == []
    assert [c.parts for c in mapped("Contact", ["Name", "Company", "Email"]).compositions("name")] == [("company",)]


@quick
@given(st.sampled_from(catalogue.TYPES), st.lists(st.text(), unique=True, max_size=20))
def test_any_headers_are_mapped_or_refused_and_each_is_accounted_for(
    record_type: RecordType, headers: list[str]
) -> None:
    required = [*record_type.required, *record_type.one_of]
    headers = [*headers, *(name for name in required if name not in headers)]
    mapping = map_headers(record_type, headers)
    assert [row.number for row in mapping.rows()] == list(range(1, len(headers) + 1))
    assert [row.header for row in mapping.rows()] == headers
