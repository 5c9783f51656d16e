"""Transforming: which text becomes a field's, from several columns, from parts, or from what a header implies."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.judging.keys import names, parent_keys, record_keys
from assets.csv_imports.judging.transforming import dtype_of, transform
from assets.csv_imports.mapping.decision import Transformation, UnmappableFile
from assets.record_types import RecordType
from tests.unit.csv_imports.conftest import batch, mapped, transformed

if TYPE_CHECKING:
    from assets.csv_imports.mapping.decision import Mapping


@pytest.mark.parametrize(
    ("row", "given_by"),
    [
        (("a@b.co", "Ann", "303-555-0123"), "a@b.co"),
        ((" ", "Ann", "303-555-0123"), "Ann"),
        (("", "\u200b", " 303-555-0123 "), "303-555-0123"),
        (("", "", ""), None),
    ],
)
def test_a_reference_falls_back_row_by_row_in_the_order_of_the_aliases(
    row: tuple[str, ...], given_by: str | None
) -> None:
    email, name, phone = row
    made = transformed(
        "Site", ("Client name", "Full address", "Client phone", "Client email"), (name, "1 Main St", phone, email)
    )
    assert made.values["clientId"].to_list() == [given_by]


def test_each_row_falls_back_for_itself() -> None:
    made = transformed("Asset", ("Unit", "Type", "Site", "Address"), *(("U", "T", s, a) for s, a in [
        ("S1", "A1"), ("", "A2"), ("S3", ""), ("", ""), ("S5", "A5"),
    ]))  # fmt: skip
    assert made.values["siteId"].to_list() == ["S1", "A2", "S3", None, "S5"]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (("Ann", "X", "Y", "Z"), "Ann"),
        (("", "Ann", "O'Neil", "Z"), "Ann O'Neil"),
        (("", " Ann ", "", "Z"), "Ann"),
        (("", "", "O'Neil", ""), "O'Neil"),
        (("", "", "", "Z Corp"), "Z Corp"),
        ((" ", " ", "\t", ""), None),
    ],
)
def test_a_name_is_whole_or_first_and_last_or_the_company(row: tuple[str, ...], name: str | None) -> None:
    made = transformed("Contact", ("Full name", "First name", "Last name", "Company", "Email"), (*row, "a@b.co"))
    assert made.values["name"].to_list() == [name]
    assert made.parts["firstName"].to_list() == [row[1].strip() or None]


@pytest.mark.parametrize(
    ("row", "address"),
    [
        (("1 Main St", "Suite 2", "Newark", "NJ", "07102"), "1 Main St, Suite 2, Newark, NJ 07102"),
        (("1 Main St", "", "Newark", "NJ", "7102"), "1 Main St, Newark, NJ 07102"),
        (("1 Main St", "", "", "NJ", ""), "1 Main St, NJ"),
        (("1 Main St", "", "", "", "07102"), "1 Main St, 07102"),
        (("1 Main St", "", "", "", ""), "1 Main St"),
        (("", "Suite 2", "Newark", "NJ", "07102"), None),  # a town is no address: its sites would be one
        (("", "", "", "", ""), None),
    ],
)
def test_an_address_is_put_together_from_the_repaired_parts(row: tuple[str, ...], address: str | None) -> None:
    made = transformed("Site", ("Street", "Suite", "City", "State", "Zip", "Customer"), (*row, "Ann"))
    assert made.values["fullAddress"].to_list() == [address]


def test_a_whole_address_is_not_put_together_again() -> None:
    made = transformed(
        "Site", ("Full address", "Street", "City", "Customer"), ("1 Main St", "X", "Y", "Ann"), ("", "X", "Y", "")
    )
    assert made.values["fullAddress"].to_list() == ["1 Main St", "X, Y"]


def test_what_a_header_implies_stands_in_every_row() -> None:
    made = transformed("FinancialDocument", ("Quote #", "Customer"), ("1", "Ann"), ("", ""))
    assert made.values["type"].to_list() == ["Quote", "Quote"]


def test_a_batch_has_every_field_with_its_type_whatever_the_file_lacks() -> None:
    made = transformed("Task", ("title", "status", "siteId", "startDate"), ("Fix", "New", "S", "3/1/2026 8:00"))
    assert made.values.row(0) == ("Fix", None, "New", None, datetime(2026, 3, 1, 8), None, None, None, None, "S")
    made = transformed("Asset", ("name", "type", "siteId", "installDate"), ("U", "T", "S", "3/1/2026"))
    assert made.values["installDate"].to_list() == [date(2026, 3, 1)]


def test_a_repair_names_its_row_and_field() -> None:
    made = transformed(
        "Task", ("title", "status", "siteId", "startDate"), *(("T", "N", "S", d) for d in ("", "45352", "x"))
    )
    assert made.repairs.select("index", "field").rows() == [(1, "startDate")]


def with_steps(type_name: str, headers: tuple[str, ...], steps: dict[int, list[Transformation]]) -> Mapping:
    """Map headers, with transformations by column."""
    mapping = mapped(type_name, headers)
    mapping.transformations |= steps
    return mapping


def test_transformations_are_applied_in_their_order_before_the_fields_own_parser() -> None:
    split = Transformation("custom", {"function": "split", "separator": "/", "part": 2})
    active = Transformation("custom", {"function": "value_map", "values": {"A": "Active"}})
    other = Transformation("custom", {"function": "default", "value": "Lead"})
    mapping = with_steps("Contact", ("name", "email", "status"), {2: [split, active, other]})
    rows = [("Ann", "a@b.co", "x/ a "), ("Bob", "b@b.co", "x"), ("Cid", "c@b.co", ""), ("Dora", "d@b.co", "x/Old")]
    made = transform(mapping, batch(rows, 3).cells)
    assert made.values["status"].to_list() == made.text["status"].to_list() == ["Active", "Lead", "Lead", "Old"]
    assert made.cells["c2"].to_list() == ["x/ a ", "x", "", "x/Old"]


def test_parts_and_lists_are_transformed_before_they_are_put_together() -> None:
    upper = [Transformation("uppercase")]
    mapping = with_steps("Contact", ("First name", "Last name", "Email", "Email 2"), {0: upper, 3: upper})
    made = transform(mapping, batch([("Ann", "O'Neil", "a@b.co", "c@d.co; e@f.co")], 4).cells)
    assert made.values["name"].to_list() == ["ANN O'Neil"]
    assert made.values["emails"].to_list() == [["a@b.co", "C@D.CO", "E@F.CO"]]


def test_what_a_transformation_repairs_names_its_row_and_field() -> None:
    steps = {0: [Transformation("parse_date", {"order": "MDY"})], 2: [Transformation("parse_number", {"decimal": ","})]}
    mapping = with_steps("FinancialDocument", ("title", "type", "Total", "clientId"), steps)
    rows = [("A", "Invoice", "5", "Ann"), ("3/4/21", "Invoice", "1.234,50 €", "Ann")]
    made = transform(mapping, batch(rows, 4).cells)
    assert made.values["amount"].to_list() == [5, 1234.5]
    assert made.repairs.rows() == [
        (1, "title", "The year of 3/4/21 has two digits; read as 2021-03-04."),
        (1, "amount", "The amount 1.234,50 € is sent without its currency."),
    ]


def test_another_column_is_taken_by_its_header() -> None:
    concat = Transformation("custom", {"function": "concat", "with": ["Code"], "separator": "-"})
    mapping = with_steps("Contact", ("name", "email", "Code"), {0: [concat]})
    assert transform(mapping, batch([("Ann", "a@b.co", " 7 ")], 3).cells).values["name"].to_list() == ["Ann-7"]


def test_a_column_that_the_file_does_not_have_is_named() -> None:
    concat = Transformation("custom", {"function": "concat", "with": ["Co\nde"]})
    mapping = with_steps("Contact", ("name", "email"), {0: [concat]})
    with pytest.raises(UnmappableFile) as raised:
        transform(mapping, batch([("Ann", "a@b.co")], 2).cells)
    assert str(raised.value).startswith(
        'A transformation asks for the column "Co\\nde", which the file does not have: '
    )


@pytest.mark.parametrize("stated_by", ["mapping", "step"])
def test_the_country_of_a_file_is_that_of_its_phones_and_references(stated_by: str) -> None:
    mapping = mapped("Contact", ("name", "phone"))
    if stated_by == "mapping":
        mapping.country = "GB"
    else:
        mapping.transformations[1] = [Transformation("custom", {"function": "phone_to_e164", "country": "GB"})]
    made = transform(mapping, batch([("Ann", "020 7946 0958; 07400 123456")], 2).cells)
    assert made.values["phones"].to_list() == [["+442079460958", "+447400123456"]]
    assert names(catalogue.CONTACT, made).to_list() == [["+442079460958", "+447400123456", "ann"]]
    sites = mapped("Site", ("Full address", "Customer"))
    sites.country = "GB"
    made = transform(sites, batch([("1 High St", "020 7946 0958")], 2).cells)
    assert parent_keys(catalogue.SITE, made).to_list() == ['{"clientId":"+442079460958"}']
    assert record_keys(catalogue.SITE, made).to_list() == ["1 high st | +442079460958"]


@pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_empty_cells_and_empty_batches_keep_their_types(record_type: RecordType, rows: int) -> None:
    headers = [field.name for field in record_type.fields]
    made = transformed(record_type.name, headers, *([""] * len(headers) for _ in range(rows)))
    assert made.values.schema == {field.name: dtype_of(field.kind) for field in record_type.fields}
    assert made.values.null_count().row(0) == made.text.null_count().row(0) == (rows,) * len(headers)
    assert made.values.columns == made.text.columns == headers


@settings(max_examples=30)
@given(data=st.data(), record_type=st.sampled_from(catalogue.TYPES))
def test_whatever_stands_in_the_cells_a_value_is_a_reading_of_its_text(
    data: st.DataObject, record_type: RecordType
) -> None:
    headers = [field.name for field in record_type.fields]
    cell = st.one_of(st.text(max_size=8), st.text("0123456789/-.$(), :amp", max_size=12))
    made = transformed(record_type.name, headers, *data.draw(st.lists(st.tuples(*[cell] * len(headers)), max_size=5)))
    for name in headers:
        text, values = made.text[name], made.values[name]
        assert values.dtype == made.values.schema[name]
        assert all(value is None for value, told in zip(values, text, strict=True) if told is None)
        if text.dtype == pl.String:
            assert all(told is None or told == told.strip() != "" for told in text)
