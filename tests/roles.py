"""The users that `deploy/roles.sql` makes, in a test's database, with passwords that a test may know.

What belongs here: making them and their URLs. What does not: what they may do (`tests/integration/roles`).
"""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg

from tests.conftest import ROOT

SCRIPT = ROOT / "deploy" / "roles.sql"
PASSWORDS = {"mep_pipeline": "pipeline-pw-3f9c1d", "mep_dagster": "dagster-pw-77ab02"}


def make_roles(owner: str) -> None:
    """Run the script in a database, as its owner, and give the users their passwords."""
    with psycopg.connect(owner) as connection:
        connection.execute(SCRIPT.read_bytes(), prepare=False)
        for name, password in PASSWORDS.items():
            connection.execute(f"ALTER ROLE {name} PASSWORD '{password}'")


def url_of(name: str, url: str) -> str:
    """Return the URL by which one of the users reaches the same database."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{name}:{PASSWORDS[name]}@{parts.hostname}:{parts.port}").geturl()
