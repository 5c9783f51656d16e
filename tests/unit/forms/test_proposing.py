"""What template fields fill: what their files say, and what their names suggest, with how sure that is."""

from __future__ import annotations

from uuid import uuid4

import pytest

from assets.catalogue import TYPES
from assets.forms import proposing
from assets.forms.examples import EXAMPLES
from assets.forms.proposing import Row, TemplateField

TEMPLATE = uuid4()


def fields(**declared: list[str]) -> list[TemplateField]:
    return [TemplateField(TEMPLATE, uuid4(), "lead", name, targets) for name, targets in declared.items()]


def said(rows: list[Row]) -> list[tuple[str | None, str, float | None, str]]:
    return [
        (row.template_field_name, f"{row.coperniq_type}.{row.coperniq_field_name}", row.mapping_confidence, row.source)
        for row in rows
    ]


def test_every_field_has_examples_and_no_example_is_of_nothing() -> None:
    assert {name: set(of_type) for name, of_type in EXAMPLES.items()} == {
        record_type.name: {field.name for field in record_type.fields} for record_type in TYPES
    }


def test_the_catalogue_is_described() -> None:
    rows = {f"{row.coperniq_type}.{row.coperniq_field_name}": row for row in proposing.of_catalogue()}
    assert rows["Contact.emails"].description == "E-mail addresses; at least one of emails and phones is required."
    assert rows["Contact.name"].description == "A text; required."
    assert rows["Task.assetId"].description == (
        "The Asset: its id in Coperniq, or what it is called there (serialNumber, name)."
    )
    assert (rows["System.size"].coperniq_field_type, rows["Task.isField"].coperniq_field_type) == ("number", "boolean")
    assert (rows["Task.startDate"].coperniq_field_type, rows["Site.clientId"].is_required) == ("datetime", True)


def test_what_a_file_says_is_certain() -> None:
    rows = list(proposing.of_template(fields(mail=["Contact.emails", "Site.clientId"], who=["Contact.name"])))
    assert said(rows) == [
        ("lead.mail", "Contact.emails", 1.0, "template"), ("lead.mail", "Site.clientId", 1.0, "template"),
        ("lead.who", "Contact.name", 1.0, "template"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "target", "least", "most"),
    [
        ("emails", "Contact.emails", 1.0, 1.0), ("mobilePhone", "Contact.phones", 1.0, 1.0),
        ("leadSorce", "Contact.source", 0.85, 0.99),
    ],
)  # fmt: skip
def test_a_name_is_compared_as_a_header_of_a_file_is(name: str, target: str, least: float, most: float) -> None:
    (_, row) = proposing.of_template(fields(who=["Contact.name"], **{name: []}))
    ((_, found, confidence, source),) = said([row])
    assert (found, source) == (target, "proposed")
    assert confidence is not None
    assert least <= confidence <= most


def test_a_name_alone_makes_no_record_of_a_type_that_nobody_meant() -> None:
    assert said(list(proposing.of_template(fields(who=["Contact.name"], serialNumber=[], fullAddress=[])))) == [
        ("lead.who", "Contact.name", 1.0, "template")
    ]
    assert list(proposing.of_template(fields(email=[], name=[]))) == []


def test_what_is_filled_already_is_not_proposed_twice() -> None:
    rows = proposing.of_template(fields(who=["Contact.name"], fullName=[], email=["Contact.emails"], otherEmail=[]))
    assert [one for one in said(list(rows)) if one[3] == "proposed" and one[1] == "Contact.name"] == []


def test_a_target_that_coperniq_does_not_have_is_left_out() -> None:
    assert list(proposing.of_template(fields(a=["Contact.shoeSize"], b=["Person.name"]))) == []


@pytest.mark.parametrize(
    ("target", "known"),
    [("Contact.emails[]", True), ("Contact.emails", True), ("Contact.firstName", True), ("contact.emails", False),
     ("Contact", False), ("Contact.", False), ("", False)],
)  # fmt: skip
def test_a_target_is_found_by_its_name(target: str, known: bool) -> None:  # noqa: FBT001
    assert (proposing.find(target) is not None) is known
