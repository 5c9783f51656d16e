"""Settings of the processes that run the product: Dagster's own storage, its servers and workers, and its alerts.

What belongs here: what the assets need not know. What does not: settings of the work itself, and where texts come from
(`settings`). Each function asks for its settings alone, because each process needs others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from assets.errors import SettingsError
from orchestration import setting_values, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

DAGSTER_SCHEMA = "dagster"
CODE_SERVER = "127.0.0.1:4000"
UI_URL = "http://localhost:3000"
EXECUTORS = ("in_process", "celery")
RUNS_AT_ONCE = 10


def runs_at_once(values: Mapping[str, str] | None = None) -> int:
    """Return how many runs Dagster's queue lets work at a time, for who needs nothing else; 0 is no limit.

    Raises:
        SettingsError: When it is malformed.
    """
    return setting_values.number(settings.read() if values is None else values, "MEP_RUNS_AT_ONCE", RUNS_AT_ONCE)


def executor(values: Mapping[str, str] | None = None) -> str:
    """Return where the steps of a run are executed: `in_process`, or by the workers of `celery`.

    Raises:
        SettingsError: When it is malformed.
    """
    value = (settings.read() if values is None else values).get("MEP_EXECUTOR", "").strip().lower() or EXECUTORS[0]
    if value not in EXECUTORS:
        raise SettingsError(f"MEP_EXECUTOR is malformed: write {' or '.join(EXECUTORS)}.")
    return value


def celery_broker(values: Mapping[str, str] | None = None) -> str:
    """Return the URL of the Redis through which runs and workers meet; it may hold a password.

    Raises:
        SettingsError: When it is missing or malformed.
    """
    url = setting_values.required(settings.read() if values is None else values, "MEP_CELERY_BROKER")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0
        # A password with an unescaped @ or / would put its rest into the host or the path, and these into messages.
        good = good and parts.netloc.count("@") <= 1 and re.fullmatch(r"/?[0-9]*", parts.path, re.ASCII)
    except ValueError:
        good = False
    if not good:
        raise SettingsError(
            "MEP_CELERY_BROKER is malformed: write redis://:PASSWORD@HOST:PORT/0, special characters as %XX."
        )
    return url


def code_server(values: Mapping[str, str] | None = None) -> tuple[str, int]:
    """Return host and port of the code server, which the webserver and the daemon ask what there is to run.

    Raises:
        SettingsError: When it is malformed.
    """
    value = (settings.read() if values is None else values).get("MEP_CODE_SERVER", "").strip() or CODE_SERVER
    if not re.fullmatch(r"[A-Za-z0-9.-]+:[1-9][0-9]{0,4}", value, re.ASCII):
        raise SettingsError(f"MEP_CODE_SERVER is malformed: write HOST:PORT, such as {CODE_SERVER}.")
    host, _, port = value.partition(":")
    return host, int(port)


def ui_url(values: Mapping[str, str] | None = None) -> str:
    """Return the address of Dagster's UI, as people reach it.

    Raises:
        SettingsError: When it is malformed.
    """
    value = (settings.read() if values is None else values).get("MEP_UI_URL", "").strip().rstrip("/") or UI_URL
    if not setting_values.is_web_address(value):
        raise SettingsError(f"MEP_UI_URL is malformed: write https://HOST or https://HOST/PATH, such as {UI_URL}.")
    return value


def outbox_url(values: Mapping[str, str] | None = None) -> str | None:
    """Return the address at which people reach the outbox; None where it is served nowhere.

    Raises:
        SettingsError: When it is malformed.
    """
    value = (settings.read() if values is None else values).get("MEP_OUTBOX_URL", "").strip().rstrip("/")
    if value and ("?" in value or "#" in value or not setting_values.is_web_address(value)):
        raise SettingsError("MEP_OUTBOX_URL is malformed: write https://HOST or https://HOST/PATH.")
    return value or None


def alert_webhook(values: Mapping[str, str] | None = None) -> str | None:
    """Return the address that alerts are posted to, which is a secret; None where they are only kept.

    Raises:
        SettingsError: When it is malformed, without it.
    """
    value = (settings.read() if values is None else values).get("MEP_ALERT_WEBHOOK", "").strip()
    if value and not (setting_values.is_web_address(value) and setting_values.is_private(value)):
        raise SettingsError(
            "MEP_ALERT_WEBHOOK is malformed: write the address that Slack gave you, https://HOST/PATH; http:// is for"
            " this machine alone."
        )
    return value or None


def dagster_database_url(url: str | None = None) -> str:
    """Return the URL by which Dagster reaches its own tables, which lie in a schema of their own.

    In `public`, Supabase would publish them through its API. The user that `DAGSTER_DATABASE_URL` names has that schema
    as its `search_path`; without such a user each connection states it, which PgBouncer does not pass on.

    Args:
        url: The product's database, where it is known already.

    Raises:
        SettingsError: When neither is set, or one is malformed.
    """
    given = settings.read()
    if given.get("DAGSTER_DATABASE_URL"):
        return setting_values.postgres_url(given, "DAGSTER_DATABASE_URL")
    parts = urlsplit(url or settings.database_url(given))
    option = f"options={quote(f'-csearch_path={DAGSTER_SCHEMA}', safe='')}"
    return parts._replace(query="&".join(filter(None, [parts.query, option]))).geturl()


def dagster_environment(url: str | None = None) -> dict[str, str]:
    """Return what Dagster's and dbt's processes need in their environment, derived from the settings.

    Args:
        url: The product's database; None for a process that needs Dagster's own alone, or reads the settings itself.
    """
    host, port = code_server()
    # SQLAlchemy would take psycopg 3 for a bare postgresql://, and dagster-postgres needs psycopg2.
    storage = urlsplit(dagster_database_url(url))._replace(scheme="postgresql+psycopg2").geturl()
    return {
        "DAGSTER_HOME": str(settings.ROOT),
        "DAGSTER_POSTGRES_URL": storage,
        "DAGSTER_STATE": str(settings.STATE / "dagster"),
        "DAGSTER_CODE_HOST": host,
        "DAGSTER_CODE_PORT": str(port),
        # Dagster takes 0 for none at all.
        "MEP_RUNS_AT_ONCE": str(runs_at_once() or -1),
        **({"DATABASE_URL": url} if url else {}),
    }
