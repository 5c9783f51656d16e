"""What the text of a setting must look like: each function takes it, by name or alone, and returns the value.

What belongs here: forms that a text has or has not. What does not: where texts come from, and which settings there are
(`settings`). Each raises `SettingsError` in one line that says what to write, without the value where that is secret.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from assets.errors import SettingsError
from assets.retention.rules import MOST_DAYS, YOUNGEST_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def required(values: Mapping[str, str], name: str) -> str:
    """Return the text of a setting that must be set."""
    value = values.get(name, "").strip()
    if not value:
        raise SettingsError(
            f"{name} is not set: put it into .env (see .env.example), or start the local stack with `make dev`."
        )
    return value


def postgres_url(values: Mapping[str, str], name: str) -> str:
    """Return the URL of a database of PostgreSQL."""
    url = required(values, name)
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
            f"{name} is malformed: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, special characters as %XX,"
            " and no parameters but PostgreSQL's own."
        )
    return url


def web_address(value: str) -> str:
    """Return the address of Coperniq, to which the API key travels."""
    if not is_web_address(value):
        raise SettingsError("COPERNIQ_API_URL is malformed: write https://HOST/PATH, without a user or key in it.")
    if not is_private(value):
        raise SettingsError("COPERNIQ_API_URL must begin with https://, because the API key travels with each request.")
    return value


def is_web_address(value: str) -> bool:
    """Say whether a text is an address of the web, without a user or key in it."""
    try:
        parts = urlsplit(value)
        return bool(
            re.fullmatch(r"[\x21-\x7e]+", value) and parts.scheme in ("http", "https") and parts.hostname
            and not parts.username and parts.port != 0
        )  # fmt: skip
    except ValueError:
        return False


def is_private(address: str) -> bool:
    """Say whether nobody on the way reads what is sent to an address: it is encrypted, or stays on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in LOOPBACK


def key(value: str) -> str:
    """Return an API key."""
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise SettingsError("COPERNIQ_API_KEY is malformed: it holds a space or a character that no key has.")
    return value


def company(value: str) -> int:
    """Return the number of a company in Coperniq."""
    if not re.fullmatch(r"[1-9]\d{0,8}", value):
        raise SettingsError("COPERNIQ_COMPANY_ID is malformed: write the company's number, such as 112.")
    return int(value)


def number(values: Mapping[str, str], name: str, default: int) -> int:
    """Return a whole number, 0 included."""
    value = values.get(name, "").strip() or str(default)
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise SettingsError(f"{name} is malformed: write a whole number, such as 100.")
    return int(value)


def days(values: Mapping[str, str], name: str, default: int) -> int:
    """Return for how many days something is kept; 0 is for ever."""
    found = number(values, name, default)
    if 0 < found < YOUNGEST_DAYS or found > MOST_DAYS:
        raise SettingsError(f"{name} is out of range: write {YOUNGEST_DAYS} to {MOST_DAYS} days, or 0 for ever.")
    return found


def date_order(values: Mapping[str, str]) -> str | None:
    """Return `MDY` or `DMY`; None where it is left open."""
    value = values.get("MEP_DATE_ORDER", "").strip().upper()
    if value not in ("", "MDY", "DMY"):
        raise SettingsError("MEP_DATE_ORDER is malformed: write MDY (month/day) or DMY (day/month), or leave it out.")
    return value or None


def folder(values: Mapping[str, str], name: str, default: str) -> Path:
    """Return a folder; a relative path begins in the project's root."""
    value = values.get(name, "").strip() or default
    try:
        return (ROOT / Path(value).expanduser()).resolve()
    except (ValueError, RuntimeError):
        raise SettingsError(f"{name} is malformed: write the path of a folder.") from None
