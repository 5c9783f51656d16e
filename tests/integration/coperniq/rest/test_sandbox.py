"""The same records through the REST face of the sandbox, a server of its own that was written from the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.catalogue import BY_NAME
from assets.coperniq import lookup
from assets.coperniq.replies import Outcome
from assets.coperniq.rest.client import Configured, RestClient
from tests.integration.coperniq.conftest import _companies
from tests.integration.coperniq.rest.test_records import FULL, PLAIN, QUOTE, found, same, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.coperniq_server import SandboxHandle

Data = dict[str, Any]
CASES = [
    *(pytest.param(name, data, id=f"{name} {kind}") for kind, given in (("plain", PLAIN), ("full", FULL))
      for name, data in given.items()),
    pytest.param("FinancialDocument", QUOTE, id="Quote"),
]  # fmt: skip


@pytest.fixture
def remote(sandbox: SandboxHandle) -> Iterator[RestClient]:
    """Give a client of an empty company of the sandbox."""
    company = next(_companies)
    client = RestClient(sandbox.rest_url, f"key-of-{company}", company, Configured(1, 1), timeouts=(2.0, 5.0))
    yield client
    sandbox.set_faults({})
    client.close()


def with_parents(client: RestClient, type_name: str, data: Data) -> Data:
    """Give a record the parents that it needs."""
    names = {field.name for field in BY_NAME[type_name].references}
    given: Data = {}
    if names:
        given["clientId"] = send(client, "Contact", {"name": "Client", "emails": ["client@example.com"]})
        given["siteId"] = send(client, "Site", {"fullAddress": "9 Elm Rd", "clientId": given["clientId"]})
    whole = {**data, **{name: value for name, value in given.items() if name in names}}
    return {name: value for name, value in whole.items() if name != "assetId"}


@pytest.mark.parametrize(("type_name", "data"), CASES)
def test_comes_back_as_it_was_sent_and_goes_when_it_is_deleted(remote: RestClient, type_name: str, data: Data) -> None:
    data = with_parents(remote, type_name, data)
    id_ = send(remote, type_name, data)
    (node,) = found(remote, type_name, data)[1]
    assert node["id"] == id_
    assert same(data, node), lookup.differing(node, data)
    listed = [one for reply in remote.find(BY_NAME[type_name], {}) for one in (reply.data or {})["nodes"]]
    assert id_ in {one["id"] for one in listed}
    assert remote.delete(BY_NAME[type_name], [id_]).results[0].id == id_
    assert found(remote, type_name, data)[1] == []


@pytest.mark.parametrize("fault", ["bad_gateway", "bad_gateway_after", "throttle"])
@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize(("type_name", "data"), CASES)
def test_is_made_once_whichever_request_fails(
    sandbox: SandboxHandle, remote: RestClient, type_name: str, data: Data, place: int, fault: str
) -> None:
    data = with_parents(remote, type_name, data)
    sandbox.set_faults({"rules": [{"fault": fault, "at": [place]}]})
    id_ = send(remote, type_name, data)
    sandbox.set_faults({})
    (node,) = found(remote, type_name, data)[1]
    assert (node["id"], same(data, node)) == (id_, True)


def test_a_day_that_is_used_up_is_told_from_a_moment_that_is(sandbox: SandboxHandle, remote: RestClient) -> None:
    sandbox.set_faults({"rules": [{"fault": "day_used_up", "retry_after": 3600}]})
    reply = remote.create(BY_NAME["Contact"], [PLAIN["Contact"]])
    assert (reply.outcome, reply.retry_after) == (Outcome.EXHAUSTED, 3600)
