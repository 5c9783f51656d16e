"""What forms say, as cells: texts, lists, several fields for one, and what a record takes from its parent."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.forms.filling import Said, Sheet, fill, text_of

FORM = UUID(int=1)


def say(
    target: str, value: Any, template_field: str = "form.field", form: UUID = FORM, confidence: float = 1.0
) -> Said:
    type_name, _, name = target.partition(".")
    return Said(form, template_field, type_name, name, confidence, value)


def rows(*said: Said, form: UUID = FORM) -> dict[str, dict[str, str]]:
    return {sheet.record_type.name: sheet.rows[form] for sheet in fill(said) if form in sheet.rows}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  Ada ", "Ada"), (12, "12"), (12.0, "12"), (8.45, "8.45"), (True, "yes"), (False, "no"),
        (["a@x.com", " ", "b@x.com"], "a@x.com; b@x.com"), ({"url": "x"}, ""), ([{"url": "x"}], ""), (None, ""),
        (1e20, "100000000000000000000"),
    ],
)  # fmt: skip
def test_a_value_is_a_text(value: object, text: str) -> None:
    assert text_of(value) == text


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(), st.lists))
def test_every_json_value_has_a_text(value: object) -> None:
    assert text_of(value) == text_of(value).strip() or isinstance(value, list)


def test_of_two_fields_for_one_the_first_that_is_filled_counts() -> None:
    assert rows(say("Contact.name", " "), say("Contact.name", "Ada"), say("Contact.name", "Bo"))["Contact"] == {
        "name": "Ada"
    }


def test_a_list_takes_all() -> None:
    said = rows(say("Contact.phones", "2125550100"), say("Contact.phones", ["2125550101", "2125550102"]))
    assert said["Contact"] == {"phones": "2125550100; 2125550101; 2125550102"}


def test_a_type_of_which_a_form_says_nothing_is_left_out() -> None:
    other = uuid4()
    (contacts, sites) = fill([say("Contact.name", "Ada"), say("Site.city", "Denver", form=other)])
    assert (list(contacts.rows), list(sites.rows)) == ([FORM], [other])
    assert fill([say("Contact.name", ""), say("Contact.shoeSize", "44")]) == []


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ({"emails": "a@x.com; b@x.com", "phones": "1", "name": "Ada"}, "a@x.com"),
        ({"phones": "1/2", "name": "Ada"}, "1"),
        ({"name": "Ada; Lovelace"}, "Ada; Lovelace"), ({"emails": " , a@x.com"}, "a@x.com"),
    ],
)  # fmt: skip
def test_a_site_is_the_contacts_of_its_form_by_its_surest_name(said: dict[str, str], client: str) -> None:
    contact = [say(f"Contact.{name}", value) for name, value in said.items()]
    assert rows(*contact, say("Site.fullAddress", "1 Main St"))["Site"]["clientId"] == client


def test_what_names_its_parent_itself_keeps_that() -> None:
    said = rows(say("Contact.name", "Ada"), say("Site.fullAddress", "1 Main St"), say("Site.clientId", "Bo"))
    assert said["Site"]["clientId"] == "Bo"


def test_a_task_is_at_the_site_of_its_form() -> None:
    said = rows(say("Site.fullAddress", "1 Main St"), say("Task.title", "Tune-up"), say("Asset.name", "Heat pump"))
    assert said["Task"] == {"title": "Tune-up", "siteId": "1 Main St", "assetId": "Heat pump"}
    assert said["Asset"] == {"name": "Heat pump", "siteId": "1 Main St"}


def test_an_address_in_parts_is_handed_on_in_parts() -> None:
    said = rows(say("Site.street", "1 Main St"), say("Site.city", "Denver"), say("Task.title", "Tune-up"))
    assert said["Task"] == {"title": "Tune-up", "street": "1 Main St", "city": "Denver"}
    said = rows(say("Contact.firstName", "Ada"), say("Contact.lastName", "Lovelace"), say("Site.city", "Denver"))
    assert said["Site"] == {"city": "Denver", "firstName": "Ada", "lastName": "Lovelace"}


def test_where_a_value_came_from_is_remembered() -> None:
    contacts, sites = fill(
        [
            say("Contact.emails", "a@x.com", "lead.email"),
            say("Contact.emails", "b@x.com", "lead.other", confidence=0.9),
            say("Contact.name", "Ada", "lead.name"), say("Contact.name", "Bo", "lead.nick"),
            say("Site.city", "Denver", "lead.city"),
        ]
    )  # fmt: skip
    assert contacts.sources == {"emails": {"lead.email": 1.0, "lead.other": 0.9}, "name": {"lead.name": 1.0}}
    assert sites.sources["clientId"] == {"lead.email": 1.0, "lead.other": 0.9}


def test_forms_do_not_mix() -> None:
    other = uuid4()
    sheets: list[Sheet] = fill([say("Contact.name", "Ada"), say("Site.city", "Denver", form=other)])
    assert [row for sheet in sheets for row in sheet.rows.values()] == [{"name": "Ada"}, {"city": "Denver"}]
