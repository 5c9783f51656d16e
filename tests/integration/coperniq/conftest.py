"""One sandbox and one database for the session; every test has a company and a contractor of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.database import Database
from tests.conftest import _database
from tests.coperniq_server import SandboxHandle, running_sandbox
from tests.integration.coperniq.proxy import Proxy
from tests.integration.coperniq.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.postgres import Cluster

COMPANIES = range(1000, 2500)
"""More than there are tests: who asks for one more is told so, not refused by Coperniq."""

_companies = iter(COMPANIES)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxHandle]:
    """Run one sandbox with a key for each company."""
    keys = {f"key-of-{company}": company for company in COMPANIES}
    with running_sandbox(tmp_path_factory.mktemp("coperniq") / "store.db", keys=keys) as handle:
        yield handle


@pytest.fixture(scope="session")
def shared_database(postgres: Cluster, migrated_template: str) -> Iterator[str]:
    """Give the URL of one migrated database."""
    with _database(postgres, template=migrated_template) as (_, url):
        yield url


@pytest.fixture
def world(shared_database: str, sandbox: SandboxHandle, tmp_path: Path) -> Iterator[World]:
    """Give a new contractor and an empty company."""
    company = next(_companies)
    with Database(shared_database).connect() as conn:
        yield World(conn, sandbox.url, f"key-of-{company}", company, sandbox.store, tmp_path)


@pytest.fixture
def proxy(world: World) -> Iterator[Proxy]:
    """Put a proxy between the contractor and the sandbox; it passes everything on until it is told otherwise."""
    with Proxy(world.url) as between:
        world.url = between.url
        yield between
