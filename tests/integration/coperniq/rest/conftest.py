"""A company behind the REST API for every test; each request and answer is held against Coperniq's OpenAPI file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq.replies import Reply
from assets.coperniq.rest.client import Configured, RestClient
from assets.coperniq.wire import Answered, Wire
from assets.database import Database
from sandbox.coperniq.rest.catalogue import CATALOG_ITEM, WORK_ORDER_TEMPLATE
from tests import openapi
from tests.integration.coperniq.conftest import _companies
from tests.integration.coperniq.rest.face import ITEM, KEY, TEMPLATE, Face
from tests.integration.coperniq.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.coperniq_server import SandboxHandle

COMPANY = 112


class RestWorld(World):
    """A contractor whose records go through the REST API."""

    face: Face
    configured = Configured(TEMPLATE, ITEM)

    def client(self, **options: Any) -> RestClient:
        """Make a client of the company, with all that can be set up."""
        settings = {"url": self.url, "key": self.key, "company_id": self.company, "timeouts": self.timeouts}
        return RestClient(**{**settings, "configured": self.configured, **options})


@pytest.fixture
def face() -> Iterator[Face]:
    """Serve an empty company."""
    with Face() as server:
        yield server


@pytest.fixture(autouse=True)
def _contract(monkeypatch: pytest.MonkeyPatch, face: Face) -> None:
    """Hold what goes over the wire against the contract, where that is there."""
    if not openapi.is_there():
        return
    plain = Wire.request

    def checked(wire: Wire, method: str, url: str, **given: Any) -> Answered | Reply:
        answered = plain(wire, method, url, **given)
        if isinstance(answered, Answered):
            openapi.check(answered.response, face.url)
        return answered

    monkeypatch.setattr(Wire, "request", checked)


@pytest.fixture
def client(face: Face) -> Iterator[RestClient]:
    """Give a client with all that can be set up."""
    made = RestClient(face.url, KEY, COMPANY, Configured(TEMPLATE, ITEM), timeouts=(2.0, 5.0))
    yield made
    made.close()


@pytest.fixture
def world(shared_database: str, face: Face, tmp_path: Path) -> Iterator[RestWorld]:
    """Give a new contractor whose records go through the REST API."""
    with Database(shared_database).connect() as conn:
        made = RestWorld(conn, face.url, KEY, COMPANY, tmp_path / "no store", tmp_path)
        made.face = face
        yield made


@pytest.fixture
def remote_world(shared_database: str, sandbox: SandboxHandle, tmp_path: Path) -> Iterator[RestWorld]:
    """Give a new contractor whose records go to an empty company of the sandbox, a process of its own with a ledger."""
    company = next(_companies)
    with Database(shared_database).connect() as conn:
        made = RestWorld(conn, sandbox.rest_url, f"key-of-{company}", company, sandbox.store, tmp_path)
        made.configured = Configured(WORK_ORDER_TEMPLATE["id"], CATALOG_ITEM["id"])
        yield made
    sandbox.set_faults({})
