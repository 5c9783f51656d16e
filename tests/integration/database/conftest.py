"""Tests of the schema run on the oldest and on the newest supported PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.conftest import _database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster


@pytest.fixture(scope="session")
def postgres(any_postgres: Cluster) -> Cluster:
    """Make databases on each supported server in turn."""
    return any_postgres


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
