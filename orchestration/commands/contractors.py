"""`mep contractor`: whom the pipeline serves, and what is set for each. Thin: calls, prints."""

from __future__ import annotations

from dataclasses import asdict

import click

from orchestration.console import json_option, migrated_database, print_json


@click.group()
def contractor() -> None:
    """Register and list the contractors that the pipeline serves."""


@contractor.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="The company's name.")
@click.option("--email", required=True, help="The e-mail address with which the contractor signs in.")
@click.option("--trade", "trades", multiple=True, help="hvac, plumbing, electrical, solar …; may be repeated.")
@click.option("--preset", help="What kind of contractor it is, such as hvac_residential: decides about its templates.")
@json_option
def add_contractor(
    slug: str, name: str, email: str, trades: tuple[str, ...], preset: str | None, *, as_json: bool
) -> None:
    """Register a contractor; SLUG names its folder in the inbox.

    With --preset its markets, phases and templates are those of the preset, and its trades too where none are given.
    One that is registered so already stays as it is.

    \b
    mep contractor add acme-hvac --name "Acme HVAC" --email office@acme.example --preset hvac_residential
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from assets.contractors import store

    with migrated_database() as connection:
        changed = store.add(connection, slug, name, email, list(trades), preset)
    if as_json:
        print_json({"contractor": slug, "changed": changed})
    else:
        click.echo(f"{slug} is registered" if changed else f"{slug} was registered already")


@contractor.command("set")
@click.argument("slug", metavar="CONTRACTOR")
@click.option("--rejected-share", type=click.FloatRange(0, 1), help="Share of an import's rows, from 0 to 1.")
@click.option("--active/--inactive", "active", default=None, help="Whether anything of it is taken and sent by itself.")
@json_option
def set_contractor(slug: str, rejected_share: float | None, active: bool | None, *, as_json: bool) -> None:  # noqa: FBT001 - click's
    """Set how many rows of an import may be rejected before somebody is told, or let CONTRACTOR rest (--inactive).

    \b
    mep contractor set acme-hvac --rejected-share 0.2
    mep contractor set acme-hvac --inactive
    """  # noqa: D301
    from assets.contractors import store

    if rejected_share is None and active is None:
        raise click.UsageError("Say what to set: --rejected-share, --active or --inactive.")
    with migrated_database() as connection:
        if rejected_share is not None:
            store.set_rejected_share(connection, slug, rejected_share)
        if active is not None:
            store.set_active(connection, slug, active=active)
        found = store.get(connection, slug)
    if as_json:
        print_json(asdict(found))
        return
    if rejected_share is not None:
        click.echo(f"somebody is told when more than {rejected_share:.1%} of an import of {slug} are rejected")
    if active is not None:
        click.echo(f"{slug} is {'active' if active else 'inactive: no run is started for it'}")


@contractor.command("list")
@json_option
def list_contractors(*, as_json: bool) -> None:
    """List the contractors.

    \b
    mep contractor list
    mep contractor list --json
    """  # noqa: D301
    from assets.contractors import store

    with migrated_database() as connection:
        every = store.every(connection)
    if as_json:
        print_json([asdict(found) for found in every])
    for found in [] if as_json else every:
        click.echo(
            f"{found.slug:<24} {found.name:<40} {found.preset or '-':<24} {found.email or ''}"
            f"{'' if found.is_active else '  (inactive)'}"
        )


@contractor.command("show")
@click.argument("slug", metavar="CONTRACTOR")
@json_option
def show_contractor(slug: str, *, as_json: bool) -> None:
    """Show CONTRACTOR and its imports.

    \b
    mep contractor show acme-hvac
    """  # noqa: D301
    from assets.contractors import store
    from assets.csv_imports import summaries
    from orchestration import summary

    with migrated_database() as connection:
        found = store.get(connection, slug)
        rows = summaries.summaries(connection, summaries.of_contractor(connection, found.id))
    if as_json:
        print_json({**asdict(found), "imports": [asdict(row) for row in rows]})
        return
    click.echo(f"{found.name} <{found.email or ''}>, trades: {', '.join(found.trades) or 'none'}")
    click.echo(f"registered {found.created_at:%Y-%m-%d}, {'active' if found.is_active else 'inactive'}")
    click.echo(f"somebody is told when more than {found.rejected_share:.1%} of an import are rejected")
    summary.print_imports(slug, rows, {})
