"""Parents that come late, are refused and corrected, or go again: who waits for them says so, and goes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets import catalogue
from assets.coperniq import store
from tests.integration.coperniq import audit
from tests.integration.coperniq.world import contact

if TYPE_CHECKING:
    from tests.integration.coperniq.world import World

ADA = {"name": "Ada", "emails": "ada@example.com"}
HOUSE = {"fullAddress": "1 Main St", "site name": "House", "clientId": "ada@example.com"}
BOILER = {"name": "Boiler", "type": "Boiler", "siteId": "House"}


def resolve(world: World, type_name: str) -> None:
    """Find parents as a run does that ends before it sends."""
    with world.conn.transaction():
        store.resolve(world.conn, store.Scope(world.contractor, catalogue.BY_NAME[type_name]))


def forget(world: World, type_name: str) -> None:
    """Delete what the pipeline knows of a type, as taking an import back does, and what Coperniq has of it."""
    world.erase(type_name, *(record["id"] for record in world.held(type_name)))
    world.query(
        "DELETE FROM coperniq_records WHERE contractor_config_id = %s AND coperniq_type = %s RETURNING id",
        world.contractor, type_name,
    )  # fmt: skip


def test_rows_of_earlier_imports_go_when_their_parent_is_found_in_coperniq(world: World) -> None:
    world.bring("Site.csv", HOUSE)
    world.bring("Asset.csv", BOILER)
    world.deliver()
    assert world.waiting_for("Site") == ['Contact "ada@example.com", which no sendable row has']
    (ada,) = world.enter("Contact", {"name": "Ada", "emails": ["ada@example.com"]})
    world.deliver()
    assert [site["clientId"] for site in world.held("Site")] == [ada]
    assert [asset["siteId"] for asset in world.held("Asset")] == [world.held("Site")[0]["id"]]
    audit.agrees(world, [ada])


def test_a_child_goes_when_its_refused_parent_is_corrected_under_the_same_key(world: World) -> None:
    world.bring("Contact.csv", ADA)
    world.bring("Site.csv", HOUSE, {**HOUSE, "fullAddress": "2 Oak Ave", "site name": "Barn"})
    world.deliver()
    house, _ = (site["id"] for site in world.held("Site"))
    world.erase("Site", house)
    assets = world.bring("Asset.csv", {**BOILER, "serialNumber": "SN-1"})
    tasks = world.bring("Task.csv", {"title": "Fix", "status": "New", "siteId": "Barn", "assetId": "sn-1"})
    world.deliver("Asset", "Task")
    assert world.waiting_for("Task") == ['Asset "sn-1", which was refused']
    assert world.import_of(assets)["coperniq_sync_status"] == "failed"
    assert world.import_of(tasks)["coperniq_sync_status"] == "pending"

    world.bring("Asset 2.csv", {**BOILER, "serialNumber": "SN-1", "siteId": "Barn"})
    world.deliver("Asset", "Task")
    assert [task["assetId"] for task in world.held("Task")] == [asset["id"] for asset in world.held("Asset")]
    assert world.import_of(tasks)["coperniq_sync_status"] == "synced"


def test_a_child_that_waits_names_a_parent_that_was_taken_back(world: World) -> None:
    world.bring("Contact.csv", ADA)
    world.bring("Site.csv", HOUSE)
    world.bring("Task.csv", {"title": "Fix", "status": "New", "siteId": "House", "assetId": "SN-1"})
    world.deliver()
    assert world.waiting_for("Task") == ['Asset "SN-1", which no sendable row has']
    forget(world, "Site")
    world.deliver("Task")
    assert world.waiting_for("Task") == [
        'Asset "SN-1", which no sendable row has; Site "House", which no sendable row has'
    ]
    world.bring("Site 2.csv", {**HOUSE, "city": "Newark"})
    world.bring("Asset.csv", {**BOILER, "serialNumber": "SN-1"})
    world.deliver()
    assert [task["siteId"] for task in world.held("Task")] == [world.held("Site")[0]["id"]]


def test_a_child_that_was_ready_waits_again_when_its_parent_was_taken_back(world: World) -> None:
    world.bring("Contact.csv", ADA, contact(2))
    world.deliver()
    world.bring("Site.csv", HOUSE, {"fullAddress": "2 Oak Ave", "clientId": "person2@example.com"})
    resolve(world, "Site")
    assert set(world.states("Site").values()) == {"ready"}
    (person,) = (record["id"] for record in world.held("Contact") if record["name"] == "Ada")
    world.erase("Contact", person)
    world.query("DELETE FROM coperniq_records WHERE coperniq_id = %s RETURNING id", person)
    world.deliver("Site")
    assert [site["fullAddress"] for site in world.held("Site")] == ["2 Oak Ave"]
    assert world.waiting_for("Site") == ['Contact "ada@example.com", which no sendable row has']
    world.bring("Contact 2.csv", {**ADA, "title": "Countess"})
    world.deliver()
    assert {site["fullAddress"] for site in world.held("Site")} == {"1 Main St", "2 Oak Ave"}


def test_a_parent_that_is_about_to_be_taken_back_is_waited_for(world: World) -> None:
    world.bring("Contact.csv", ADA)
    world.deliver()
    world.query(
        "UPDATE coperniq_records SET state = 'ready', undone_record_id = csv_import_record_id"
        " WHERE contractor_config_id = %s RETURNING id", world.contractor,
    )  # fmt: skip
    world.bring("Site.csv", HOUSE)
    resolve(world, "Site")
    assert world.waiting_for("Site") == ['Contact "ada@example.com", which waits itself']


def test_of_many_missing_parents_some_are_looked_for_at_a_time_and_each_in_its_turn(world: World) -> None:
    world.bring("Site.csv", *({"fullAddress": f"{n} Main St", "clientId": f"p{n}@x.example"} for n in range(8)))
    scope = store.Scope(world.contractor, catalogue.BY_NAME["Site"])
    assert len(store.unresolved(world.conn, scope)) == 8
    turns = [store.unresolved(world.conn, scope, most=3) for _ in range(60)]
    assert {len(turn) for turn in turns} == {3}
    assert len({reference.given for turn in turns for reference in turn}) == 8
