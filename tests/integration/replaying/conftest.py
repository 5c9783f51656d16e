"""The contractor and the sandbox of the tests of planning, for replays of what is imported and sent there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.planning.conftest import planner, sandbox, shared_database, world
from tests.integration.replaying.replayer import Replayer

if TYPE_CHECKING:
    from tests.integration.planning.planner import Planner

__all__ = ["planner", "sandbox", "shared_database", "world"]


@pytest.fixture
def replayer(planner: Planner) -> Replayer:
    return Replayer(planner)
