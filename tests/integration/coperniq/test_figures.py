"""What the UI shows of a run's requests: how long they took, and with which codes records were refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets import catalogue
from assets.coperniq import figures, store
from tests.integration.coperniq.world import contact, contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.world import World

BY = "test"


def test_latencies_are_those_of_the_run(world: World) -> None:
    scope = store.Scope(world.contractor, catalogue.CONTACT)
    world.bring("Contact.csv", *contacts(250))
    world.deliver()
    since = store.clock(world.conn)
    assert figures.latencies(world.conn, scope, BY, since) is None
    world.bring("Contact.csv", contact(900))
    world.deliver()
    (last,) = (row["api_response_time_ms"] for row in world.log(entity_type="Contact") if row["started_at"] >= since)
    found = figures.latencies(world.conn, scope, BY, since)
    assert found is not None
    assert (found.requests, found.median, found.longest, found.over_time) == (1, last, last, [[last, last]])
    assert figures.latencies(world.conn, scope, "another run", since) is None


def test_latencies_over_time_are_slices_of_all_requests(world: World) -> None:
    scope, since = store.Scope(world.contractor, catalogue.CONTACT), store.clock(world.conn)
    for number in range(100):
        world.query(
            "INSERT INTO coperniq_sync_log (contractor_config_id, operation_type, entity_type, status, performed_by, "
            "api_response_time_ms, started_at, completed_at) VALUES (%s, 'import', 'Contact', 'success', %s, %s, "
            "clock_timestamp(), clock_timestamp()) RETURNING id",
            world.contractor, BY, number,
        )  # fmt: skip
    found = figures.latencies(world.conn, scope, BY, since)
    assert found is not None
    assert (found.requests, found.median, found.longest, len(found.over_time)) == (100, 49.5, 99, figures.SLICES)
    assert found.over_time == sorted(found.over_time)
    assert found.over_time[0] == [1.5, 3]
    assert str(found) == "100 requests, median 50 ms, 95% within 94 ms, longest 99 ms"


def test_refusals_are_counted_by_code(world: World) -> None:
    world.bring("Contact.csv", contact(0))
    world.deliver()
    world.erase("Contact", world.held("Contact")[0]["id"])
    world.bring("Site.csv", *({"fullAddress": f"{n} Main St", "clientId": "person0@example.com"} for n in range(3)))
    assert world.deliver()["Site"].refusals == {"NOT_FOUND": 3}
