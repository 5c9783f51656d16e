"""What a run says before it sends: the records that are to be sent, and the requests that they then take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.catalogue import BY_NAME, CONTACT
from assets.coperniq import claims, plan, store
from assets.coperniq.limits import Allowance
from assets.coperniq.store import Unsent
from tests.integration.coperniq.world import contact, contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World


def test_what_waits_is_counted_by_import_and_by_whether_coperniq_has_it(world: World) -> None:
    world.bring("Contact.csv", *contacts(150))
    world.deliver()
    assert store.unsent(world.conn, world.contractor) == []
    world.bring("Contact2.csv", *({**row, "title": "Owner"} for row in contacts(120)), *list(contacts(250))[150:])
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person200@example.com"})
    assert store.unsent(world.conn, world.contractor) == [Unsent("Contact", 100, 120), Unsent("Site", 1, 0)]


def test_what_a_rollback_marked_is_not_planned_for(world: World) -> None:
    world.bring("Contact.csv", *contacts(3))
    world.deliver()
    with world.conn.transaction():
        ids = [row["id"] for row in world.query(
            "SELECT id FROM coperniq_records WHERE contractor_config_id = %s", world.contractor
        )]  # fmt: skip
        claims.undo(world.conn, store.Scope(world.contractor, CONTACT), ids)
    assert set(world.states("Contact").values()) == {"ready"}
    assert store.unsent(world.conn, world.contractor) == []
    assert world.deliver()["Contact"].requests == 0


def test_files_of_one_type_share_no_request_in_the_plan_as_on_the_wire(world: World, proxy: Proxy) -> None:
    """Batches are of one import: three small files are three requests."""
    for number in range(3):
        world.bring(f"Contact {number}.csv", *(contact(100 * number + n) for n in range(10)))
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person0@example.com"})
    client = world.client()
    unsent = store.unsent(world.conn, world.contractor)
    said = plan.sentence(unsent, client.batch, lambda name: client.requests(BY_NAME[name]), Allowance(0, 3, 3))
    client.close()
    assert said == (
        "31 records of 2 types wait: about 4 requests; 3 of 3 requests are left today, so it goes on for 2 days."
    )
    world.deliver()
    assert len(proxy.requests("Create")) == 4


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
