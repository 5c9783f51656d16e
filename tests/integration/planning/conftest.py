"""The contractor and the sandbox of the tests of sending, for plans of what is imported and sent there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.csv_imports.local_inbox import LocalInbox
from tests.integration.coperniq.conftest import sandbox, shared_database, world
from tests.integration.planning.planner import Planner

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.coperniq.world import World

__all__ = ["sandbox", "shared_database", "world"]


@pytest.fixture
def planner(world: World, tmp_path: Path) -> Planner:
    """Give a contractor with an empty inbox."""
    return Planner(world, LocalInbox(tmp_path))
