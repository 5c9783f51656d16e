"""What a run says before it sends through the REST API: a record takes several requests, at most as many as planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.catalogue import BY_NAME
from assets.coperniq import plan, store
from assets.coperniq.limits import Allowance
from tests.integration.coperniq.rest import books

if TYPE_CHECKING:
    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.rest.conftest import RestWorld

PEOPLE = 4


def test_no_more_requests_are_made_than_were_planned(remote_world: RestWorld, sandbox: SandboxHandle) -> None:
    books.bring(remote_world, PEOPLE)
    unsent = store.unsent(remote_world.conn, remote_world.contractor)
    client = remote_world.client()
    planned = plan.count_requests(unsent, client.batch, lambda name: client.requests(BY_NAME[name]))
    said = plan.sentence(unsent, client.batch, lambda name: client.requests(BY_NAME[name]), Allowance(100, 40, 40))
    client.close()
    sandbox.set_faults({})
    remote_world.deliver()
    made = sum(sandbox.requests().values())
    assert planned * 0.6 <= made <= planned
    assert said.startswith(f"{PEOPLE * len(books.KINDS)} records of 5 types wait: about {planned} requests")
    assert said.endswith("40 of 40 requests are left today, so it goes on for 2 days.")
