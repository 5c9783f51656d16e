"""Tests of the schema run on the oldest and on the newest supported PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.conftest import _database, template_on
from tests.integration.database.seed import Ids, seed_contractor, seed_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster


@pytest.fixture(scope="session")
def postgres(any_postgres: Cluster) -> Cluster:
    """Make databases on each supported server in turn."""
    return any_postgres


@pytest.fixture(scope="session")
def migrated_template(postgres: Cluster) -> Iterator[str]:
    """Make one migrated database on each server: the one of the whole session stands on the embedded server only."""
    yield from template_on(postgres)


@pytest.fixture(scope="module")
def shared_database(postgres: Cluster, migrated_template: str) -> Iterator[str]:
    """Give the URL of one migrated database for all tests of a module that commit nothing."""
    with _database(postgres, template=migrated_template) as (_, url):
        yield url


@pytest.fixture
def connection(shared_database: str) -> Iterator[psycopg.Connection[Any]]:
    """Give the owner's connection in a transaction that is rolled back after the test."""
    with psycopg.connect(shared_database) as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def ids(connection: psycopg.Connection[Any]) -> Ids:
    """Write a template and a contractor with a row in every table, and give their ids."""
    template = seed_template(connection)
    return template | seed_contractor(connection, "a", template["template"])


@pytest.fixture(params=["owner", "service_role"])
def writer(connection: psycopg.Connection[Any], ids: Ids, request: pytest.FixtureRequest) -> psycopg.Connection[Any]:
    """Write as each of those whom row-level security does not stop."""
    if request.param == "service_role":
        connection.execute("SET LOCAL ROLE service_role")
    return connection
