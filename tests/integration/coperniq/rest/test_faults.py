"""Each way in which the sandbox's REST face can fail, met by a delivery of all types: nothing is doubled or left half.

Results that are short, reordered, foreign or rejected are those of bulk calls, which this API does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq.deliver import KeyRefused
from tests.integration.coperniq.rest import books
from tests.integration.coperniq.test_faults import FAULTS, SHORT_READ, deliver
from tests.integration.coperniq.world import contacts, until_nothing_is_open

if TYPE_CHECKING:
    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.rest.conftest import RestWorld

BULK = ("short", "reorder", "foreign", "reject")
MET = {name: fault for name, fault in FAULTS.items() if fault["fault"] not in BULK}
PEOPLE = 2
WRITES = 21
"""How many requests make the records of the test: enough of them meet each fault."""


@pytest.fixture(autouse=True)
def _contract() -> None:
    """Hold nothing against the contract here: broken answers are what this is about."""


@pytest.mark.parametrize("fault", MET.values(), ids=MET)
def test_requests_that_meet_a_fault_leave_each_record_once(
    remote_world: RestWorld, sandbox: SandboxHandle, fault: dict[str, Any]
) -> None:
    """Each third request that writes fails, so that one of every kind of record does, at each of its requests."""
    world = remote_world
    world.timeouts = (2.0, SHORT_READ)
    books.bring(world, PEOPLE)
    places = list(range(2, WRITES, 3))
    sandbox.set_faults({"rules": [{**fault, "on": "^(POST|PATCH) ", "at": places}]})
    until_nothing_is_open(world, lambda: deliver(world, fault), runs=3 + len(places))
    assert sandbox.injected()[fault["fault"]] >= 4
    books.agree(world, PEOPLE)


def test_a_refused_key_stops_at_once_and_loses_nothing(remote_world: RestWorld, sandbox: SandboxHandle) -> None:
    remote_world.bring("Contact.csv", *contacts(3))
    sandbox.set_faults({"rules": [{"fault": "expired_key"}]})
    with pytest.raises(KeyRefused):
        remote_world.deliver(threads=1)
    assert sum(sandbox.requests().values()) == 1
    assert set(remote_world.states("Contact").values()) == {"ready"}


def test_a_days_quota_of_coperniq_ends_the_run_well(remote_world: RestWorld, sandbox: SandboxHandle) -> None:
    remote_world.bring("Contact.csv", *contacts(20))
    sandbox.set_faults({"daily": 10})
    done = remote_world.deliver(threads=1)["Contact"]
    assert done.stopped is not None
    assert " records wait until " in done.stopped
    sandbox.set_faults({})
    until_nothing_is_open(remote_world, remote_world.deliver)
    assert len({node["title"] for node in remote_world.held("accounts")}) == len(remote_world.held("accounts")) == 20
