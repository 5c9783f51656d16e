"""Records whose key was not whole when they were entered, because their parent was not known: one stays one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.coperniq import audit

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.coperniq.world import World

ADA = {"name": "Ada", "emails": "ada@example.com", "phones": "2125550101"}
BY_EMAIL = {"fullAddress": "1 Main St", "clientId": "ada@example.com", "city": "Newark"}
BY_NAME = {"fullAddress": "1 Main St", "clientId": "Ada", "city": "Hoboken"}


def remarks(world: World, import_id: UUID) -> list[str | None]:
    return [row["error_message"] for row in world.rows(import_id)]


def test_two_names_of_one_client_make_one_site_with_the_newest_values(world: World) -> None:
    older = world.bring("Site.csv", BY_EMAIL)
    newer = world.bring("Site 2.csv", BY_NAME)
    assert len(world.states("Site")) == 2
    world.bring("Contact.csv", ADA)
    world.deliver()
    assert world.states("Site") == {"1 main st | ada@example.com": "synced"}
    assert [node["city"] for node in world.held("Site")] == ["Hoboken"]
    assert remarks(world, older) == ["Replaced, before it was sent, by row 1 of Site 2.csv."]
    assert world.rows(newer)[0]["coperniq_id"] == world.held("Site")[0]["id"]
    audit.agrees(world)


ALIASES = ("ada@example.com", "a@example.com", "Ada", "(212) 555-0101", "212-555-0102")


@pytest.mark.parametrize("newest", range(len(ALIASES)))
def test_the_newest_import_counts_whatever_it_calls_the_client(world: World, newest: int) -> None:
    """The order of imports is that of time, not that of their ids."""
    order = [*ALIASES[newest + 1 :], *ALIASES[: newest + 1]]
    imports = [world.bring(f"Site {name}.csv", {**BY_NAME, "clientId": name, "city": name}) for name in order]
    assert len(world.states("Site")) == len(ALIASES)
    ada = {"name": "Ada", "emails": "ada@example.com;a@example.com", "phones": "2125550101;2125550102"}
    world.bring("Contact.csv", ada)
    world.deliver()
    assert [node["city"] for node in world.held("Site")] == [ALIASES[newest]]
    replaced = f"Replaced, before it was sent, by row 1 of Site {ALIASES[newest]}.csv."
    assert [remarks(world, import_id) for import_id in imports] == [[replaced]] * 4 + [[None]]
    audit.agrees(world)


def test_within_one_file_the_first_row_is_sent_and_the_others_say_why_not(world: World) -> None:
    sites = world.bring("Site.csv", BY_EMAIL, BY_NAME, {**BY_NAME, "clientId": "(212) 555-0101"})
    world.bring("Contact.csv", ADA)
    world.deliver()
    assert [node["city"] for node in world.held("Site")] == ["Newark"]
    assert remarks(world, sites) == [
        None,
        "Row 2 is the same record as row 1; only row 1 is sent.",
        "Row 3 is the same record as row 1; only row 1 is sent.",
    ]
    audit.agrees(world)


def test_a_row_that_turns_out_to_be_a_known_record_updates_it(world: World) -> None:
    world.bring("Contact.csv", ADA)
    world.bring("Site.csv", BY_EMAIL)
    world.deliver()
    newer = world.bring("Site 2.csv", {**BY_NAME, "clientId": "Countess"})
    world.deliver()
    assert world.waiting_for("Site") == ['Contact "Countess", which no sendable row has']
    world.bring("Contact 2.csv", {**ADA, "name": "Countess"})
    world.deliver()
    assert [node["city"] for node in world.held("Site")] == ["Hoboken"]
    assert remarks(world, newer) == [None]
    audit.agrees(world)


def test_a_row_that_turns_out_to_be_older_than_what_is_known_is_not_sent(world: World) -> None:
    older = world.bring("Site.csv", {**BY_NAME, "clientId": "Countess"})
    world.bring("Contact.csv", ADA)
    world.bring("Site 2.csv", BY_EMAIL)
    world.deliver()
    world.bring("Contact 2.csv", {**ADA, "name": "Countess"})
    world.deliver()
    assert [node["city"] for node in world.held("Site")] == ["Newark"]
    assert remarks(world, older) == ["Replaced, before it was sent, by row 1 of Site 2.csv."]
    assert len(world.log(operation_type="update", entity_type="Site")) == 0
    audit.agrees(world)


def test_the_merged_record_keeps_every_name_that_it_was_called_by(world: World) -> None:
    world.bring("Site.csv", {**BY_EMAIL, "site name": "House"})
    world.bring("Site 2.csv", {**BY_NAME, "site name": "Villa"})
    world.bring("Contact.csv", ADA)
    assets = [{"name": name, "type": "t", "siteId": name} for name in ("House", "Villa")]
    world.bring("Asset.csv", *assets)
    world.deliver()
    (site,) = world.held("Site")
    assert [node["siteId"] for node in world.held("Asset")] == [site["id"], site["id"]]
    audit.agrees(world)


CHILDREN: dict[str, tuple[dict[str, Any], str]] = {
    "Site": ({"fullAddress": "1 Main St", "clientId": "Ada"}, "city"),
    "ServicePlanInstance": ({"servicePlanId": "Gold", "clientId": "Ada"}, "status"),
    "FinancialDocument": ({"title": "Ada", "type": "ada", "clientId": "Ada"}, "status"),
    "System": ({"name": "Array", "siteId": "House"}, "status"),
    "Task": ({"title": "House", "status": "New", "siteId": "House"}, "description"),
    "Asset": ({"name": "Boiler", "type": "t", "siteId": "House"}, "model"),
}


@pytest.mark.parametrize("late", [True, False], ids=["parent comes later", "parent comes first"])
@pytest.mark.parametrize("type_name", CHILDREN)
def test_a_key_without_its_last_part_is_the_same_before_and_after_its_parent_is_known(
    world: World, type_name: str, *, late: bool
) -> None:
    """Imported again with another value, the record is updated: it is not made a second time."""
    row, field = CHILDREN[type_name]
    steps = [
        lambda: world.bring("Contact.csv", ADA) and world.bring("Site 0.csv", {**BY_EMAIL, "site name": "House"}),
        lambda: world.bring(f"{type_name}.csv", {**row, field: "old"}),
    ]
    before = 1 if type_name == "Site" else 0
    for step in reversed(steps) if late else steps:
        step()
        world.deliver()
    for number, value in enumerate(("new", "newer")):
        world.bring(f"{type_name} {number + 1}.csv", {**row, field: value})
        world.deliver()
    held = world.held(type_name)
    assert len(held) == 1
    assert held[-1][field] == "newer"
    assert before in (0, 1)
    audit.agrees(world)


def test_a_childs_key_follows_its_parents_key(world: World) -> None:
    """The asset is entered while its site goes by the client's name; both keys change when the client comes."""
    boiler = {"name": "Boiler", "type": "t", "siteId": "1 Main St"}
    world.bring("Site.csv", BY_NAME)
    world.bring("Asset.csv", {**boiler, "model": "old"})
    world.bring("Asset 2.csv", {**boiler, "model": "new"})
    world.bring("Contact.csv", ADA)
    world.deliver()
    assert world.states("Asset") == {"1 main st | ada@example.com | boiler": "synced"}
    world.bring("Asset 3.csv", {**boiler, "model": "newest"})
    world.deliver()
    assert [node["model"] for node in world.held("Asset")] == ["newest"]
    audit.agrees(world)


def test_a_value_that_looks_like_the_parents_name_is_left_alone(world: World) -> None:
    """A serial number is a key by itself, also where it is the site's name; so is a title that is the client's."""
    world.bring("Contact.csv", ADA)
    world.bring("Site.csv", {**BY_EMAIL, "site name": "7"})
    world.bring("Asset.csv", {"name": "Boiler", "type": "t", "siteId": "7", "serialNumber": "7"})
    world.bring("FinancialDocument.csv", {"title": "Ada", "type": "Ada", "clientId": "Ada", "issueDate": "2026-01-01"})
    world.deliver()
    assert world.states("Asset") == {"7": "synced"}
    assert world.states("FinancialDocument") == {"ada@example.com | ada | ada | 2026-01-01": "synced"}
