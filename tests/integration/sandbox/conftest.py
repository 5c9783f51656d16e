"""Which endpoint the contract tests speak to: the sandbox, or the one that the environment names; and its REST face.

`COPERNIQ_CONTRACT_URL`, `COPERNIQ_CONTRACT_KEY` and `COPERNIQ_CONTRACT_COMPANY` point them elsewhere. They
write and leave records there; tests that need a second company or the sandbox's own file are skipped.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import requests

from tests import openapi
from tests.coperniq_server import SandboxHandle, running_sandbox
from tests.integration.sandbox.contract_client import ContractClient
from tests.integration.sandbox.rest_client import RestCaller

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = {"sandbox-key": 112, "stranger-key": 7}
ENDPOINT = os.environ.get("COPERNIQ_CONTRACT_URL")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxHandle]:
    """Run one sandbox for the session, with two companies."""
    if ENDPOINT:
        pytest.skip("COPERNIQ_CONTRACT_URL names another server than the sandbox: unset it to run this test")
    with running_sandbox(tmp_path_factory.mktemp("coperniq") / "store.db", keys=KEYS) as handle:
        yield handle


@pytest.fixture(scope="session")
def coperniq(request: pytest.FixtureRequest) -> Iterator[ContractClient]:
    """Give a client of the endpoint under test."""
    with requests.Session() as session:
        if ENDPOINT:
            key, company = os.environ["COPERNIQ_CONTRACT_KEY"], int(os.environ["COPERNIQ_CONTRACT_COMPANY"])
            yield ContractClient(ENDPOINT, key, company, session)
        else:
            server = request.getfixturevalue("server")
            yield ContractClient(server.url, server.key, server.company_id, session)


@pytest.fixture(scope="session")
def stranger(server: SandboxHandle) -> Iterator[ContractClient]:
    """Give a client of another company at the same server."""
    with requests.Session() as session:
        yield ContractClient(server.url, "stranger-key", KEYS["stranger-key"], session)


@pytest.fixture(scope="session", params=["judged", "plain"])
def rest(server: SandboxHandle, request: pytest.FixtureRequest) -> Iterator[RestCaller]:
    """Give a client of the REST face: once with the public contract as judge, once without."""
    if request.param == "judged":
        openapi.required()
    with requests.Session() as session:
        yield RestCaller(server.rest_url, server.key, request.param == "judged", session)


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxHandle]:
    """Run one server for the tests of faults; each sets its own script. None of them may be a fault of the server."""
    with running_sandbox(tmp_path_factory.mktemp("faulty") / "store.db") as handle:
        yield handle
    assert "Traceback" not in handle.log.read_text()
    assert "ASGI" not in handle.log.read_text()
