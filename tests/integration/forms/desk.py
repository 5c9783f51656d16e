"""Where forms are filled and approved: the steps that tests of their export are made of."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.types.json import Jsonb

from assets.coperniq import rolling_back
from assets.coperniq.rolling_back import Rollback
from assets.forms import field_mapping
from assets.forms.exporting import Export, Exported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.integration.coperniq.world import World

THRESHOLD = 0.9

_templates = itertools.count()


@dataclass
class Desk:
    """Forms of one contractor.

    Attributes:
        world: The contractor, its database and Coperniq.
    """

    world: World

    def template(self, base: str, fields: Mapping[str, Sequence[str]], *, sync: bool = True) -> str:
        """Make a template whose fields fill these of Coperniq's; give its name, which begins with `base`."""
        conn, name = self.world.conn, f"{base}_{next(_templates)}"
        (template,) = (
            conn.execute(
                "INSERT INTO templates (name, display_name, trade) VALUES (%s, %s, 'hvac') RETURNING id", [name, name]
            ).fetchone()
            or ()
        )
        (group,) = (
            conn.execute(
                "INSERT INTO template_groups (template_id, name) VALUES (%s, 'All') RETURNING id", [template]
            ).fetchone()
            or ()
        )
        for place, (field, targets) in enumerate(fields.items(), 1):
            conn.execute(
                "INSERT INTO template_fields (template_id, group_id, name, label, field_type, coperniq_fields,"
                " display_order) VALUES (%s, %s, %s, %s, 'Text', %s, %s)",
                [template, group, field, field, list(targets), place],
            )
        if sync:
            field_mapping.sync(conn)
        return name

    def submit(self, template: str, revises: UUID | None = None, **data: Any) -> UUID:
        """Submit a form, or a revision of one."""
        row = self.world.conn.execute(
            """
            INSERT INTO mep_form_submissions (
                template_id, contractor_config_id, form_title, form_data, parent_submission_id, status)
            SELECT id, %s, 'A form', %s, %s, 'submitted' FROM templates WHERE name = %s RETURNING id
            """,
            [self.world.contractor, Jsonb(data), revises, template],
        ).fetchone()
        assert row is not None
        return row[0]

    def approve(self, template: str, revises: UUID | None = None, **data: Any) -> UUID:
        """Submit a form and approve it."""
        form = self.submit(template, revises, **data)
        self.world.conn.execute("SELECT approve_form_submission(%s, 'boss@example.com')", [form])
        return form

    def exporter(self, threshold: float = THRESHOLD, **options: Any) -> Export:
        """Make an export of the contractor's forms."""
        conn = options.pop("conn", self.world.conn)
        return Export(conn, self.world.contractor, "test", threshold, self.world.said.append, **options)

    def export(self, threshold: float = THRESHOLD, **options: Any) -> Exported:
        """Export what is approved."""
        return self.exporter(threshold, **options).run()

    def send(self) -> Exported:
        """Export what is approved and send it."""
        done = self.export()
        self.world.deliver()
        return done

    def form(self, form: UUID) -> dict[str, Any]:
        """Give a submission."""
        (row,) = self.world.query("SELECT * FROM mep_form_submissions WHERE id = %s", form)
        return row

    def says(self, form: UUID) -> tuple[str | None, str | None]:
        """Give how far a form is and why."""
        row = self.form(form)
        return row["coperniq_import_status"], row["coperniq_import_error"]

    def exports(self, form: UUID) -> dict[str, dict[str, Any]]:
        """Give what a form was made into, by type."""
        rows = self.world.query("SELECT * FROM form_exports WHERE form_submission_id = %s", form)
        return {row["coperniq_type"]: row for row in rows}


LEAD = {
    "customerName": ["Contact.name"], "email": ["Contact.emails"], "phone": ["Contact.phones"],
    "leadSource": ["Contact.source"],
}  # fmt: skip
SURVEY = {
    "customerName": ["Contact.name"], "customerEmail": ["Contact.emails", "Site.clientId"],
    "address": ["Site.fullAddress"], "city": ["Site.city"],
}  # fmt: skip
PROPOSAL = {"siteAddress": ["Asset.siteId"], "equipmentName": ["Asset.name"], "equipmentType": ["Asset.type"]}
WORK_ORDER = {
    "siteAddress": ["Task.siteId"], "jobTitle": ["Task.title"], "status": ["Task.status"], "onSite": ["Task.isField"],
}  # fmt: skip
ADA = {"customerName": "Ada Lovelace", "email": "Ada@Example.com", "phone": "(212) 555-0100", "leadSource": "Referral"}
ADDRESS = "1 Main St, Denver, CO 80202"


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
