"""The contractor and the sandbox of the tests of planning, for replays of what is imported and sent there."""

from __future__ import annotations

from tests.integration.planning.conftest import planner, sandbox, shared_database, world

__all__ = ["planner", "sandbox", "shared_database", "world"]
