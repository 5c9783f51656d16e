"""Approved forms by the command line, as in production: templates synced, a form approved, sent, asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

from sandbox.coperniq.ledger import records
from tests.pipeline.test_commands import CONTACTS, SLUG, Stack, copied, stack

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["copied", "stack"]

TEMPLATES = {
    "test_lead": {"customerName": ["Contact.name"], "email": ["Contact.emails"], "leadSorce": []},
    "test_survey": {"customerEmail": ["Contact.emails", "Site.clientId"], "who": ["Contact.name"],
                    "address": ["Site.fullAddress"]},
}  # fmt: skip


def make_templates(stack: Stack) -> None:
    """Write templates as the sync of their files does."""
    with psycopg.connect(stack.database, autocommit=True) as conn:
        for name, fields in TEMPLATES.items():
            template = _one(
                conn,
                "INSERT INTO templates (name, display_name, trade) VALUES (%s, %s, 'hvac') RETURNING id",
                name,
                name,
            )
            group = _one(
                conn, "INSERT INTO template_groups (template_id, name) VALUES (%s, 'All') RETURNING id", template
            )
            for field, targets in fields.items():
                conn.execute(
                    "INSERT INTO template_fields (template_id, group_id, name, label, field_type, coperniq_fields)"
                    " VALUES (%s, %s, %s, %s, 'Text', %s)", [template, group, field, field, targets],
                )  # fmt: skip


def approve(stack: Stack, template: str, **data: str) -> UUID:
    """Submit a form and approve it."""
    with psycopg.connect(stack.database, autocommit=True) as conn:
        form = _one(
            conn,
            """
            INSERT INTO mep_form_submissions (template_id, contractor_config_id, form_title, form_data, status)
            SELECT t.id, c.id, 'A form', %s, 'submitted' FROM templates AS t, mep_contractor_configs AS c
            WHERE t.name = %s AND c.slug = %s RETURNING id
            """,
            Jsonb(data), template, SLUG,
        )  # fmt: skip
        conn.execute("SELECT approve_form_submission(%s, 'boss@example.com')", [form])
    return form


def _one(conn: psycopg.Connection[Any], query: str, *values: object) -> Any:
    row = conn.execute(query.encode(), values).fetchone()
    assert row is not None
    return row[0]


def says(stack: Stack, form: UUID) -> str:
    return stack.rows(f"SELECT coperniq_import_status FROM mep_form_submissions WHERE id = '{form}'")[0][0]


def test_an_approved_form_goes_out_with_one_command(stack: Stack) -> None:
    make_templates(stack)
    synced = stack.mep("templates", "sync")
    assert synced.returncode == 0, synced.stderr
    assert stack.rows("SELECT count(*) > 40 FROM coperniq_field_mapping WHERE template_id IS NULL") == [(True,)]
    stack.drop(Contact=CONTACTS)
    form = approve(stack, "test_survey", who="Ada", customerEmail="ada@example.com", address="1 Main St, Denver")
    done = stack.mep("import", SLUG)
    assert done.returncode == 0, done.stderr
    assert "(Contact)" in done.stdout
    assert "(Site)" in done.stdout
    assert says(stack, form) == "success"
    (site,) = records(stack.sandbox.store, "Site", stack.sandbox.company_id)
    people = {one["name"]: one["id"] for one in records(stack.sandbox.store, "Contact", stack.sandbox.company_id)}
    assert (site["fullAddress"], site["clientId"], len(people)) == ("1 Main St, Denver", people["Ada"], 2)
    # The row of the file was not sent yet: it gave way to the form's.
    assert stack.rows(
        "SELECT coperniq_entity_type FROM data_lineage WHERE form_submission_id IS NOT NULL ORDER BY 1"
    ) == [("Contact",), ("Site",)]  # fmt: skip
    assert stack.mep("import", SLUG).returncode == 0
    assert stack.rows("SELECT count(*) FROM form_exports") == [(2,)]


def test_a_held_form_ends_with_3_asks_and_goes_once_somebody_has_answered(stack: Stack) -> None:
    make_templates(stack)
    stack.mep("templates", "sync")
    form = approve(stack, "test_lead", customerName="Ada", email="ada@example.com", leadSorce="Referral")
    held = stack.mep("import", SLUG, MEP_FORM_CONFIDENCE="1")
    assert held.returncode == 3, held.stderr
    assert "1 form: held: Held until somebody says whether test_lead.leadSorce fills Contact.source" in held.stdout
    listed = stack.mep("field-mapping", "list", "test_lead", MEP_FORM_CONFIDENCE="1").stdout.splitlines()
    assert [line for line in listed if line.endswith("  asks")] == [
        line for line in listed if line.startswith("test_lead.leadSorce fills Contact.source (proposed, 0.9")
    ]
    assert len(listed) == 3
    wrong = stack.mep("field-mapping", "confirm", "test_lead.leadSorce", "Contact.nothing")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
    said = stack.mep("field-mapping", "confirm", "test_lead.leadSorce", "Contact.source")
    assert said.returncode == 0, said.stderr
    assert stack.mep("import", SLUG, MEP_FORM_CONFIDENCE="1").returncode == 0
    assert says(stack, form) == "success"
    ignored = stack.mep("field-mapping", "ignore", "test_lead.leadSorce")
    assert ignored.stdout == "test_lead.leadSorce does not fill 1 field of Coperniq any more\n"
