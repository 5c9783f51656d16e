"""`mep field-mapping`: which template field fills which field of Coperniq, and a human's word about it."""

from __future__ import annotations

import click

from assets.counting import counted
from orchestration import settings
from orchestration.console import migrated_database, operator


@click.group("field-mapping")
def field_mapping() -> None:
    """List what the fields of form templates fill in Coperniq; confirm or ignore what is only proposed."""


@field_mapping.command("list")
@click.argument("template", required=False)
def list_mapping(template: str | None) -> None:
    """List what the fields of TEMPLATE fill, or of all templates, with how sure that is and whose word it is.

    What is less sure than MEP_FORM_CONFIDENCE asks: forms that hold it wait for `confirm` or `ignore`.
    """
    from assets.forms import field_mapping as store

    threshold = settings.form_confidence()
    with migrated_database() as conn:
        for one in store.every(conn, template):
            fills = f"{one.coperniq_type}.{one.coperniq_field_name}"
            word = f"human, {one.confirmed_by}" if one.source == "human" else f"{one.source}, {one.confidence:.2f}"
            asks = one.source != "human" and one.confidence < threshold
            verb = "does not fill" if one.is_ignored else "fills"
            click.echo(f"{one.template_field_name} {verb} {fills} ({word}){'  asks' if asks else ''}")


@field_mapping.command()
@click.argument("template_field", metavar="TEMPLATE.FIELD")
@click.argument("target", metavar="TYPE.FIELD")
def confirm(template_field: str, target: str) -> None:
    """Say that TEMPLATE.FIELD fills Coperniq's TYPE.FIELD, proposed or not: `lead_intake.fuel Contact.source`.

    Forms that were held for it go with the next `mep import`.
    """
    from assets.forms import field_mapping as store

    with migrated_database() as conn:
        store.confirm(conn, template_field, target, operator("field-mapping"))
    click.echo(f"{template_field} fills {target}; forms that waited for it go with the next `mep import`")


@field_mapping.command()
@click.argument("template_field", metavar="TEMPLATE.FIELD")
@click.argument("target", metavar="[TYPE.FIELD]", required=False)
def ignore(template_field: str, target: str | None) -> None:
    """Say that TEMPLATE.FIELD does not fill Coperniq's TYPE.FIELD, or nothing at all when that is left out."""
    from assets.forms import field_mapping as store

    with migrated_database() as conn:
        ignored = store.ignore(conn, template_field, target, operator("field-mapping"))
    if ignored:
        what = target or counted(ignored, "field of Coperniq", "fields of Coperniq")
        click.echo(f"{template_field} does not fill {what} any more")
    else:
        click.echo(f"{template_field} filled nothing")
