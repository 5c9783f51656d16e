"""`profiles.yml` takes from DATABASE_URL what libpq takes from it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import yaml
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import ROOT

PROFILE = yaml.safe_load((ROOT / "profiles.yml").read_text())["mep_pipeline"]["outputs"]["database"]
NASTY = [
    "",
    "12345",
    "true",
    "none",
    "%41",
    "%zz 100%",
    "p@s:s/w?#&=",
    "'\"\\ \\x41\\n",
    "{{ 7*7 }}{% if %}",
    "pä€ 🔧",
    " ",
]
# PostgreSQL knows no NUL, and UTF-8 no lone surrogates.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


def rendered(url: str | None) -> dict[str, Any]:
    """Render the profile as dbt does."""
    set_invocation_context({} if url is None else {"DATABASE_URL": url})
    return ProfileRenderer().render_data(PROFILE)


@pytest.mark.parametrize("password", NASTY)
def test_a_password_is_decoded(password: str) -> None:
    profile = rendered(f"postgresql://user:{quote(password, safe='')}@host:5432/db")
    assert (profile["user"], profile["pass"], profile["host"]) == ("user", password, "host")


@settings(deadline=None)
@given(user=TEXT, password=TEXT, name=TEXT)
def test_it_reads_what_libpq_reads(user: str, password: str, name: str) -> None:
    user, password, name = (quote(part, safe="") for part in (user, password, name))
    url = f"postgresql://{user}:{password}@db.example:6543/{name}?sslmode=require"
    profile, expected = rendered(url), conninfo_to_dict(url)
    assert {
        "user": profile["user"], "password": profile["pass"], "dbname": profile["dbname"],
        "host": profile["host"], "port": str(profile["port"]), "sslmode": profile["sslmode"],
    } == expected  # fmt: skip


@pytest.mark.parametrize(
    ("url", "host", "port", "sslmode"),
    [
        ("postgresql://u:p@db.example/db", "db.example", 5432, None),
        ("postgres://u:p@db.example:6543/db?sslmode=verify-full", "db.example", 6543, "verify-full"),
        ("postgresql://u@[::1]:5433/db?connect_timeout=5&sslmode=disable", "::1", 5433, "disable"),
    ],
)
def test_port_and_query_are_optional(url: str, host: str, port: int, sslmode: str | None) -> None:
    profile = rendered(url)
    assert (profile["host"], profile["port"], profile["sslmode"]) == (host, port, sslmode)


def test_a_certificate_is_passed_on() -> None:
    assert rendered("postgresql://u@h/db?sslrootcert=%2Fetc%2Fprod%20ca.crt")["sslrootcert"] == "/etc/prod ca.crt"
    assert rendered("postgresql://u@h/db")["sslrootcert"] == ""


@pytest.mark.parametrize("url", [None, ""])
def test_without_a_url_the_host_says_so(url: str | None) -> None:
    assert rendered(url)["host"] == "DATABASE_URL-is-not-set"


@pytest.mark.parametrize("url", ["nonsense", "postgresql://", "postgresql://u:p@/db"])
def test_a_malformed_url_is_called_so(url: str) -> None:
    assert rendered(url)["host"] == "DATABASE_URL-is-malformed"


def test_a_malformed_password_is_not_shown() -> None:
    with pytest.raises(Exception, match="Could not render") as malformed:
        rendered("postgresql://u:s3cret%zz@h/db")
    assert "s3cret" not in str(malformed.value)
