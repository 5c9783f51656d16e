"""The targets of `profiles.yml`, as dbt itself reads them and connects with them, without starting dbt."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import yaml
from dbt.adapters.contracts.connection import Connection
from dbt.adapters.postgres.connections import PostgresConnectionManager, PostgresCredentials
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Generator

TARGETS = yaml.safe_load((ROOT / "profiles.yml").read_text())["mep_pipeline"]["outputs"]


def rendered(url: str | None, target: str = "database") -> dict[str, Any]:
    """Render a target as dbt does."""
    set_invocation_context({} if url is None else {"DATABASE_URL": url})
    return ProfileRenderer().render_data(TARGETS[target])


@contextlib.contextmanager
def connected(url: str, target: str) -> Generator[Any]:
    """Connect by a target as dbt does, and give the connection of psycopg2."""
    settings = {name: value for name, value in rendered(url, target).items() if name not in ("type", "threads")}
    credentials = PostgresCredentials.from_dict(PostgresCredentials.translate_aliases(settings))
    opened = PostgresConnectionManager.open(Connection(type="postgres", name=target, credentials=credentials))
    try:
        yield opened.handle
    finally:
        opened.handle.close()
