"""The templates that come with the project: without a fault, and such that what they say can be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from assets import catalogue
from assets.templates import reading
from tests.conftest import ROOT

if TYPE_CHECKING:
    from assets.templates.schema import Template

GUIDE = {
    "lead_intake": {"customerName": "Contact.name", "email": "Contact.emails", "phone": "Contact.phones"},
    "site_survey": {"address": "Site.fullAddress", "city": "Site.city"},
    "equipment_proposal": {"equipmentName": "Asset.name"},
    "work_order": {"status": "Task.status"},
}
"""The guide's table of common field mappings."""


@pytest.fixture(scope="module")
def samples() -> dict[str, Template]:
    found = reading.look(ROOT / "templates")
    read = {file.name: reading.interpret(file) for file in found.files}
    assert [str(fault) for fault in found.faults] == []
    assert [str(fault) for each in read.values() for fault in each.faults] == []
    return {name: each.template for name, each in read.items() if each.template}


def test_every_trade_of_the_guide_has_some(samples: dict[str, Template]) -> None:
    trades = [template.trade for template in samples.values()]
    assert {trade: trades.count(trade) >= 2 for trade in trades} == dict.fromkeys(
        ("hvac", "plumbing", "electrical", "solar"), True
    )
    assert {"lead_intake", "site_survey", "equipment_proposal", "job_planning", "work_order"} <= samples.keys()


@pytest.mark.parametrize("name", GUIDE)
def test_the_guides_mappings_are_in_them(samples: dict[str, Template], name: str) -> None:
    fields = {field.name: field.coperniq for group in samples[name].groups for field in group.fields}
    for field, target in GUIDE[name].items():
        assert target in fields[field]


def test_what_is_filled_is_enough_for_coperniq_to_take_it(samples: dict[str, Template]) -> None:
    for name, template in samples.items():
        filled = {target for group in template.groups for field in group.fields for target in field.coperniq}
        for record_type in catalogue.TYPES:
            given = {target.partition(".")[2] for target in filled if target.startswith(f"{record_type.name}.")}
            if given:
                assert given.issuperset(record_type.required), (name, record_type.name)
                assert not record_type.one_of or given.intersection(record_type.one_of), (name, record_type.name)


def test_an_example_fits_its_own_pattern(samples: dict[str, Template]) -> None:
    for template in samples.values():
        for group in template.groups:
            for field in group.fields:
                pattern = field.validation_rules.pattern
                if pattern and field.placeholder:
                    assert pl.Series([field.placeholder]).str.contains(f"^(?:{pattern})$").all(), field.name
