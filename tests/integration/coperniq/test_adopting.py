"""Parents that were in Coperniq before the pipeline came: found, entered, and referred to like any other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.coperniq import audit

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World

ADA = {"name": "Ada Lovelace", "emails": ["Ada@Example.com"], "phones": ["(212) 555-0101"]}


@pytest.mark.parametrize("called", ["id", "Ada@Example.com", "(212) 555-0101", "Ada Lovelace"])
def test_a_client_is_found_by_id_and_by_every_name(world: World, called: str) -> None:
    (ada,) = world.enter("Contact", ADA)
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": ada if called == "id" else called})
    world.deliver()
    assert [node["clientId"] for node in world.held("Site")] == [ada]
    assert world.states("Contact") == {"ada@example.com": "synced"}
    audit.agrees(world, [ada])


def test_a_site_and_an_asset_are_found_by_id_and_by_every_name(world: World) -> None:
    (ada,) = world.enter("Contact", ADA)
    (house,) = world.enter("Site", {"fullAddress": "1 Main St", "clientId": ada})
    assets = [
        {"name": "Boiler", "type": "t", "siteId": house, "serialNumber": "SN-1"},
        {"name": "Pump", "type": "t", "siteId": house},
    ]
    boiler, pump = world.enter("Asset", *assets)
    task = {"status": "New", "siteId": "1 Main St"}
    world.bring(
        "Task.csv",
        {**task, "title": "A", "assetId": "SN-1"}, {**task, "title": "B", "assetId": "Pump"},
        {**task, "title": "C", "siteId": house, "assetId": boiler},
    )  # fmt: skip
    world.deliver()
    assert [node["assetId"] for node in world.held("Task")] == [boiler, pump, boiler]
    assert {node["siteId"] for node in world.held("Task")} == {house}
    audit.agrees(world, [ada, house, boiler, pump])


def test_the_records_own_row_updates_it_and_makes_no_second_one(world: World) -> None:
    (ada,) = world.enter("Contact", ADA)
    (house,) = world.enter("Site", {"fullAddress": "1 Main St", "clientId": ada})
    world.bring("Site.csv", {"fullAddress": "2 Oak Ave", "clientId": "Ada Lovelace"})
    world.bring("System.csv", {"name": "Array", "siteId": "1 Main St"})
    world.deliver()
    world.bring("Contact.csv", {"name": "Ada King", "emails": "ada@example.com"})
    world.bring("Site 2.csv", {"fullAddress": "1 Main St", "clientId": "ada@example.com", "city": "Newark"})
    world.deliver()
    assert [(node["id"], node["name"]) for node in world.held("Contact")] == [(ada, "Ada King")]
    assert [(node["id"], node.get("city")) for node in world.held("Site")] == [
        (house, "Newark"), (world.held("Site")[1]["id"], None),
    ]  # fmt: skip
    audit.agrees(world)


@pytest.mark.parametrize("same_key", [True, False])
def test_two_records_of_one_name_are_ambiguous(world: World, *, same_key: bool) -> None:
    twin: dict[str, Any] = {"name": "Ada Lovelace", "emails": ["Ada@Example.com" if same_key else "other@example.com"]}
    ada, other = world.enter("Contact", ADA, twin)
    sites = world.bring(
        "Site.csv", {"fullAddress": "1 Main St", "clientId": "Ada Lovelace"}, {"fullAddress": "2", "clientId": other}
    )
    world.deliver()
    # The second one with a key is told apart by its id; which is found first, nobody knows.
    second = f"ada@example.com \\| ({ada}|{other})" if same_key else "other@example.com"
    first, _ = world.rows(sites)
    assert re.search(rf'"Ada Lovelace" is ambiguous: it may be ada@example.com or {second}\.', first["error_message"])
    assert [node["clientId"] for node in world.held("Site")] == [other]
    audit.agrees(world, [ada, other])


def test_a_new_name_of_a_known_record_is_learnt(world: World) -> None:
    """The client was renamed in Coperniq, and a file knows the new name."""
    world.bring("Contact.csv", {"name": "Ada", "emails": "ada@example.com"})
    world.deliver()
    (ada,) = world.held("Contact")
    world.change("Contact", ada["id"], name="Countess")
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "Countess"})
    world.deliver()
    assert [node["clientId"] for node in world.held("Site")] == [ada["id"]]


def test_a_neighbours_record_in_a_shared_company_is_passed_over(world: World) -> None:
    neighbour = type(world)(world.conn, world.url, world.key, world.company, world.store, world.inbox)
    neighbour.bring("Contact.csv", {"name": "Ada", "emails": "ada@example.com"})
    neighbour.deliver()
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": neighbour.held("Contact")[0]["id"]})
    world.deliver()
    assert world.held("Site") == []
    assert world.states("Contact") == {}


def test_the_search_for_parents_is_in_the_audit_log_and_may_fail(world: World, proxy: Proxy) -> None:
    (ada,) = world.enter("Contact", ADA)
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "Ada Lovelace"})
    proxy.script("Find", "status 503")
    done = world.deliver("Site")["Site"]
    assert (done.requests, world.held("Site"), done.stopped) == (1, [], None)
    world.deliver("Site")
    assert [node["clientId"] for node in world.held("Site")] == [ada]
    log = world.log(operation_type="sync_check")
    assert [(row["entity_type"], row["status"], row["api_response_status"]) for row in log] == [
        ("Contact", "failed", 503), ("Contact", "success", 200), ("Contact", "success", 200),
    ]  # fmt: skip
    audit.agrees(world, [ada])


def test_many_parents_are_found_over_several_pages(world: World) -> None:
    people = [{"name": f"P{n}", "emails": [f"p{n}@x.example"]} for n in range(130)]
    ids = [*world.enter("Contact", *people[:100]), *world.enter("Contact", *people[100:])]
    world.bring("Site.csv", *({"fullAddress": f"{n} Main St", "clientId": f"p{n}@x.example"} for n in range(130)))
    world.deliver("Site")
    assert [node["clientId"] for node in world.held("Site")] == ids
    audit.agrees(world, ids)
