"""Settings: the one place that reads the environment.

A setting comes from the environment, else from `.env` in the project's root, else, while the local stack runs, from the
file that it leaves in the state folder. What a setting is for is documented in `.env.example`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import psycopg
from dotenv import dotenv_values
from psycopg.conninfo import conninfo_to_dict

from assets.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".mep"
MIGRATIONS = ROOT / "migrations"
LOCAL_STACK = STATE / "local.env"
DAGSTER_SCHEMA = "dagster"
NAMES = (
    "DATABASE_URL", "COPERNIQ_API_URL", "COPERNIQ_API_KEY", "COPERNIQ_COMPANY_ID",
    "COPERNIQ_TRANSPORT", "COPERNIQ_REQUESTS_PER_SECOND", "COPERNIQ_REQUESTS_PER_DAY",
    "COPERNIQ_REST_WORK_ORDER_TEMPLATE", "COPERNIQ_REST_CATALOG_ITEM",
    "MEP_INBOX", "MEP_OUTBOX", "MEP_TEMPLATES", "MEP_MAPPINGS", "MEP_DATE_ORDER", "MEP_FORM_CONFIDENCE",
)  # fmt: skip
TRANSPORTS = ("graphql", "rest")
REST_URL = "https://api.coperniq.io/v1"
# What Coperniq publishes of its API.
REQUESTS_PER_SECOND = 100
REQUESTS_PER_DAY = 5_000
FORM_CONFIDENCE = 0.90


@dataclass(frozen=True)
class Settings:
    """Validated settings. What holds a secret is left out of the representation.

    Attributes:
        database_url: PostgreSQL, `postgresql://user:password@host:port/database`.
        api_url: Coperniq's GraphQL endpoint, or the base URL of its REST API.
        api_key: Coperniq's API key.
        company_id: The company in Coperniq.
        inbox: Folder with one folder for each contractor.
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
    inbox: Path
    outbox: Path
    templates: Path
    mappings: Path
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
    """
    found: dict[str, str] = {}
    for source in (_file(LOCAL_STACK) if local else {}, _file(ROOT / ".env"), os.environ):
        found |= {name: value for name in NAMES if (value := source.get(name))}
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
        api_key=_key(_required(given, "COPERNIQ_API_KEY")),
        company_id=_company(_required(given, "COPERNIQ_COMPANY_ID")),
        inbox=_folder(given, "MEP_INBOX", "inbox"),
        outbox=_folder(given, "MEP_OUTBOX", "outbox"),
        templates=templates_folder(given),
        mappings=mappings_folder(given),
        date_order=_date_order(given),
        form_confidence=form_confidence(given),
        transport=transport(given),
        requests_per_second=_number(given, "COPERNIQ_REQUESTS_PER_SECOND", REQUESTS_PER_SECOND),
        requests_per_day=_number(given, "COPERNIQ_REQUESTS_PER_DAY", REQUESTS_PER_DAY),
        work_order_template=_number(given, "COPERNIQ_REST_WORK_ORDER_TEMPLATE", 0) or None,
        catalog_item=_number(given, "COPERNIQ_REST_CATALOG_ITEM", 0) or None,
    )


def database_url(values: Mapping[str, str] | None = None) -> str:
    """Return the database's URL alone, for commands that need nothing else.

    Raises:
        SettingsError: When it is missing or malformed.
    """
    url = _required(read() if values is None else values, "DATABASE_URL")
    try:
        parts = urlsplit(url)
        _ = parts.port, conninfo_to_dict(url)
        # A password with an unescaped @ would put its rest into the host, and the host into messages.
        good = parts.scheme in ("postgresql", "postgres") and parts.hostname and parts.path.strip("/")
        good = good and parts.netloc.count("@") <= 1
    except (ValueError, psycopg.ProgrammingError):
        good = False
    if not good:
        raise SettingsError(
            "DATABASE_URL is malformed: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, special characters as %XX,"
            " and no parameters but PostgreSQL's own."
        )
    return url


def mappings_folder(values: Mapping[str, str] | None = None) -> Path:
    """Return the folder of override files alone, for commands that need nothing else.

    Raises:
        SettingsError: When it is malformed.
    """
    return _folder(read() if values is None else values, "MEP_MAPPINGS", "mappings")


def templates_folder(values: Mapping[str, str] | None = None) -> Path:
    """Return the folder of form templates alone, for commands that need nothing else.

    Raises:
        SettingsError: When it is malformed.
    """
    return _folder(read() if values is None else values, "MEP_TEMPLATES", "templates")


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


def transport(values: Mapping[str, str]) -> str:
    """Return which of Coperniq's APIs is spoken, for who needs nothing else: `graphql` or `rest`.

    Raises:
        SettingsError: When it is malformed.
    """
    value = values.get("COPERNIQ_TRANSPORT", "").strip().lower() or TRANSPORTS[0]
    if value not in TRANSPORTS:
        raise SettingsError(f"COPERNIQ_TRANSPORT is malformed: write {' or '.join(TRANSPORTS)}.")
    return value


def dagster_environment(url: str) -> dict[str, str]:
    """Return what Dagster's and dbt's processes need in their environment, derived from the settings.

    Dagster keeps its tables in a schema of its own: in `public`, Supabase would publish them through its API.
    """
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, f"options={quote(f'-csearch_path={DAGSTER_SCHEMA}', safe='')}"]))
    # SQLAlchemy would take psycopg 3 for a bare postgresql://, and dagster-postgres needs psycopg2.
    storage = parts._replace(scheme="postgresql+psycopg2", query=query).geturl()
    return {
        "DAGSTER_HOME": str(ROOT),
        "DAGSTER_POSTGRES_URL": storage,
        "DAGSTER_STATE": str(STATE / "dagster"),
        "DATABASE_URL": url,
    }


def _file(path: Path) -> Mapping[str, str | None]:
    return dotenv_values(path, interpolate=False) if path.is_file() else {}


def _required(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "").strip()
    if not value:
        raise SettingsError(
            f"{name} is not set: put it into .env (see .env.example), or start the local stack with `make dev`."
        )
    return value


def _api_url(values: Mapping[str, str]) -> str:
    if transport(values) == "graphql":
        return _web_address(_required(values, "COPERNIQ_API_URL"))
    value = _web_address(values.get("COPERNIQ_API_URL", "").strip() or REST_URL).rstrip("/")
    if value.endswith("/graphql"):
        raise SettingsError(
            f"COPERNIQ_API_URL is a GraphQL endpoint, but COPERNIQ_TRANSPORT is rest: leave it out for {REST_URL}."
        )
    return value


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise SettingsError("COPERNIQ_API_URL is malformed: write https://HOST/PATH, without a user or key in it.")
    if value.startswith("http:") and urlsplit(value).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError("COPERNIQ_API_URL must begin with https://, because the API key travels with each request.")
    return value


def _key(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise SettingsError("COPERNIQ_API_KEY is malformed: it holds a space or a character that no key has.")
    return value


def _company(value: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,8}", value):
        raise SettingsError("COPERNIQ_COMPANY_ID is malformed: write the company's number, such as 112.")
    return int(value)


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    value = values.get(name, "").strip() or str(default)
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise SettingsError(f"{name} is malformed: write a whole number, such as 100.")
    return int(value)


def _date_order(values: Mapping[str, str]) -> str | None:
    value = values.get("MEP_DATE_ORDER", "").strip().upper()
    if value not in ("", "MDY", "DMY"):
        raise SettingsError("MEP_DATE_ORDER is malformed: write MDY (month/day) or DMY (day/month), or leave it out.")
    return value or None


def _folder(values: Mapping[str, str], name: str, default: str) -> Path:
    value = values.get(name, "").strip() or default
    try:
        return (ROOT / Path(value).expanduser()).resolve()
    except (ValueError, RuntimeError):
        raise SettingsError(f"{name} is malformed: write the path of a folder.") from None
