"""What a run says before it sends: the records that are to be sent, and the requests that they then take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.coperniq import plan, store
from assets.coperniq.limits import Allowance
from assets.coperniq.store import Unsent
from tests.integration.coperniq.world import contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.world import World


def test_what_waits_is_counted_by_type_and_by_whether_coperniq_has_it(world: World) -> None:
    world.bring("Contact.csv", *contacts(150))
    world.deliver()
    assert store.unsent(world.conn, world.contractor) == []
    world.bring("Contact2.csv", *({**row, "title": "Owner"} for row in contacts(120)), *list(contacts(250))[150:])
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person200@example.com"})
    assert store.unsent(world.conn, world.contractor) == [Unsent("Contact", 100, 120), Unsent("Site", 1, 0)]


def test_as_many_requests_are_sent_as_were_planned(world: World) -> None:
    """Every request that writes is one; looking something up before is not planned for."""
    world.bring("Contact.csv", *contacts(450))
    world.bring(
        "Site.csv", *({"fullAddress": f"{n} Main St", "clientId": f"person{n}@example.com"} for n in range(101))
    )
    unsent = store.unsent(world.conn, world.contractor)
    done = world.deliver()
    assert plan.count_requests(unsent, 100, lambda _: (1, 1)) == 7
    assert sum(delivered.requests for delivered in done.values()) == 7
    assert plan.sentence(unsent, 100, lambda _: (1, 1), Allowance()).startswith(
        "551 records of 2 types wait: about 7 requests"
    )
