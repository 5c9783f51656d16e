"""Approved forms in Coperniq: values, parents, books, updates, refusals and rollbacks, all as rows of imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.coperniq import audit
from tests.integration.forms.desk import ADA, ADDRESS, LEAD, PROPOSAL, SURVEY, WORK_ORDER, Desk, held, roll_back

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy


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


def test_many_forms_are_exported_in_bounded_imports(desk: Desk) -> None:
    template = desk.template("lead_intake", LEAD)
    forms = [desk.approve(template, customerName=f"P{n}", email=f"p{n}@example.com") for n in range(7)]
    exported = desk.exporter().run(most=3)
    assert (exported.forms, len(exported.imports)) == (7, 3)
    numbers = [row["total_records_attempted"] for row in map(desk.world.import_of, [m.id for m in exported.imports])]
    assert numbers == [3, 3, 1]
    desk.world.deliver()
    assert {desk.says(form) for form in forms} == {("success", None)}
