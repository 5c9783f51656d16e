"""Approved forms in Coperniq: values, parents, books, updates, refusals and rollbacks, all as rows of imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq import rolling_back
from assets.coperniq.rolling_back import Rollback
from tests.integration.coperniq import audit
from tests.integration.forms.desk import ADA, ADDRESS, LEAD, PROPOSAL, SURVEY, WORK_ORDER, Desk

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.coperniq.proxy import Proxy

SYSTEM_FIELDS = ("id", "companyId", "createdAt", "updatedAt")


def held(desk: Desk, type_name: str) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in record.items() if name not in SYSTEM_FIELDS and value not in (None, [])}
        for record in desk.world.held(type_name)
    ]


def roll_back(desk: Desk, import_id: UUID) -> None:
    client, of = desk.world.client(), rolling_back.find(desk.world.conn, str(import_id))
    try:
        Rollback(desk.world.conn, client, desk.world.lease(), of, "test", print, desk.world.pauses.append).run()
    finally:
        client.close()


def test_the_guides_four_fields_arrive_with_their_parents(desk: Desk) -> None:
    lead = desk.approve(desk.template("lead_intake", LEAD), **ADA)
    survey = desk.approve(
        desk.template("site_survey", SURVEY), customerName="Ada Lovelace", customerEmail="ada@example.com",
        address=ADDRESS, city="Denver",
    )  # fmt: skip
    proposal = desk.approve(
        desk.template("equipment_proposal", PROPOSAL), siteAddress=ADDRESS.upper(), equipmentName="Heat pump",
        equipmentType="Heat pump",
    )  # fmt: skip
    order = desk.approve(
        desk.template("work_order", WORK_ORDER),
        siteAddress=ADDRESS,
        jobTitle="Tune-up",
        status="Scheduled",
        onSite="Yes",
    )
    exported = desk.send()
    assert (exported.forms, [one.coperniq_type for one in exported.imports]) == (
        4,
        ["Contact", "Site", "Asset", "Task"],
    )
    (contact,), (site,) = desk.world.held("Contact"), desk.world.held("Site")
    # What the two forms say of one contact, together.
    assert held(desk, "Contact") == [
        {"name": "Ada Lovelace", "emails": ["ada@example.com"], "phones": ["+12125550100"], "source": "Referral"}
    ]
    assert held(desk, "Site") == [{"fullAddress": ADDRESS, "city": "Denver", "clientId": contact["id"]}]
    assert held(desk, "Asset") == [{"name": "Heat pump", "type": "Heat pump", "siteId": site["id"]}]
    assert held(desk, "Task") == [{"title": "Tune-up", "status": "Scheduled", "isField": True, "siteId": site["id"]}]
    assert {desk.says(form) for form in (lead, survey, proposal, order)} == {("success", None)}
    assert desk.form(survey)["coperniq_import_id"] == site["id"]
    assert desk.form(order)["coperniq_import_id"] == desk.world.held("Task")[0]["id"]
    audit.agrees(desk.world)


def test_an_export_is_an_import_in_all_its_books(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    form = desk.approve(template, **ADA)
    (made,) = desk.send().imports
    row = desk.world.import_of(made.id)
    assert row["import_name"].startswith("Forms approved until 20")
    assert row["import_name"].endswith(" UTC (Contact)")
    assert (row["imported_by"], row["status"], row["coperniq_sync_status"]) == ("test", "success", "synced")
    assert (row["source_path"], row["read_as"]) == (None, {"forms": 1})
    (record,) = desk.world.rows(made.id)
    assert record["record_data"] == {
        "formSubmission": str(form), "name": "Ada Lovelace", "emails": "Ada@Example.com", "phones": "(212) 555-0100",
        "source": "Referral",
    }  # fmt: skip
    columns = desk.world.query(
        "SELECT csv_column_header, coperniq_field_name, source, confidence FROM csv_column_mapping"
        " WHERE csv_import_id = %s ORDER BY csv_column_number", made.id,
    )  # fmt: skip
    assert [tuple(column.values()) for column in columns][:3] == [
        ("formSubmission", None, None, None), (f"{template}.customerName", "name", "form", 1),
        (f"{template}.email", "emails", "form", 1),
    ]  # fmt: skip
    (lineage,) = desk.world.query("SELECT * FROM data_lineage WHERE form_submission_id = %s", form)
    assert lineage["csv_import_record_id"] == record["id"] == desk.exports(form)["Contact"]["csv_import_record_id"]
    assert lineage["coperniq_entity_id"] == desk.form(form)["coperniq_import_id"] == record["coperniq_id"]
    assert f'name from "{template}.customerName" (trim)' in lineage["transformation_applied"]
    (used,) = desk.world.query(
        "SELECT count(*) FROM mep_template_usage WHERE submission_id = %s AND action = 'exported'", form
    )
    assert used["count"] == 1
    assert desk.send().forms == 0
    assert len(desk.world.operations()) == 1
    audit.agrees(desk.world)


def test_a_form_of_a_record_of_a_file_updates_it_and_names_the_row(desk: Desk) -> None:
    people = desk.world.bring("Contact.csv", {"name": "A. Lovelace", "email": "ada@example.com", "title": "Owner"})
    desk.world.deliver()
    (row,) = desk.world.rows(people)
    form = desk.approve(desk.template("lead_intake", LEAD), **ADA)
    desk.send()
    (contact,) = held(desk, "Contact")
    assert (contact["name"], contact["source"], contact["title"]) == ("Ada Lovelace", "Referral", "Owner")
    assert [one.name for one in desk.world.operations()] == ["createContacts", "updateContacts"]
    assert desk.exports(form)["Contact"]["matched_record_id"] == row["id"]
    assert desk.says(form) == ("success", None)
    lineage = desk.world.query(
        "SELECT csv_import_record_id, form_submission_id FROM data_lineage WHERE coperniq_entity_id = %s"
        " ORDER BY created_at", row["coperniq_id"],
    )  # fmt: skip
    assert [one["form_submission_id"] for one in lineage] == [None, form]


def test_a_row_of_a_file_that_waits_gives_way_to_a_form_and_is_named(desk: Desk) -> None:
    people = desk.world.bring("Contact.csv", {"name": "A. Lovelace", "email": "ada@example.com", "title": "Owner"})
    form = desk.approve(desk.template("lead_intake", LEAD), customerName="Ada Lovelace", email="ada@example.com")
    desk.export()
    assert desk.exports(form)["Contact"]["matched_record_id"] == desk.world.rows(people)[0]["id"]
    desk.world.deliver()
    # What only the row said is not lost with it.
    assert held(desk, "Contact") == [{"name": "Ada Lovelace", "emails": ["ada@example.com"], "title": "Owner"}]
    assert len(desk.world.operations()) == 1


def test_what_is_in_coperniq_unchanged_is_a_success_without_a_request(desk: Desk) -> None:
    people = desk.world.bring("Contact.csv", {"name": "Ada", "email": "ada@example.com"})
    desk.world.deliver()
    form = desk.approve(desk.template("lead_intake", LEAD), customerName="Ada", email="ada@example.com")
    desk.export()
    (row,) = desk.world.rows(people)
    assert desk.says(form) == ("success", None)
    assert desk.form(form)["coperniq_import_id"] == row["coperniq_id"]
    assert desk.exports(form)["Contact"]["matched_record_id"] == row["id"]
    assert len(desk.world.operations()) == 1


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


def test_a_form_waits_for_its_parent_and_goes_when_a_file_brings_it(desk: Desk) -> None:
    form = desk.approve(
        desk.template("work_order", WORK_ORDER), siteAddress=ADDRESS, jobTitle="Tune-up", status="Open"
    )  # fmt: skip
    desk.send()
    status, reason = desk.says(form)
    assert (status, str(reason).startswith(f'Task: waits for Site "{ADDRESS}"')) == ("pending", True), reason
    desk.world.bring("Contact.csv", {"name": "Ada", "email": "ada@example.com"})
    desk.world.bring("Site.csv", {"fullAddress": ADDRESS, "clientId": "ada@example.com"})
    desk.world.deliver()
    assert desk.says(form) == ("success", None)
    assert desk.world.held("Task")[0]["siteId"] == desk.world.held("Site")[0]["id"]


def test_a_form_that_coperniq_refuses_says_why(desk: Desk, proxy: Proxy) -> None:
    template = desk.template("lead_intake", LEAD)
    bad = desk.approve(template, customerName="Spoiled", email="spoiled@example.com")
    good = desk.approve(template, **ADA)
    proxy.refuse("Create", lambda asked: any(made["name"] == "Spoiled" for made in asked["input"]))
    desk.send()
    status, reason = desk.says(bad)
    assert status == "failed"
    assert str(reason).startswith("Contact: Coperniq refused the form: ")
    assert str(reason).endswith("Correct it in a revision of the form.")
    assert desk.says(good) == ("success", None)


def test_a_rollback_takes_forms_back_and_they_say_so(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    form = desk.approve(template, **ADA)
    (made,) = desk.send().imports
    roll_back(desk, made.id)
    assert desk.world.held("Contact") == []
    assert desk.world.import_of(made.id)["status"] == "rolled_back"
    assert desk.says(form) == ("failed", "Contact: Rolled back: deleted from Coperniq.")
    assert desk.form(form)["coperniq_import_id"] is None
    (lineage,) = desk.world.query("SELECT * FROM data_lineage WHERE form_submission_id = %s", form)
    assert lineage["deleted_at"] is not None
    assert desk.send().forms == 0
    revised = desk.approve(template, revises=form, **ADA)
    desk.send()
    assert (desk.says(revised)[0], len(desk.world.held("Contact"))) == ("success", 1)


def test_a_rollback_before_anything_was_sent_withdraws_the_forms(desk: Desk) -> None:
    form = desk.approve(desk.template("lead_intake", LEAD), **ADA)
    (made,) = desk.export().imports
    assert desk.says(form) == ("pending", None)
    roll_back(desk, made.id)
    assert desk.says(form) == ("failed", "Contact: Rolled back before it was sent.")


def test_a_contractor_exports_its_own_forms_alone(desk: Desk, another: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    mine, other = desk.approve(template, **ADA), another.approve(template, **ADA)
    assert desk.send().forms == 1
    assert (desk.says(mine)[0], another.says(other)) == ("success", (None, None))
    assert another.world.held("Contact") == []
    (lineage,) = desk.world.query("SELECT contractor_config_id FROM data_lineage WHERE form_submission_id = %s", mine)
    assert lineage["contractor_config_id"] == desk.world.contractor
    assert another.send().forms == 1
    assert (len(desk.world.held("Contact")), len(another.world.held("Contact"))) == (1, 1)


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


def test_many_forms_are_exported_in_bounded_imports(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    forms = [desk.approve(template, customerName=f"P{n}", email=f"p{n}@example.com") for n in range(7)]
    exported = desk.exporter().run(most=3)
    assert (exported.forms, len(exported.imports)) == (7, 3)
    numbers = [row["total_records_attempted"] for row in map(desk.world.import_of, [m.id for m in exported.imports])]
    assert numbers == [3, 3, 1]
    desk.world.deliver()
    assert {desk.says(form) for form in forms} == {("success", None)}
