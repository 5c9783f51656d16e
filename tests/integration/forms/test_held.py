"""What nobody is sure of is asked before it is sent: holding forms, and a human's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.forms import exports, field_mapping
from assets.forms.field_mapping import FieldMappingError

if TYPE_CHECKING:
    from tests.integration.forms.desk import Desk

# One slip in a word of an alias: alike, and no more.
GUESSED = {"customerName": ["Contact.name"], "email": ["Contact.emails"], "leadSorce": []}


def guess(desk: Desk) -> str:
    """Make a template one of whose fields is taken for a field of Coperniq, without certainty."""
    return desk.template("lead_intake", GUESSED)


def proposed(desk: Desk, template: str) -> dict[str, float]:
    return {
        f"{one.template_field_name} {one.coperniq_type}.{one.coperniq_field_name}": one.confidence
        for one in field_mapping.every(desk.world.conn, template)
        if one.source == "proposed"
    }


def test_a_form_is_held_until_a_human_confirms(desk: Desk) -> None:
    template = guess(desk)
    (question,), (confidence,) = zip(*proposed(desk, template).items(), strict=True)
    assert question == f"{template}.leadSorce Contact.source"
    assert 0.85 <= confidence < 1.0
    held = desk.approve(template, customerName="Ada", email="ada@example.com", leadSorce="Referral")
    free = desk.approve(template, customerName="Bo", email="bo@example.com")
    exported = desk.exporter(confidence + 0.01).run()
    assert exported.forms == 1
    assert desk.says(free)[0] == "pending"
    status, reason = desk.says(held)
    assert status == "pending"
    assert reason == (
        f"Held until somebody says whether {template}.leadSorce fills Contact.source ({confidence:.2f}): "
        f"`mep field-mapping confirm {question}`, or ignore instead of confirm."
    )
    assert exports.questions(desk.world.conn, desk.world.contractor) == {reason: 1}
    assert desk.exports(held) == {}
    assert desk.world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", desk.world.contractor)[0][
        "slug"
    ] not in exports.due(desk.world.conn)
    field_mapping.confirm(desk.world.conn, f"{template}.leadSorce", "Contact.source", "a tester")
    assert desk.says(held) == (None, None)
    assert desk.exporter(confidence + 0.01).run().forms == 1
    desk.world.deliver()
    assert {contact.get("source") for contact in desk.world.held("Contact")} == {None, "Referral"}


def test_what_a_human_ignores_is_not_sent_and_the_rest_is(desk: Desk) -> None:
    template = guess(desk)
    form = desk.approve(template, customerName="Ada", email="ada@example.com", leadSorce="Referral")
    assert desk.exporter(1.0).run().forms == 0
    assert field_mapping.ignore(desk.world.conn, f"{template}.leadSorce", None, "a tester") == 1
    assert desk.exporter(1.0).run().forms == 1
    desk.world.deliver()
    (contact,) = desk.world.held("Contact")
    assert (contact["name"], contact.get("source")) == ("Ada", None)
    assert desk.says(form) == ("success", None)


def test_what_is_sure_enough_is_sent_unasked(desk: Desk) -> None:
    template = guess(desk)
    desk.approve(template, customerName="Ada", email="ada@example.com", leadSorce="Referral")
    (confidence,) = proposed(desk, template).values()
    assert desk.exporter(confidence).run().forms == 1


def test_held_forms_do_not_stand_in_the_way_of_others(desk: Desk) -> None:
    template = guess(desk)
    for number in range(5):
        desk.approve(template, customerName="Ada", email=f"ada{number}@example.com", leadSorce="Referral")
    free = desk.approve(template, customerName="Bo", email="bo@example.com")
    assert desk.exporter(1.0).run(most=2).forms == 1
    assert desk.says(free)[0] == "pending"


def test_a_file_that_says_it_frees_what_was_held(desk: Desk) -> None:
    template = guess(desk)
    form = desk.approve(template, customerName="Ada", email="ada@example.com", leadSorce="Referral")
    assert desk.exporter(1.0).run().forms == 0
    desk.world.conn.execute(
        "UPDATE template_fields AS f SET coperniq_fields = '{Contact.source}' FROM templates AS t"
        " WHERE t.id = f.template_id AND t.name = %s AND f.name = 'leadSorce'", [template],
    )  # fmt: skip
    field_mapping.sync(desk.world.conn)
    assert desk.says(form) == (None, None)
    assert desk.exporter(1.0).run().forms == 1


@pytest.mark.parametrize(
    ("field", "target", "message"),
    [
        ("no_template.email", "Contact.emails", 'No template has the field "no_template.email"'),
        ("leadSorce", "Contact.emails", 'No template has the field "leadSorce"'),
        (None, "Contact.eMails", 'Coperniq has no field "Contact.eMails"'),
        (None, "emails", 'Coperniq has no field "emails"'),
    ],
)
def test_what_is_not_there_is_refused(desk: Desk, field: str | None, target: str, message: str) -> None:
    field = field or f"{guess(desk)}.leadSorce"
    with pytest.raises(FieldMappingError, match=message):
        field_mapping.confirm(desk.world.conn, field, target, "a tester")
