"""`mep field-mapping`: which template field fills which field of Coperniq, and a human's word about it."""

from __future__ import annotations

from dataclasses import asdict

import click

from assets.counting import counted
from orchestration import settings
from orchestration.console import json_option, migrated_database, operator, print_json


@click.group("field-mapping")
def field_mapping() -> None:
    """List what the fields of form templates fill in Coperniq; confirm or ignore what is only proposed."""


@field_mapping.command("list")
@click.argument("template", required=False)
@json_option
def list_mapping(template: str | None, *, as_json: bool) -> None:
    """List what the fields of TEMPLATE fill, or of all templates, with how sure that is and whose word it is.

    What is less sure than MEP_FORM_CONFIDENCE asks: forms that hold it wait for `confirm` or `ignore`
    (docs/form-exports.md).

    Settings: DATABASE_URL, MEP_FORM_CONFIDENCE.

    \b
    mep field-mapping list
    mep field-mapping list lead_intake
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from assets.forms import field_mapping as store

    threshold = settings.form_confidence()
    with migrated_database() as conn:
        every = [(one, one.source != "human" and one.confidence < threshold) for one in store.every(conn, template)]
    if as_json:
        print_json([{**asdict(one), "asks": asks} for one, asks in every])
    for one, asks in [] if as_json else every:
        fills = f"{one.coperniq_type}.{one.coperniq_field_name}"
        word = f"human, {one.confirmed_by}" if one.source == "human" else f"{one.source}, {one.confidence:.2f}"
        verb = "does not fill" if one.is_ignored else "fills"
        click.echo(f"{one.template_field_name} {verb} {fills} ({word}){'  asks' if asks else ''}")


@field_mapping.command()
@click.argument("template_field", metavar="TEMPLATE.FIELD")
@click.argument("target", metavar="TYPE.FIELD")
@json_option
def confirm(template_field: str, target: str, *, as_json: bool) -> None:
    """Say that TEMPLATE.FIELD fills Coperniq's TYPE.FIELD, proposed or not.

    Forms that were held for it go with the next `mep import` (docs/form-exports.md).

    \b
    mep field-mapping confirm lead_intake.fuel Contact.source
    """  # noqa: D301
    from assets.forms import field_mapping as store

    with migrated_database() as conn:
        store.confirm(conn, template_field, target, operator("field-mapping"))
    if as_json:
        print_json({"template_field": template_field, "fills": target})
    else:
        click.echo(f"{template_field} fills {target}; forms that waited for it go with the next `mep import`")


@field_mapping.command()
@click.argument("template_field", metavar="TEMPLATE.FIELD")
@click.argument("target", metavar="[TYPE.FIELD]", required=False)
@json_option
def ignore(template_field: str, target: str | None, *, as_json: bool) -> None:
    """Say that TEMPLATE.FIELD does not fill Coperniq's TYPE.FIELD, or nothing at all when that is left out.

    \b
    mep field-mapping ignore lead_intake.fuel Contact.source
    mep field-mapping ignore lead_intake.fuel
    """  # noqa: D301
    from assets.forms import field_mapping as store

    with migrated_database() as conn:
        ignored = store.ignore(conn, template_field, target, operator("field-mapping"))
    if as_json:
        print_json({"template_field": template_field, "does_not_fill": target, "ignored": ignored})
    elif ignored:
        what = target or counted(ignored, "field of Coperniq", "fields of Coperniq")
        click.echo(f"{template_field} does not fill {what} any more")
    else:
        click.echo(f"{template_field} filled nothing")
