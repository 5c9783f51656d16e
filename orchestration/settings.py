"""Settings: the one place that reads the environment.

A setting comes from the environment, else from `.env` in the project's root, else, while the local stack runs, from the
file that it leaves in the state folder. What a setting is for is documented in `.env.example`. A secret may stand in a
file of its own, which `<NAME>_FILE` names: that is how systemd, Docker and Kubernetes hand out secrets.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from assets.errors import SettingsError
from assets.retention.rules import Keep
from orchestration import setting_values
from orchestration.setting_values import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE = ROOT / ".mep"
MIGRATIONS = ROOT / "migrations"
LOCAL_STACK = STATE / "local.env"
SECRETS = ("DATABASE_URL", "DAGSTER_DATABASE_URL", "COPERNIQ_API_KEY", "MEP_CELERY_BROKER", "MEP_ALERT_WEBHOOK")
NAMES = (
    *SECRETS, "COPERNIQ_API_URL", "COPERNIQ_COMPANY_ID",
    "COPERNIQ_TRANSPORT", "COPERNIQ_REQUESTS_PER_SECOND", "COPERNIQ_REQUESTS_PER_DAY",
    "COPERNIQ_REST_WORK_ORDER_TEMPLATE", "COPERNIQ_REST_CATALOG_ITEM",
    "MEP_INBOX", "MEP_INBOX_STABLE_SECONDS",
    "MEP_OUTBOX", "MEP_OUTBOX_URL", "MEP_PLANS", "MEP_TEMPLATES", "MEP_MAPPINGS", "MEP_DATE_ORDER",
    "MEP_FORM_CONFIDENCE", "MEP_UI_URL", "MEP_CODE_SERVER", "MEP_EXECUTOR", "MEP_RUNS_AT_ONCE",
    "MEP_KEEP_EVENTS_DAYS", "MEP_KEEP_FILES_DAYS", "MEP_KEEP_LOG_DAYS",
)  # fmt: skip
TRANSPORTS = ("graphql", "rest")
REST_URL = "https://api.coperniq.io/v1"
# What Coperniq publishes of its API.
REQUESTS_PER_SECOND = 100
REQUESTS_PER_DAY = 5_000
FORM_CONFIDENCE = 0.90
KEEP_EVENTS_DAYS = 90
KEEP_FILES_DAYS = 180
KEEP_LOG_DAYS = 730
INBOX_STABLE_SECONDS = 3


@dataclass(frozen=True)
class Settings:
    """Validated settings. What holds a secret is left out of the representation.

    Attributes:
        database_url: PostgreSQL, `postgresql://user:password@host:port/database`.
        api_url: Coperniq's GraphQL endpoint, or the base URL of its REST API.
        api_key: Coperniq's API key.
        company_id: The company in Coperniq.
        inbox: Folder with one folder for each contractor, or the URL of such a place in a store of objects.
        inbox_stable_seconds: How long a file must be the same before it is taken.
        outbox: Folder for what the pipeline hands back.
        templates: Folder of form templates.
        mappings: Folder with one folder of override files for each contractor.
        date_order: `MDY` or `DMY` for dates in figures that could be either; None to ask for the order.
        form_confidence: How sure it must be, from 0 to 1, what a template field means before forms are sent unasked.
        transport: `graphql` or `rest`.
        requests_per_second: What the API key is allowed in any second; 0 is no limit.
        requests_per_day: What it is allowed in any 24 hours; 0 is no limit.
        work_order_template: The template of the work orders that tasks become in the REST API; None to leave them.
        catalog_item: The item of the line on invoices and quotes in the REST API; None to leave them.
    """

    database_url: str = field(repr=False)
    api_url: str
    api_key: str = field(repr=False)
    company_id: int
    inbox: Path | str
    outbox: Path
    templates: Path
    mappings: Path
    inbox_stable_seconds: int = INBOX_STABLE_SECONDS
    date_order: str | None = None
    form_confidence: float = FORM_CONFIDENCE
    transport: str = "graphql"
    requests_per_second: int = REQUESTS_PER_SECOND
    requests_per_day: int = REQUESTS_PER_DAY
    work_order_template: int | None = None
    catalog_item: int | None = None


def read(*, local: bool = True) -> dict[str, str]:
    """Return the settings as text, by name; those that are nowhere set are left out.

    Args:
        local: Whether what the running local stack says of itself counts.

    Raises:
        SettingsError: When a file that is to hold a secret cannot be read.
    """
    found: dict[str, str] = {}
    for source in (_file(LOCAL_STACK) if local else {}, _file(ROOT / ".env"), os.environ):
        found |= {name: value for name in NAMES if (value := source.get(name) or _secret(source, name))}
    return found


def load(values: Mapping[str, str] | None = None) -> Settings:
    """Return every setting, validated.

    Args:
        values: Text by name; what `read` gives when left out.

    Raises:
        SettingsError: For the first that is missing or malformed, in one line, without its value where that is secret.
    """
    given = read() if values is None else values
    return Settings(
        database_url=database_url(given),
        api_url=_api_url(given),
        api_key=setting_values.key(setting_values.required(given, "COPERNIQ_API_KEY")),
        company_id=setting_values.company(setting_values.required(given, "COPERNIQ_COMPANY_ID")),
        inbox=inbox(given),
        outbox=outbox_folder(given),
        templates=templates_folder(given),
        mappings=mappings_folder(given),
        inbox_stable_seconds=inbox_stable_seconds(given),
        date_order=setting_values.date_order(given),
        form_confidence=form_confidence(given),
        transport=transport(given),
        requests_per_second=setting_values.number(given, "COPERNIQ_REQUESTS_PER_SECOND", REQUESTS_PER_SECOND),
        requests_per_day=setting_values.number(given, "COPERNIQ_REQUESTS_PER_DAY", REQUESTS_PER_DAY),
        work_order_template=setting_values.number(given, "COPERNIQ_REST_WORK_ORDER_TEMPLATE", 0) or None,
        catalog_item=setting_values.number(given, "COPERNIQ_REST_CATALOG_ITEM", 0) or None,
    )


def database_url(values: Mapping[str, str] | None = None) -> str:
    """Return the database's URL alone, for commands that need nothing else.

    Raises:
        SettingsError: When it is missing or malformed.
    """
    return setting_values.postgres_url(read() if values is None else values, "DATABASE_URL")


def inbox(values: Mapping[str, str] | None = None) -> Path | str:
    """Return the inbox alone, a folder or the URL of a store, for commands that need nothing else.

    Raises:
        SettingsError: When it is malformed, or holds what is secret; the value is not shown.
    """
    given = read() if values is None else values
    value = given.get("MEP_INBOX", "").strip()
    if "://" not in value:
        return setting_values.folder(given, "MEP_INBOX", "inbox")
    if value.lower().startswith(("file:", "local:")):
        raise SettingsError("MEP_INBOX is malformed: write the path of a folder as it is, without file://.")
    # What is chained with :: opens one store through another.
    if not re.fullmatch(r"[a-z][a-z0-9]*://[^\s@?#%:/][^\s@?#%:]*", value, re.ASCII):
        raise SettingsError(
            "MEP_INBOX is malformed: write the path of a folder, or a URL such as s3://BUCKET/PREFIX without user, key"
            " or parameter in it. Keys go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (docs/arrival.md)."
        )
    return value.rstrip("/")


def inbox_stable_seconds(values: Mapping[str, str] | None = None) -> int:
    """Return how long a file must be the same before it is taken, for who needs nothing else.

    Raises:
        SettingsError: When it is malformed.
    """
    return setting_values.number(read() if values is None else values, "MEP_INBOX_STABLE_SECONDS", INBOX_STABLE_SECONDS)


def hand_over_store_settings() -> None:
    """Give the library of a store what `.env` says for it: it reads AWS_* and FSSPEC_* from the environment itself."""
    for name, value in _file(ROOT / ".env").items():
        if value and name.startswith(("AWS_", "FSSPEC_")):
            os.environ.setdefault(name, value)


def mappings_folder(values: Mapping[str, str] | None = None) -> Path:
    """Return the folder of override files alone, for commands that need nothing else.

    Raises:
        SettingsError: When it is malformed.
    """
    return setting_values.folder(read() if values is None else values, "MEP_MAPPINGS", "mappings")


def outbox_folder(values: Mapping[str, str] | None = None) -> Path:
    """Return the folder for what is handed back alone, for who needs nothing else.

    Raises:
        SettingsError: When it is malformed.
    """
    return setting_values.folder(read() if values is None else values, "MEP_OUTBOX", "outbox")


def plans_folder(values: Mapping[str, str] | None = None) -> Path:
    """Return the folder of sealed plans alone, for who needs nothing else.

    Raises:
        SettingsError: When it is malformed.
    """
    return setting_values.folder(read() if values is None else values, "MEP_PLANS", ".mep/plans")


def templates_folder(values: Mapping[str, str] | None = None) -> Path:
    """Return the folder of form templates alone, for commands that need nothing else.

    Raises:
        SettingsError: When it is malformed.
    """
    return setting_values.folder(read() if values is None else values, "MEP_TEMPLATES", "templates")


def form_confidence(values: Mapping[str, str] | None = None) -> float:
    """Return how sure it must be what a template field means, for who needs nothing else.

    Raises:
        SettingsError: When it is malformed.
    """
    given = read() if values is None else values
    value = given.get("MEP_FORM_CONFIDENCE", "").strip() or f"{FORM_CONFIDENCE}"
    if not re.fullmatch(r"0?\.[0-9]{1,2}|[01]|1\.0{1,2}", value, re.ASCII):
        raise SettingsError("MEP_FORM_CONFIDENCE is malformed: write a number from 0 to 1, such as 0.90.")
    return float(value)


def keep(values: Mapping[str, str] | None = None) -> Keep:
    """Return for how many days what is old is kept, for who needs nothing else.

    Raises:
        SettingsError: When a number is malformed, or too small to be meant.
    """
    given = read() if values is None else values
    return Keep(
        events=setting_values.days(given, "MEP_KEEP_EVENTS_DAYS", KEEP_EVENTS_DAYS),
        files=setting_values.days(given, "MEP_KEEP_FILES_DAYS", KEEP_FILES_DAYS),
        log=setting_values.days(given, "MEP_KEEP_LOG_DAYS", KEEP_LOG_DAYS),
    )


def transport(values: Mapping[str, str]) -> str:
    """Return which of Coperniq's APIs is spoken, for who needs nothing else: `graphql` or `rest`.

    Raises:
        SettingsError: When it is malformed.
    """
    value = values.get("COPERNIQ_TRANSPORT", "").strip().lower() or TRANSPORTS[0]
    if value not in TRANSPORTS:
        raise SettingsError(f"COPERNIQ_TRANSPORT is malformed: write {' or '.join(TRANSPORTS)}.")
    return value


def _file(path: Path) -> Mapping[str, str | None]:
    return dotenv_values(path, interpolate=False) if path.is_file() else {}


def _secret(source: Mapping[str, str | None], name: str) -> str | None:
    """Return what the file holds that a source names for a secret; None where it names none."""
    path = source.get(f"{name}_FILE") if name in SECRETS else None
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        # Not the path: it could be the secret itself, in the wrong variable.
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"{name}_FILE names a file that cannot be read ({reason}): write its path.") from None


def _api_url(values: Mapping[str, str]) -> str:
    if transport(values) == "graphql":
        return setting_values.web_address(setting_values.required(values, "COPERNIQ_API_URL"))
    value = setting_values.web_address(values.get("COPERNIQ_API_URL", "").strip() or REST_URL).rstrip("/")
    if value.endswith("/graphql"):
        raise SettingsError(
            f"COPERNIQ_API_URL is a GraphQL endpoint, but COPERNIQ_TRANSPORT is rest: leave it out for {REST_URL}."
        )
    return value
