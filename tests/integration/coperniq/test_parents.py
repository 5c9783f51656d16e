"""Rows and their parents: what waits, for what, how long, and who is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.coperniq import audit
from tests.integration.coperniq.world import contact

if TYPE_CHECKING:
    from tests.integration.coperniq.world import World

ADA = {"name": "Ada", "emails": "ada@example.com", "phones": "2125550101"}
HOUSE = {"fullAddress": "1 Main St", "site name": "House", "clientId": "ada@example.com"}
BOILER = {"name": "Boiler", "type": "Boiler", "siteId": "House"}


def test_a_row_waits_names_what_it_waits_for_and_goes_by_itself(world: World) -> None:
    sites = world.bring("Site.csv", HOUSE, {"fullAddress": "2 Oak Ave", "clientId": "bob@example.com"})
    assets = world.bring("Asset.csv", BOILER)
    world.deliver()
    assert world.operations() == []
    no_file = 'Contact "{}", which no sendable row has'
    assert world.waiting_for("Site") == [no_file.format("ada@example.com"), no_file.format("bob@example.com")]
    assert world.waiting_for("Asset") == ['Site "House", which waits itself']
    assert [row["status"] for row in world.rows(sites)] == ["valid", "valid"]
    assert world.import_of(sites)["coperniq_sync_status"] == "pending"

    world.bring("Contact.csv", ADA)
    world.deliver()
    assert [node["fullAddress"] for node in world.held("Site")] == ["1 Main St"]
    assert [node["siteId"] for node in world.held("Asset")] == [world.held("Site")[0]["id"]]
    assert world.waiting_for("Site") == [no_file.format("bob@example.com")]
    assert world.import_of(sites)["coperniq_sync_status"] == "pending"
    assert world.import_of(assets)["coperniq_sync_status"] == "synced"
    audit.agrees(world)


def test_a_row_with_one_of_two_parents_waits_for_the_other(world: World) -> None:
    world.bring("Contact.csv", ADA)
    world.bring("Site.csv", HOUSE)
    world.bring("Task.csv", {"title": "Fix", "status": "New", "siteId": "House", "assetId": "SN-1"})
    world.deliver()
    assert world.waiting_for("Task") == ['Asset "SN-1", which no sendable row has']
    world.bring("Asset.csv", {**BOILER, "serialNumber": "sn-1"})
    world.deliver()
    assert [node["assetId"] for node in world.held("Task")] == [world.held("Asset")[0]["id"]]
    audit.agrees(world)


def test_a_child_of_a_refused_parent_waits_and_says_so_until_the_parent_is_mended(world: World) -> None:
    (gone,) = world.enter("Contact", {"name": "Gone", "emails": ["gone@example.com"]})
    world.bring("Site.csv", {**HOUSE, "clientId": gone})
    world.deliver("Site")
    site = world.held("Site")[0]["id"]
    world.erase("Site", site)
    world.erase("Contact", gone)
    world.bring("Site 2.csv", {**HOUSE, "clientId": gone, "fullAddress": "2 Oak Ave", "site name": "Shed"})
    world.bring("Asset.csv", {**BOILER, "siteId": "Shed"})
    world.deliver()
    assert world.held("Asset") == []
    assert world.waiting_for("Asset") == ['Site "Shed", which was refused']

    world.bring("Contact.csv", ADA)
    world.bring("Site 3.csv", {**HOUSE, "fullAddress": "2 Oak Ave", "site name": "Shed"})
    world.deliver()
    # The refused site was another client's, so that the mended one is another record of the same name.
    assert [node["siteId"] for node in world.held("Asset")] == [world.held("Site")[0]["id"]]
    world.bring("Asset 2.csv", {**BOILER, "siteId": "Shed", "model": "new"})
    world.deliver()
    assert [node["model"] for node in world.held("Asset")] == ["new"]


def test_a_site_may_be_called_by_its_client_while_he_has_one(world: World) -> None:
    assets = world.bring(
        "Asset.csv", {**BOILER, "siteId": "ada@example.com"}, {**BOILER, "name": "Pump", "siteId": "ADA"},
        {**BOILER, "name": "Fan", "siteId": "Bob"},
    )  # fmt: skip
    world.bring("Contact.csv", ADA, contact(2, name="Bob"), contact(3, name="Cid"))
    world.bring(
        "Site.csv", HOUSE, {"fullAddress": "2 Oak Ave", "site name": "Bob", "clientId": contact(3)["emails"]},
        {"fullAddress": "3 Elm St", "clientId": "Bob"},
    )  # fmt: skip
    world.deliver()
    houses = {site["fullAddress"]: site["id"] for site in world.held("Site")}
    # What a site is called itself comes before what its client is called.
    assert {node["name"]: node["siteId"] for node in world.held("Asset")} == {
        "Boiler": houses["1 Main St"], "Pump": houses["1 Main St"], "Fan": houses["2 Oak Ave"],
    }  # fmt: skip
    assert [row["status"] for row in world.rows(assets)] == ["valid"] * 3
    world.bring("Site 2.csv", {"fullAddress": "9 High St", "clientId": "ada@example.com"})
    later = world.bring("Asset 2.csv", {**BOILER, "name": "Vent", "siteId": "ada@example.com"})
    assert [row["status"] for row in world.rows(later)] == ["error"]
    audit.agrees(world)


def test_an_ambiguous_parent_is_the_rows_error_and_names_both(world: World) -> None:
    world.bring("Contact.csv", contact(1, name="John Smith"), contact(2, name="John Smith"))
    sites = world.bring("Site.csv", {**HOUSE, "clientId": "john smith"}, {**HOUSE, "clientId": "person2@example.com"})
    first, second = world.rows(sites)
    assert (first["status"], second["status"]) == ("error", "valid")
    assert 'clientId "john smith" is ambiguous' in first["error_message"]
    assert "person1@example.com or person2@example.com" in first["error_message"]
    world.deliver()
    assert len(world.held("Site")) == 1
    audit.agrees(world)


def test_a_parent_that_becomes_ambiguous_while_a_row_waits_is_that_rows_error(world: World) -> None:
    sites = world.bring(
        "Site.csv", {**HOUSE, "clientId": "John Smith"}, {"fullAddress": "2 Oak", "clientId": "person1@example.com"}
    )
    world.deliver()
    world.bring("Contact.csv", contact(1, name="John Smith"), contact(2, name="John Smith"))
    world.deliver()
    (row, _) = world.rows(sites)
    assert '"John Smith" is ambiguous: it may be person1@example.com or person2@example.com' in row["error_message"]
    assert [node["fullAddress"] for node in world.held("Site")] == ["2 Oak"]
    assert world.import_of(sites)["coperniq_sync_status"] == "failed"
    audit.agrees(world)


def test_of_assets_with_one_name_the_one_at_the_tasks_site_is_meant(world: World) -> None:
    world.bring("Contact.csv", ADA)
    world.bring("Site.csv", HOUSE, {**HOUSE, "fullAddress": "2 Oak Ave", "site name": "Barn"})
    tasks = world.bring(
        "Task.csv",
        {"title": "A", "status": "s", "siteId": "House", "assetId": "boiler"},
        {"title": "B", "status": "s", "siteId": "2 Oak Ave", "assetId": "boiler"},
    )
    world.bring("Asset.csv", BOILER, {**BOILER, "siteId": "1 Main St", "name": "Pump"}, {**BOILER, "siteId": "Barn"})
    more = world.bring("Task 2.csv", {"title": "C", "status": "s", "siteId": "Barn", "assetId": "Boiler"})
    assert {row["status"] for row in world.rows(tasks) + world.rows(more)} == {"valid"}
    world.deliver()
    site_of = {node["id"]: node["siteId"] for node in world.held("Asset")}
    assert [(node["title"], node["siteId"]) for node in world.held("Task")] == [
        (node["title"], site_of[node["assetId"]]) for node in world.held("Task")
    ]
    assert len(world.held("Task")) == 3
    audit.agrees(world)


def test_assets_that_their_site_cannot_tell_apart_are_the_rows_error(world: World) -> None:
    world.bring("Contact.csv", ADA)
    world.bring("Site.csv", HOUSE)
    world.bring("Asset.csv", {**BOILER, "serialNumber": "A"}, {**BOILER, "serialNumber": "B"})
    tasks = world.bring("Task.csv", {"title": "A", "status": "s", "siteId": "House", "assetId": "Boiler"})
    world.deliver()
    assert world.held("Task") == []
    assert '"Boiler" is ambiguous: it may be a or b' in world.rows(tasks)[0]["error_message"]
    assert world.states("Task") == {"1 main st | ada@example.com | a | ": "rejected"}


def test_the_site_decides_only_once_it_is_known(world: World) -> None:
    world.bring("Contact.csv", ADA)
    world.bring("Site.csv", HOUSE, {**HOUSE, "fullAddress": "2 Oak Ave", "site name": "Barn"})
    world.bring("Asset.csv", BOILER, {**BOILER, "siteId": "Barn"})
    world.bring("Task.csv", {"title": "A", "status": "s", "siteId": "Villa", "assetId": "Boiler"})
    world.deliver()
    assert world.waiting_for("Task") == [
        'Asset "Boiler", which may be one of several until the site is known; Site "Villa", which no sendable row has'
    ]
    world.bring("Site 2.csv", {**HOUSE, "fullAddress": "3 Elm Rd", "site name": "Villa"})
    world.bring("Asset 2.csv", {**BOILER, "siteId": "Villa"})
    world.deliver()
    (task,) = world.held("Task")
    assert task["assetId"] == world.held("Asset")[-1]["id"]
    audit.agrees(world)


def test_nothing_is_taken_from_another_contractor(world: World) -> None:
    neighbour = type(world)(world.conn, world.url, world.key, world.company, world.store, world.inbox)
    neighbour.bring("Contact.csv", ADA)
    neighbour.deliver()
    world.bring("Site.csv", HOUSE)
    world.deliver()
    assert world.held("Site") == []
    assert world.waiting_for("Site") == ['Contact "ada@example.com", which no sendable row has']
    world.bring("Contact 2.csv", ADA)
    world.deliver()
    assert [node["clientId"] for node in world.held("Site")] == [world.held("Contact")[-1]["id"]]
    assert len(world.held("Contact")) == 2
