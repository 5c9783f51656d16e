"""Keys: what a record is known by, and how it calls its parents."""

from __future__ import annotations

import json

import pytest

from assets import catalogue
from assets.csv_imports.judging import keys
from assets.names import normalise
from assets.record_types import Field, RecordType
from tests.unit.csv_imports.conftest import text, transformed

TASK = ("title", "status", "siteId", "startDate")
ASSET = ("name", "type", "siteId", "serialNumber")
PLAN = ("servicePlanId", "clientId", "startDate")
INVOICE = ("title", "type", "clientId", "issueDate")
CASES = [
    ("Contact", ("name", "emails", "phones"), ("Ann", "X@B.co; a@b.co", "303-555-0123"), "x@b.co"),
    ("Contact", ("name", "emails", "phones"), ("Ann", "", "303 555 0123; 303-555-0199"), "+13035550123"),
    ("Contact", ("name", "emails", "phones"), ("  Ann   O'NEIL ", "", ""), "ann o'neil"),
    ("Contact", ("name", "emails", "phones"), ("", "", ""), None),
    ("Contact", ("name", "emails", "phones"), ("x" * 2501, "", ""), None),
    ("Contact", ("name", "emails", "phones"), ("x" * 2500, "", ""), "x" * 2500),
    ("Site", ("fullAddress", "clientId"), ("1  Main St", "(303) 555-0123"), "1 main st | +13035550123"),
    ("Site", ("fullAddress", "clientId"), ("1 Main St", "ANN@B.CO"), "1 main st | ann@b.co"),
    ("Site", ("fullAddress", "clientId"), ("1 Main St", ""), "1 main st | "),
    ("Asset", ASSET, ("U", "T", "S", " sn 1"), "sn 1"),
    ("Asset", ASSET, ("U", "T", "303-555-0123", ""), "303-555-0123 | u"),
    ("Asset", ASSET, ("", "T", "", ""), None),
    ("System", ("name", "siteId"), ("Array A", "HOME"), "home | array a"),
    ("Task", TASK, ("Fix", "N", "S", "3/1/2026 8:30 PM"), "s | fix | 2026-03-01t20:30:00z"),
    ("Task", TASK, ("Fix", "N", "S", "3/1/2026"), "s | fix | 2026-03-01t00:00:00z"),
    ("Task", TASK, ("Fix", "N", "S", ""), "s | fix | "),
    ("ServicePlanInstance", PLAN, ("Gold", "Ann", "45352"), "gold | ann | 2024-03-01"),
    ("ServicePlanInstance", ("servicePlanId", "clientId"), ("Gold", "Ann"), "gold | ann | "),
    ("FinancialDocument", INVOICE, ("I-1", "Invoice", "Ann", "3/1/2026"), "ann | invoice | i-1 | 2026-03-01"),
    ("FinancialDocument", ("title", "type", "clientId"), ("", "", "Ann"), "ann |  |  | "),
]  # fmt: skip


@pytest.mark.parametrize(("type_name", "headers", "row", "key"), CASES)
def test_the_natural_key(type_name: str, headers: tuple[str, ...], row: tuple[str, ...], key: str | None) -> None:
    made = transformed(type_name, headers, row)
    assert keys.record_keys(catalogue.BY_NAME[type_name], made).to_list() == [key]


@pytest.mark.parametrize(
    ("type_name", "headers", "row", "names"),
    [
        (
            "Contact", ("name", "emails", "phones"), ("Ann", "A@b.co;c@d.co", "303-555-0123"),
            ["a@b.co", "c@d.co", "+13035550123", "ann"],
        ),
        ("Contact", ("name", "emails", "phones"), ("a@b.co", "A@B.co", ""), ["a@b.co"]),
        ("Contact", ("name", "emails", "phones"), ("", "", ""), []),
        ("Contact", ("name", "emails", "phones"), ("Ann", "", "12"), ["ann"]),
        (
            "Site", ("Full address", "Site name", "Customer"), ("1 Main St", " The  BARN", "Ann"),
            ["1 main st", "the barn", "client: ann"],
        ),
        ("Site", ("Full address", "Customer"), ("1 Main St", "303-555-0123"), ["1 main st", "client: +13035550123"]),
        ("Site", ("Full address", "Site name", "Customer"), ("x" * 500, "y" * 501, "A"), ["x" * 500, "client: a"]),
        ("Asset", ASSET, ("U", "T", "S", "SN"), ["sn", "u"]),
        ("Task", ("title", "status", "siteId"), ("Fix", "N", "S"), []),
        ("System", ("name", "siteId"), ("A", "S"), []),
    ],
)  # fmt: skip
def test_the_names_that_others_may_use(
    type_name: str, headers: tuple[str, ...], row: tuple[str, ...], names: list[str]
) -> None:
    found = keys.names(catalogue.BY_NAME[type_name], transformed(type_name, headers, row, [""] * len(row), row))
    assert found.to_list() == [names, [], names]


@pytest.mark.parametrize(
    ("type_name", "headers", "row", "parents"),
    [
        ("Contact", ("name", "emails"), ("Ann", "a@b.co"), None),
        ("Site", ("Full address", "Customer"), ("1 Main St", "(303) 555-0123 x4"), {"clientId": "+13035550123"}),
        ("Site", ("Full address", "Customer"), ("1 Main St", "Ann  O'Neil"), {"clientId": "ann o'neil"}),
        (
            "Task", ("title", "status", "siteId", "assetId"), ("Fix", "N", "303-555-0123", "SN 1"),
            {"assetId": "sn 1", "siteId": "303-555-0123"},
        ),
        ("Task", ("title", "status", "siteId", "assetId"), ("Fix", "N", "HOME", ""), {"siteId": "home"}),
    ],
)  # fmt: skip
def test_how_a_record_calls_its_parents(
    type_name: str, headers: tuple[str, ...], row: tuple[str, ...], parents: dict[str, str] | None
) -> None:
    found = keys.parent_keys(catalogue.BY_NAME[type_name], transformed(type_name, headers, row))
    assert [value and json.loads(value) for value in found] == [parents]


@pytest.mark.parametrize(("child", "reference"), [(t, f) for t in catalogue.TYPES for f in t.references])
def test_a_child_finds_its_parent_by_every_name_that_the_parent_has(child: RecordType, reference: Field) -> None:
    assert reference.refers_to is not None
    parent = catalogue.BY_NAME[reference.refers_to]
    samples = {
        "emails": "Ann@B.co", "phones": "(303) 555-0123", "name": "Ann  O'Neil STRASSE ß", "fullAddress": " 1 Main St",
        "siteName": "The Barn", "serialNumber": "SN-1",
    }  # fmt: skip
    for name in parent.names:
        (names,) = keys.names(
            parent, transformed(parent.name, _headers(parent, name), _row(parent, name, samples[name]))
        )
        headers = _headers(child, reference.name)
        found = keys.parent_keys(child, transformed(child.name, headers, _row(child, reference.name, samples[name])))
        assert json.loads(found[0])[reference.name] in names


def _headers(record_type: RecordType, name: str) -> list[str]:
    return [*dict.fromkeys([name, *record_type.required, *record_type.one_of])]


def _row(record_type: RecordType, name: str, value: str) -> list[str]:
    return [value if header == name else "x" for header in _headers(record_type, name)]


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("  Ann \t\n O'NEIL ", "ann o'neil"),
        ("STRASSE ß", "strasse ss"),
        ("\u00a0Ann\u2003B\u3000", "ann b"),
        ("a\x1cb\x1fc", "a b c"),
        ("ΟΔΟΣ ς", "οδοσ σ"),
        ("İ", "i̇"),
        ("", ""),
        (" ", ""),
        (None, None),
    ],
)
def test_names_compare_trimmed_folded_and_with_single_spaces(written: str | None, normal: str | None) -> None:
    assert normalise(text(written, "plain", written)).to_list() == [normal, "plain", normal]
