"""A migrated database with the users of a deployment, on the newest and on the oldest PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import template_on
from tests.roles import make_roles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster


@pytest.fixture(scope="session")
def postgres(any_postgres: Cluster) -> Cluster:
    return any_postgres


@pytest.fixture(scope="session")
def migrated_template(postgres: Cluster) -> Iterator[str]:
    yield from template_on(postgres)


@pytest.fixture
def database(migrated_database: str) -> str:
    """Give the owner's URL; the script was run twice, as one may."""
    make_roles(migrated_database)
    make_roles(migrated_database)
    return migrated_database
