"""A contractor between a real database and a company of the sandbox, whose forms are exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.database import Database
from tests.integration.coperniq.conftest import _companies, proxy, sandbox, shared_database, world
from tests.integration.coperniq.world import World
from tests.integration.forms.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.coperniq_server import SandboxHandle

__all__ = ["proxy", "sandbox", "shared_database", "world"]


@pytest.fixture
def desk(world: World) -> Desk:
    """Give a desk at which forms of templates of its own are filled and approved."""
    return Desk(world)


@pytest.fixture
def another(shared_database: str, sandbox: SandboxHandle, tmp_path: Path) -> Iterator[Desk]:
    """Give the desk of another contractor, with another company."""
    company = next(_companies)
    with Database(shared_database).connect() as conn:
        yield Desk(World(conn, sandbox.url, f"key-of-{company}", company, sandbox.store, tmp_path))
