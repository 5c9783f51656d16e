"""What runs are given: the database, Coperniq, the inbox. Built from the settings when a run starts, never at import.

They are plain objects, not Dagster configuration: nothing of a URL or key can end up in an event or on a page.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.alerts.webhook import Webhook
from assets.coperniq.client import CoperniqClient
from assets.coperniq.limits import KeyLimits
from assets.coperniq.rest.client import Configured, RestClient
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from assets.planning.sealing import SealedPlans
from assets.progress import nobody
from orchestration import settings, stack_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assets.csv_imports.inbox import Inbox
    from assets.progress import Tell
    from assets.retention.rules import Keep


@dg.resource(description="The product's PostgreSQL database.")
def database(_: dg.InitResourceContext) -> Database:
    """Give the database that `DATABASE_URL` names."""
    return Database(settings.database_url())


@dg.resource(description="What Coperniq allows the API key, kept together with all that use it.")
def limits(_: dg.InitResourceContext) -> Iterator[KeyLimits]:
    """Give the limits of the key; their connection is closed with the run."""
    given = settings.load()
    kept = KeyLimits(Database(given.database_url), given.api_key, given.requests_per_second, given.requests_per_day)
    try:
        yield kept
    finally:
        kept.close()


@dg.resource(description="One company of Coperniq.", required_resource_keys={"limits"})
def coperniq(context: dg.InitResourceContext) -> Iterator[CoperniqClient | RestClient]:
    """Give a client for the company that the settings name; its sessions are closed with the run."""
    given, limits = settings.load(), context.resources.limits
    if given.transport == "rest":
        configured = Configured(given.work_order_template, given.catalog_item)
        client = RestClient(given.api_url, given.api_key, given.company_id, configured, limits=limits)
    else:
        client = CoperniqClient(given.api_url, given.api_key, given.company_id, limits=limits)
    try:
        yield client
    finally:
        client.close()


@dg.resource(description="Where contractors' files arrive: a folder, or a store of objects.")
def inbox(_: dg.InitResourceContext) -> Inbox:
    """Give the inbox."""
    location = settings.inbox()
    if isinstance(location, Path):
        return LocalInbox(location)
    from assets.csv_imports.remote_inbox import RemoteInbox  # its libraries take a second: only where they are needed

    settings.hand_over_store_settings()
    return RemoteInbox(location, settings.STATE / "spool")


@dg.resource(description="How long a file of the inbox must be the same before it is taken.")
def inbox_stable_seconds(_: dg.InitResourceContext) -> int:
    """Give the seconds."""
    return settings.inbox_stable_seconds()


@dg.resource(description="The folder for what is handed back to contractors.")
def outbox_folder(_: dg.InitResourceContext) -> Path:
    """Give the outbox."""
    return settings.outbox_folder()


@dg.resource(description="Where alerts are posted to.")
def alert_webhook(_: dg.InitResourceContext) -> Webhook | None:
    """Give the webhook, or None where alerts are only kept."""
    url = stack_settings.alert_webhook()
    return Webhook(url) if url else None


@dg.resource(description="The address of this UI, as people reach it.")
def ui_url(_: dg.InitResourceContext) -> str:
    """Give the address."""
    return stack_settings.ui_url()


@dg.resource(description="The address at which people reach the outbox.")
def outbox_url(_: dg.InitResourceContext) -> str | None:
    """Give the address; None where the outbox is served nowhere."""
    return stack_settings.outbox_url()


@dg.resource(description="Where plans of imports are kept.")
def plans(_: dg.InitResourceContext) -> SealedPlans:
    """Give the sealed plans, which hold as long as the settings that decide what an import does."""
    given = settings.load()
    decisive = {
        "MEP_DATE_ORDER": given.date_order,
        "COPERNIQ_API_URL": given.api_url,
        "COPERNIQ_TRANSPORT": given.transport,
        "COPERNIQ_COMPANY_ID": str(given.company_id),
        "COPERNIQ_REST_WORK_ORDER_TEMPLATE": str(given.work_order_template or ""),
        "COPERNIQ_REST_CATALOG_ITEM": str(given.catalog_item or ""),
    }
    return SealedPlans(settings.plans_folder(), given.mappings, decisive)


@dg.resource(description="The folder of contractors' override files.")
def mappings_folder(_: dg.InitResourceContext) -> Path:
    """Give the folder of override files."""
    return settings.mappings_folder()


@dg.resource(description="The folder of form templates.")
def templates_folder(_: dg.InitResourceContext) -> Path:
    """Give the folder of form templates."""
    return settings.templates_folder()


@dg.resource(description="How dates in figures are read that could be month/day or day/month.")
def date_order(_: dg.InitResourceContext) -> str | None:
    """Give the order that stands for all contractors, or None where it is asked for."""
    return settings.load().date_order


@dg.resource(description="How sure it must be what a template field means before forms are sent unasked.")
def form_confidence(_: dg.InitResourceContext) -> float:
    """Give the threshold, from 0 to 1."""
    return settings.form_confidence()


@dg.resource(description="For how long what is old is kept.")
def keep(_: dg.InitResourceContext) -> Keep:
    """Give the days for each kind of thing."""
    return settings.keep()


@dg.resource(description="Who is told how far a run's work is, beside Dagster.")
def watch(_: dg.InitResourceContext) -> Tell:
    """Give nobody: a run that a command started has its terminal in this place."""
    return nobody


def resources() -> dict[str, Any]:
    """Return the product's resources by the names under which assets ask for them."""
    return {
        "database": database,
        "limits": limits,
        "coperniq": coperniq,
        "inbox": inbox,
        "inbox_stable_seconds": inbox_stable_seconds,
        "outbox_folder": outbox_folder,
        "outbox_url": outbox_url,
        "alert_webhook": alert_webhook,
        "ui_url": ui_url,
        "mappings_folder": mappings_folder,
        "plans": plans,
        "templates_folder": templates_folder,
        "date_order": date_order,
        "form_confidence": form_confidence,
        "keep": keep,
        "watch": watch,
    }
