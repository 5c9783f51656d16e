"""Which forms become rows of an import, and which rows they become."""

from __future__ import annotations

import pytest

from tests.integration.forms.desk import ADA, ADDRESS, LEAD, WORK_ORDER, Desk, held


def test_a_form_that_lacks_what_is_required_fails_alone_and_its_revision_goes(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    bad = desk.approve(template, customerName="Bo")
    good = desk.approve(template, **ADA)
    desk.send()
    assert desk.says(bad) == (
        "failed", "Contact: emails and phones are all empty. Add at least one in a revision of the form.",
    )  # fmt: skip
    assert desk.says(good) == ("success", None)
    revised = desk.approve(template, revises=bad, customerName="Bo", email="bo@example.com")
    desk.send()
    assert desk.says(revised) == ("success", None)
    assert len(desk.world.held("Contact")) == 2
    assert desk.says(bad)[0] == "failed"


def test_a_form_that_fills_no_required_field_of_a_type_says_which(desk: Desk) -> None:
    form = desk.approve(desk.template("survey", {"city": ["Site.city"]}), city="Denver")
    desk.send()
    status, reason = desk.says(form)
    assert (status, "fullAddress is missing" in str(reason)) == ("failed", True)
    assert desk.world.held("Site") == []


def test_a_revision_updates_the_record_of_its_original(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    first = desk.approve(template, **ADA)
    desk.send()
    second = desk.approve(template, revises=first, **ADA | {"leadSource": "Website"})
    desk.send()
    assert [contact["source"] for contact in held(desk, "Contact")] == ["Website"]
    third = desk.approve(template, revises=second, **ADA | {"leadSource": "Mail"})
    desk.send()
    forms = [first, second, third]
    rows = [desk.exports(form)["Contact"]["csv_import_record_id"] for form in forms]
    assert [desk.exports(form)["Contact"]["matched_record_id"] for form in forms] == [None, *rows[:2]]
    assert {desk.form(form)["coperniq_import_id"] for form in forms} == {desk.world.held("Contact")[0]["id"]}


def test_of_an_original_and_its_approved_revision_only_the_revision_goes(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    first = desk.approve(template, customerName="Ada", email="wrong@example.com")
    second = desk.approve(template, revises=first, customerName="Ada", email="right@example.com")
    assert desk.send().forms == 1
    assert [contact["emails"] for contact in held(desk, "Contact")] == [["right@example.com"]]
    assert (desk.says(first), desk.says(second)[0]) == ((None, None), "success")


def test_what_is_not_approved_or_archived_stays(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    submitted = desk.submit(template, **ADA)
    archived = desk.approve(template, **ADA)
    desk.world.conn.execute("UPDATE mep_form_submissions SET status = 'archived' WHERE id = %s", [archived])
    assert desk.send().forms == 0
    assert {desk.says(submitted), desk.says(archived)} == {(None, None)}


def test_forms_that_are_one_record_are_sent_once_and_all_of_them_say_so(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    older = desk.approve(template, customerName="A. L.", email="ada@example.com", leadSource="Website")
    newer = desk.approve(template, customerName="Ada Lovelace", email=" ada@example.com")
    desk.send()
    assert held(desk, "Contact") == [{"name": "Ada Lovelace", "emails": ["ada@example.com"], "source": "Website"}]
    assert desk.says(older) == desk.says(newer) == ("success", None)
    assert desk.form(older)["coperniq_import_id"] == desk.form(newer)["coperniq_import_id"]
    assert desk.exports(older)["Contact"]["matched_record_id"] == desk.exports(newer)["Contact"]["csv_import_record_id"]


@pytest.mark.parametrize(
    "name",
    ["Total", "formSubmission", '=HYPERLINK("x")', 'a";,\t"b', "two\nlines", "a\x1f\x1eb", "sep=;", "naïve – ①", "'"],
)
def test_whatever_a_form_says_is_one_record(desk: Desk, name: str) -> None:
    template = desk.template("lead_intake", LEAD)
    forms = [desk.approve(template, customerName=name, email=f"{n}@example.com") for n in range(2)]
    (made,) = desk.send().imports
    assert {row["record_data"]["name"] for row in desk.world.rows(made.id)} == {name}
    assert {desk.says(form)[0] for form in forms} == {"success"}
    assert len(desk.world.held("Contact")) == 2


def test_dates_are_read_one_by_one(desk: Desk) -> None:
    """A form whose dates are in another order than the others' is an error of its own."""
    template = desk.template("order", WORK_ORDER | {"start": ["Task.startDate"]})
    said = {"siteAddress": ADDRESS, "status": "Open"}
    forms = [
        desk.approve(template, **said, jobTitle=start, start=start)
        for start in ("2026-03-14", "03/14/2026", "14/03/2026")
    ]
    desk.export()
    assert [desk.says(form)[0] for form in forms] == ["pending", "pending", "failed"]
