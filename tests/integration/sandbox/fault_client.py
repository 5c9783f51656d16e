"""One create, sent under faults: what the tests of faults speak through."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests

from sandbox.coperniq import ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.coperniq_server import SandboxHandle

CREATE = """mutation Create($companyId: Int!, $input: [ContactInput!]!) {
  answer: createContacts(companyId: $companyId, input: $input) {
    transactionId results { index id userErrors { code message field } }
  }
}"""
INPUTS = [{"name": f"Ann {number}", "phones": [str(number)]} for number in range(5)]


def create_contacts(server: SandboxHandle, timeout: float = 10) -> requests.Response:
    """Send five contacts."""
    body = {"query": CREATE, "operationName": "Create", "variables": {"companyId": 112, "input": INPUTS}}
    return requests.post(server.url, json=body, headers={"Authorization": f"Bearer {server.key}"}, timeout=timeout)


def faulted(server: SandboxHandle, rule: dict[str, Any]) -> tuple[requests.Response | None, list[ledger.Operation]]:
    """Create contacts under a rule; give the answer, if any, and what the server carried out."""
    server.set_faults({"rules": [rule]})
    before = len(ledger.operations(server.store))
    try:
        response = create_contacts(server)
    except requests.ConnectionError:
        response = None
    assert server.injected() == {rule["fault"]: 1}
    assert ledger.faults(server.store)[-1].kind == rule["fault"]
    return response, ledger.operations(server.store)[before:]


def results_of(response: requests.Response | None) -> list[dict[str, Any]]:
    """Give the results of an answer that is whole."""
    assert response is not None
    return response.json()["data"]["answer"]["results"]


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait a few seconds for what must come."""
    until = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)
