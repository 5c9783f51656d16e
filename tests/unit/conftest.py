"""Keeps the unit tier fast and alone: a test that connects to anything, or takes long, fails."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import shared_file

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 20


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if "tests/unit" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.fixture(scope="session")
def real_exports() -> list[dict[str, Any]]:
    """Give the header rows of real systems' exports: `system`, `entity` and `headers`."""
    return json.loads(shared_file("data/export_headers.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        pytest.fail("a unit test connects to nothing: a test that needs a server belongs into tests/integration")

    monkeypatch.setattr(socket.socket, "connect", refuse)
