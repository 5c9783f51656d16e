"""`mep form`: what reviewers do about the forms that contractors filled. Thin: calls, prints."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from assets.forms.store import SHORT_ID, STATUSES
from orchestration.console import json_option, migrated_database, operator, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from assets.forms.store import Form


@click.group()
def form() -> None:
    """List, show, approve and reject the forms that contractors filled."""


@form.command("list")
@click.argument("slug", metavar="CONTRACTOR")
@click.option("--status", type=click.Choice(STATUSES), help="Only forms of this status.")
@json_option
def list_forms(slug: str, status: str | None, *, as_json: bool) -> None:
    """List the forms of CONTRACTOR, the latest first (docs/forms.md).

    \b
    mep form list acme-hvac
    mep form list acme-hvac --status submitted
    """  # noqa: D301
    from assets.contractors import store as contractors
    from assets.forms import store
    from assets.text import minute, printable

    with migrated_database() as conn:
        found = store.of_contractor(conn, contractors.get(conn, slug).id, status)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        click.echo(
            f"{str(each.id)[:SHORT_ID]}  {each.status:<9}  {minute(each.created_at):.10}  {each.template:<24}  "
            f"{printable(each.title)}{_revision(each)}"
        )
    if not found:
        click.echo(f"{slug} has no {f'{status} ' if status else ''}forms.")


@form.command("show")
@click.argument("form_id", metavar="FORM")
@json_option
def show(form_id: str, *, as_json: bool) -> None:
    """Show FORM: its review, its way to Coperniq, and what keeps it from being submitted.

    FORM is an id, or the eight characters of it that `mep form list` prints. Problems quote answers.

    \b
    mep form show 1b9d6bcd
    """  # noqa: D301
    from assets.forms import store
    from assets.text import minute, printable

    with migrated_database() as conn:
        found = store.find(conn, form_id)
        faults = store.faults(conn, found) if found.status == "draft" else []
    if as_json:
        print_json({**asdict(found), "faults": [asdict(fault) for fault in faults]})
        return
    click.echo(
        f"{printable(found.title)}: {found.template} {found.number} of {printable(found.contractor)}{_revision(found)}"
    )
    click.echo(f"  id         {found.id}")
    click.echo(f"  status     {found.status}, filled by {printable(found.submitted_by or 'nobody named')}")
    if found.parent_id:
        click.echo(f"  revises    {found.parent_id}")
    for name, at in (("created", found.created_at), ("submitted", found.submitted_at), ("approved", found.approved_at)):
        if at:
            click.echo(f"  {name:<9}  {minute(at)}")
    if found.reviewed_by:
        reason = f": {printable(found.review_reason)}" if found.review_reason else ""
        click.echo(f"  review     {found.status} by {printable(found.reviewed_by)}{reason}")
    export = found.export or f"not exported{', its approved revision is instead' if found.is_replaced else ''}"
    click.echo(f"  Coperniq   {export}{f', {found.export_id}' if found.export_id else ''}")
    if found.export_reason:
        click.echo(f"             {printable(found.export_reason)}")
    for fault in faults:
        click.echo(f"  {fault.rule:<9}  {printable(fault.problem)}")


@form.command()
@click.argument("form_ids", metavar="FORM...", nargs=-1, required=True)
@click.option("--by", help="Who approves; else whoever is logged in here.")
@json_option
def approve(form_ids: tuple[str, ...], by: str | None, *, as_json: bool) -> None:
    """Approve each FORM, which may then go to Coperniq.

    Each for itself: one that cannot be approved does not stop the others. Ends with 1 when a form was not approved.

    \b
    mep form approve 1b9d6bcd
    mep form approve 1b9d6bcd 9f4e2a10 --by ann@office.example
    """  # noqa: D301
    from assets.forms import store

    def agree(conn: Connection[Any], found: Form) -> bool:
        return store.approve(conn, found, by or operator("form"))

    _review(form_ids, "approved", agree, as_json=as_json)


@form.command()
@click.argument("form_id", metavar="FORM")
@click.option("--reason", required=True, help="Why, and what to do: the contractor reads it.")
@click.option("--by", help="Who rejects; else whoever is logged in here.")
@json_option
def reject(form_id: str, reason: str, by: str | None, *, as_json: bool) -> None:
    """Reject FORM with a reason; its contractor may revise it.

    \b
    mep form reject 1b9d6bcd --reason "The serial number is missing on the photo: take another."
    """  # noqa: D301
    from assets.forms import store

    def refuse(conn: Connection[Any], found: Form) -> bool:
        return store.reject(conn, found, by or operator("form"), reason)

    _review((form_id,), "rejected", refuse, as_json=as_json)


def _review(
    form_ids: tuple[str, ...], status: str, review: Callable[[Connection[Any], Form], bool], *, as_json: bool
) -> None:
    from assets.forms import store

    reviewed: list[dict[str, Any]] = []
    with migrated_database() as conn:
        for form_id in form_ids:
            try:
                found = store.find(conn, form_id)
                changed = review(conn, found)
            except store.FormError as error:
                reviewed.append({"form": form_id, "error": str(error)})
                click.echo(f"mep: {error}", err=True)
                continue
            reviewed.append({"form": found.id, "status": status, "changed": changed})
            if not as_json:
                click.echo(
                    f"{str(found.id)[:SHORT_ID]} {'is' if changed else 'was'} {status}{'' if changed else ' already'}"
                )
    if as_json:
        print_json(reviewed)
    if any("error" in one for one in reviewed):
        sys.exit(1)


def _revision(found: Form) -> str:
    return f", revision {found.revision}" if found.revision else ""
