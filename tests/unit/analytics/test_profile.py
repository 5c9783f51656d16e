"""`profiles.yml` takes from DATABASE_URL what libpq takes from it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from tests.dbt_targets import TARGETS, rendered

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


@pytest.mark.parametrize("password", NASTY)
def test_a_password_is_decoded(password: str) -> None:
    profile = rendered(f"postgresql://user:{quote(password, safe='')}@host:5432/db")
    assert (profile["user"], profile["pass"], profile["host"]) == ("user", password, "host")


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


def test_targets_differ_in_nothing_but_what_their_place_demands() -> None:
    url = "postgresql://u:p@127.0.0.1:6543/db?sslmode=require&sslrootcert=ca.crt"
    plain = rendered(url)
    assert rendered(url, "supabase") == {**plain, "sslmode": "verify-full", "keepalives_idle": 60, "retries": 0}
    assert rendered(url, "embedded") == {**plain, "sslmode": "disable"}
    # What a pooler in transaction mode refuses, or gives to the next one.
    for target in TARGETS:
        assert not {"search_path", "role", "autocommit"} & rendered(url, target).keys()


@pytest.mark.parametrize("sslmode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_supabase_is_never_reached_without_proof_of_who_it_is(sslmode: str) -> None:
    assert rendered(f"postgresql://u:p@h/db?sslmode={sslmode}", "supabase")["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "postgresql://u:p@db.example:5432/db",
        "postgresql://u:p@127.0.0.1.example:5432/db",
        "postgresql://u:p@[::1]/db",
    ],
)
def test_the_embedded_server_is_on_this_machine(url: str | None) -> None:
    assert rendered(url, "embedded")["host"] == "DATABASE_URL-is-not-of-this-machine"
