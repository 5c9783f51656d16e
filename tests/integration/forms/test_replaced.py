"""Forms whose record another form or row speaks for: what they say of their way, and which values arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.coperniq import audit
from tests.integration.forms.desk import LEAD, Desk, held, roll_back

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy

SITE = {"address": ["Site.fullAddress"], "owner": ["Site.clientId"]}
SURVEYED = {"address": "1 Main St", "owner": "later@example.com"}


def surveyed(desk: Desk) -> dict[str, str]:
    return {"fullAddress": "1 Main St", "clientId": "later@example.com"}


def test_a_form_waits_with_the_row_that_took_its_place(desk: Desk) -> None:
    form = desk.approve(desk.template("site_survey", SITE), **SURVEYED)
    desk.send()
    desk.world.bring("Site.csv", surveyed(desk))
    desk.world.deliver()
    status, reason = desk.says(form)
    assert (status, desk.world.held("Site")) == ("pending", [])
    assert str(reason).startswith("Site: waits for ")
    desk.world.bring("Contact.csv", {"name": "Later", "email": "later@example.com"})
    desk.world.deliver()
    (site,) = desk.world.held("Site")
    assert desk.says(form) == ("success", None)
    assert desk.form(form)["coperniq_import_id"] == site["id"]
    audit.agrees(desk.world)


def test_a_form_fails_with_the_row_that_took_its_place(desk: Desk, proxy: Proxy) -> None:
    form = desk.approve(desk.template("site_survey", SITE), **SURVEYED)
    desk.send()
    desk.world.bring("Site.csv", surveyed(desk))
    desk.world.bring("Contact.csv", {"name": "Later", "email": "later@example.com"})
    proxy.refuse("Create", lambda asked: any("fullAddress" in made for made in asked["input"]))
    desk.world.deliver()
    status, reason = desk.says(form)
    assert (status, desk.world.held("Site")) == ("failed", [])
    assert "Coperniq refused the form" in str(reason)
    assert "fix file" not in str(reason)


def test_a_form_has_its_turn_again_when_the_row_in_its_place_is_rolled_back(desk: Desk) -> None:
    form = desk.approve(desk.template("lead_intake", LEAD), customerName="Ada", email="ada@example.com")
    desk.export()
    later = desk.world.bring("Contact.csv", {"name": "Another Ada", "email": "ada@example.com"})
    roll_back(desk, later)
    assert desk.says(form)[0] == "pending"
    desk.world.deliver()
    assert [contact["name"] for contact in held(desk, "Contact")] == ["Ada"]
    assert desk.says(form) == ("success", None)


def test_a_form_is_replaced_by_the_revision_of_a_revision(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    wrong = desk.approve(template, customerName="Ada", email="wrong@example.com")
    rejected = desk.submit(template, wrong, customerName="Ada", email="worse@example.com")
    desk.world.conn.execute("SELECT reject_form_submission(%s, 'boss', 'No such address.')", [rejected])
    desk.approve(template, rejected, customerName="Ada", email="right@example.com")
    assert desk.send().forms == 1
    assert [contact["emails"] for contact in held(desk, "Contact")] == [["right@example.com"]]
    assert desk.says(wrong) == (None, None)


def test_the_parts_of_a_name_are_not_hidden_by_an_older_whole(desk: Desk) -> None:
    whole = desk.template("lead_intake", LEAD)
    parts = desk.template(
        "lead_call", {"first": ["Contact.firstName"], "last": ["Contact.lastName"], "email": ["Contact.emails"]}
    )
    desk.approve(whole, customerName="Old Name", email="ada@example.com", leadSource="Website")
    desk.approve(parts, first="New", last="Person", email="ada@example.com")
    desk.send()
    assert held(desk, "Contact") == [{"name": "New Person", "emails": ["ada@example.com"], "source": "Website"}]


def test_what_was_sent_is_not_said_again_by_a_later_form(desk: Desk) -> None:
    desk.world.bring("Contact.csv", {"name": "Ada", "email": "ada@example.com", "title": "Owner"})
    desk.world.deliver()
    desk.approve(desk.template("lead_intake", LEAD), customerName="Ada L.", email="ada@example.com")
    (made,) = desk.send().imports
    (row,) = desk.world.rows(made.id)
    assert "title" not in row["record_data"]
    assert [(contact["name"], contact["title"]) for contact in held(desk, "Contact")] == [("Ada L.", "Owner")]
