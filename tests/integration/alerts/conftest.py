"""A webhook for each test, and one database for the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.database import Database
from tests.conftest import _database
from tests.integration.alerts.receiver import Receiver, running_receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from sandbox.postgres import Cluster


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a webhook."""
    with running_receiver() as running:
        yield running


@pytest.fixture(scope="session")
def shared_database(postgres: Cluster, migrated_template: str) -> Iterator[str]:
    """Give the URL of one migrated database."""
    with _database(postgres, template=migrated_template) as (_, url):
        yield url


@pytest.fixture
def conn(shared_database: str) -> Iterator[Connection[Any]]:
    """Connect to a database without an alert or a contractor."""
    with Database(shared_database).connect() as connection:
        connection.execute("DELETE FROM alerts")
        connection.execute("DELETE FROM mep_contractor_configs")
        yield connection
