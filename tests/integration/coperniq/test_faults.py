"""Each way in which the sandbox can fail, met by a delivery: each record is there once in the end, and the books agree.

The sandbox is a server of its own, and what it did is read from its own ledger. What a proxy does to requests stands in
`test_open_outcomes`; faults by chance, with runs and PostgreSQL killed, are the rounds of chaos.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq.deliver import KeyRefused
from sandbox.coperniq.faults.script import Kind
from tests.integration.coperniq import audit
from tests.integration.coperniq.world import contacts, until_nothing_is_open

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.world import World

PEOPLE = 250
SHORT_READ = 0.5
"""Seconds for which a client of these tests waits for an answer."""
FAULTS: dict[str, dict[str, Any]] = {
    "429": {"fault": "throttle"},
    "429 with Retry-After in seconds": {"fault": "throttle", "retry_after": 1},
    "429 with Retry-After as a date": {"fault": "throttle", "retry_after": 1, "as_date": True},
    "200 with THROTTLED": {"fault": "throttled"},
    "200 with THROTTLED and Retry-After": {"fault": "throttled", "retry_after": 1},
    "HTML 502": {"fault": "bad_gateway"},
    "HTML 502 after the commit": {"fault": "bad_gateway_after"},
    "dropped": {"fault": "drop"},
    "dropped after the commit": {"fault": "drop_after"},
    "hangs after the commit": {"fault": "hang_after", "seconds": 20},
    "late": {"fault": "late", "seconds": SHORT_READ + 0.9},
    "truncated JSON": {"fault": "truncate"},
    "short results": {"fault": "short", "number": 7},
    "reordered results": {"fault": "reorder"},
    "results of indexes that were not sent": {"fault": "foreign", "number": 3},
    "partial rejection": {"fault": "reject", "number": 3},
    "expired key": {"fault": "expired_key"},
    "daily quota": {"fault": "day_used_up", "retry_after": 3600},
}
SETTLE_SECONDS = 1.2
"""Longer than any of these keeps a request under way after its client is gone; a pause alone is shorter."""


@pytest.fixture
def faulty(sandbox: SandboxHandle) -> Iterator[SandboxHandle]:
    """Give the sandbox, and leave it in peace after the test."""
    yield sandbox
    sandbox.set_faults({})


def deliver(world: World, fault: Mapping[str, Any]) -> None:
    """Send as a run does, which ends when the key is refused; it waits only for what may arrive late."""
    late = fault["fault"] == Kind.LATE
    waits = {"sleep": time.sleep, "settle_seconds": SETTLE_SECONDS} if late else {}
    with suppress(KeyRefused):
        world.deliver(**waits)


def test_every_kind_of_fault_is_met() -> None:
    assert {fault["fault"] for fault in FAULTS.values()} == set(Kind)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("place", [1, 2])
def test_a_create_that_meets_a_fault_is_carried_out_once(
    world: World, faulty: SandboxHandle, fault: dict[str, Any], place: int
) -> None:
    world.timeouts = (2.0, SHORT_READ)
    rows = world.bring("Contact.csv", *contacts(PEOPLE))
    faulty.set_faults({"rules": [{**fault, "on": "mutation create", "at": [place]}]})
    until_nothing_is_open(world, lambda: deliver(world, fault))
    assert faulty.injected() == {fault["fault"]: 1}
    rejected = fault.get("number", 0) if fault["fault"] == "reject" else 0
    assert len(world.held("Contact")) == PEOPLE - rejected
    assert len({node["name"] for node in world.held("Contact")}) == PEOPLE - rejected
    assert sum("rejected by the sandbox" in (row["error_message"] or "") for row in world.rows(rows)) == rejected
    assert world.import_of(rows)["coperniq_sync_status"] == ("failed" if rejected else "synced")
    audit.agrees(world)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_update_that_meets_a_fault_leaves_the_new_values(
    world: World, faulty: SandboxHandle, fault: dict[str, Any]
) -> None:
    world.timeouts = (2.0, SHORT_READ)
    world.bring("Contact.csv", *contacts(30))
    world.deliver()
    world.bring("Contact 2.csv", *contacts(30, title="Boss"))
    faulty.set_faults({"rules": [{**fault, "on": "mutation update", "at": [1]}]})
    until_nothing_is_open(world, lambda: deliver(world, fault))
    assert faulty.injected() == {fault["fault"]: 1}
    rejected = fault.get("number", 0) if fault["fault"] == "reject" else 0
    assert [node.get("title") for node in world.held("Contact")].count("Boss") == 30 - rejected
    audit.agrees(world)


def test_slow_answers_cost_time_alone(world: World, faulty: SandboxHandle) -> None:
    world.bring("Contact.csv", *contacts(PEOPLE))
    faulty.set_faults({"latency_ms": 80, "jitter_ms": 40})
    done = world.deliver()["Contact"]
    assert (done.records, done.requests) == ({"created": PEOPLE}, 3)
    assert all(row["api_response_time_ms"] >= 80 for row in world.log())
    audit.agrees(world)


def test_a_days_quota_of_coperniq_ends_the_run_well_and_the_next_day_goes_on(
    world: World, faulty: SandboxHandle
) -> None:
    """The sandbox counts, not the pipeline: somebody else uses the key as well."""
    world.bring("Contact.csv", *contacts(PEOPLE))
    faulty.set_faults({"daily": 2})
    done = world.deliver(threads=1)["Contact"]
    assert done.records == {"created": 200}
    assert done.stopped is not None
    assert done.stopped.startswith("Coperniq answered 429. 50 records wait until ")
    assert faulty.requests() == {"mutation createContacts": 3}
    faulty.set_faults({})
    assert world.deliver()["Contact"].records == {"created": 50}
    audit.agrees(world)
