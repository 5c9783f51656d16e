"""All seven types from a file to Coperniq and back, with parents called by every name that a file may have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets import catalogue
from tests.integration.coperniq import audit

if TYPE_CHECKING:
    from tests.integration.coperniq.world import World

CLIENTS = (
    {"name": "Ada Lovelace", "emails": "ada@example.com", "phones": "(212) 555-0101", "title": "Owner"},
    {"name": "Brunel Works", "emails": "", "phones": "212-555-0102"},
)
SITES = (
    {"fullAddress": "1 Main St", "site name": "Head Office", "clientId": "ADA@example.com", "zipcode": "07030"},
    {"fullAddress": "2 Oak Ave", "site name": "Depot", "clientId": "+1 212 555 0102", "city": "Newark"},
    {"fullAddress": "3 Elm Rd", "site name": "", "clientId": "ada  lovelace"},
)
ASSETS = (
    {"name": "Boiler", "type": "Boiler", "serialNumber": "SN-1", "siteId": "1 main st", "installDate": "2020-05-06"},
    {"name": "Chiller", "type": "Chiller", "serialNumber": "", "siteId": "DEPOT", "size": "5 ton"},
)
SYSTEMS = (
    {"name": "Roof array", "siteId": "head office", "size": "7.5", "monitored": "yes", "installedAt": "2021-02-03"},
)
TASKS = (
    {"title": "Inspect", "status": "New", "siteId": "1 Main St", "assetId": "sn-1", "startDate": "2026-01-02 08:30"},
    {"title": "Clean", "status": "New", "siteId": "Depot", "assetId": "chiller", "isField": "true"},
    {"title": "Visit", "status": "Done", "siteId": "3 Elm Rd"},
)
PLANS = ({"servicePlanId": "Gold", "clientId": "(212) 555-0102", "startDate": "2026-01-01", "totalPrice": "1,200.50"},)
BILLS = (
    {"title": "INV-1", "type": "Invoice", "clientId": "Ada Lovelace", "amount": "99.5", "issueDate": "2026-02-01"},
    {"title": "INV-1", "type": "Invoice", "clientId": "212 555 0102", "amount": "10"},
)
FILES: dict[str, tuple[dict[str, str], ...]] = {
    "Contact": CLIENTS, "Site": SITES, "Asset": ASSETS, "System": SYSTEMS, "Task": TASKS, "ServicePlanInstance": PLANS,
    "FinancialDocument": BILLS,
}  # fmt: skip


def bring_all(world: World, order: list[str] | None = None) -> dict[str, Any]:
    return {name: world.bring(f"{name}.csv", *FILES[name]) for name in order or FILES}


def ids(world: World, type_name: str, field: str) -> dict[str, str]:
    return {node[field]: node["id"] for node in world.held(type_name)}


@pytest.mark.parametrize("order", [list(FILES), list(reversed(FILES))], ids=["parents first", "children first"])
def test_every_record_arrives_once_with_its_values_and_its_parent(world: World, order: list[str]) -> None:
    imports = bring_all(world, order)
    done = world.deliver()
    assert {name: done[name].records["created"] for name in FILES} == {name: len(rows) for name, rows in FILES.items()}
    audit.agrees(world)

    client, site, asset = ids(world, "Contact", "name"), ids(world, "Site", "fullAddress"), ids(world, "Asset", "name")
    assert [node["clientId"] for node in world.held("Site")] == [
        client["Ada Lovelace"], client["Brunel Works"], client["Ada Lovelace"],
    ]  # fmt: skip
    assert [node["siteId"] for node in world.held("Asset")] == [site["1 Main St"], site["2 Oak Ave"]]
    assert [(node["siteId"], node.get("assetId")) for node in world.held("Task")] == [
        (site["1 Main St"], asset["Boiler"]), (site["2 Oak Ave"], asset["Chiller"]), (site["3 Elm Rd"], None),
    ]  # fmt: skip
    assert [node["siteId"] for node in world.held("System")] == [site["1 Main St"]]
    assert [node["clientId"] for node in world.held("ServicePlanInstance")] == [client["Brunel Works"]]
    assert [node["clientId"] for node in world.held("FinancialDocument")] == [
        client["Ada Lovelace"], client["Brunel Works"],
    ]  # fmt: skip
    for name, import_id in imports.items():
        rows = world.rows(import_id)
        assert [row["coperniq_id"] for row in rows] == [node["id"] for node in world.held(name)]
        assert world.import_of(import_id)["coperniq_sync_status"] == "synced"


def test_values_arrive_as_coperniq_wants_them(world: World) -> None:
    bring_all(world)
    world.deliver()
    ada, brunel = world.held("Contact")
    assert (ada["emails"], ada["phones"], ada["title"]) == (["ada@example.com"], ["+12125550101"], "Owner")
    assert (brunel["emails"], brunel["phones"]) == ([], ["+12125550102"])
    assert "title" not in brunel
    assert "siteName" not in world.held("Site")[0]
    assert world.held("Site")[0]["zipcode"] == "07030"
    assert world.held("Asset")[0]["installDate"] == "2020-05-06"
    (system,) = world.held("System")
    assert (system["size"], system["monitored"], system["installedAt"]) == (7.5, True, "2021-02-03T00:00:00Z")
    assert world.held("Task")[0]["startDate"] == "2026-01-02T08:30:00Z"
    assert world.held("ServicePlanInstance")[0]["totalPrice"] == 1200.5


def test_each_operation_is_in_the_audit_log_with_its_transaction(world: World) -> None:
    imports = bring_all(world)
    world.deliver()
    log = world.log()
    assert [row["entity_type"] for row in log] == [record_type.name for record_type in catalogue.TYPES]
    for row, operation in zip(log, world.operations(), strict=True):
        size = len(FILES[row["entity_type"]])
        assert (row["operation_type"], row["status"], row["performed_by"]) == ("import", "success", "test")
        assert (row["records_processed"], row["records_successful"], row["records_failed"]) == (size, size, 0)
        assert (row["transaction_id"], row["api_response_status"]) == (operation.transaction_id, 200)
        assert (row["api_error_code"], row["api_error_message"]) == (None, None)
        import_id = imports[row["entity_type"]]
        assert row["csv_import_id"] == import_id
        assert world.import_of(import_id)["coperniq_transaction_id"] == operation.transaction_id


def test_lineage_says_where_a_record_came_from_and_what_was_done_to_it(world: World) -> None:
    import_id = world.bring(
        "Contact.csv", {"Customer Name": "Ada", "E-mail": "ada@example.com", "phones": "2125550101"}
    )
    world.deliver("Contact")
    (lineage,) = world.query("SELECT * FROM data_lineage WHERE contractor_config_id = %s", world.contractor)
    (row,) = world.rows(import_id)
    assert lineage["csv_import_record_id"] == row["id"]
    assert 'name from "Customer Name"' in lineage["transformation_applied"]
    assert float(lineage["data_quality_score"]) == 0.82


def test_parents_may_be_given_by_their_coperniq_ids(world: World) -> None:
    bring_all(world, ["Contact", "Site", "Asset"])
    world.deliver()
    client, site, asset = ids(world, "Contact", "name"), ids(world, "Site", "fullAddress"), ids(world, "Asset", "name")
    new = {"fullAddress": "9 New Rd", "clientId": client["Ada Lovelace"]}
    world.bring("Site 2.csv", new)
    world.bring("Task.csv", {"title": "T", "status": "s", "siteId": site["2 Oak Ave"], "assetId": asset["Boiler"]})
    world.bring("FinancialDocument.csv", {"title": "1", "type": "Quote", "clientId": client["Brunel Works"]})
    world.deliver()
    assert world.held("Site")[-1]["clientId"] == client["Ada Lovelace"]
    assert [(node["siteId"], node["assetId"]) for node in world.held("Task")] == [(site["2 Oak Ave"], asset["Boiler"])]
    assert [node["clientId"] for node in world.held("FinancialDocument")] == [client["Brunel Works"]]
    again = world.bring("Site 3.csv", new, {**new, "fullAddress": "10 New Rd"})
    world.deliver()
    assert [row["status"] for row in world.rows(again)] == ["skipped", "valid"]
    assert not world.log(operation_type="sync_check")
    assert not world.log(operation_type="update")
    audit.agrees(world)


def test_nothing_is_sent_twice_when_nothing_changes(world: World) -> None:
    bring_all(world)
    world.deliver()
    before = len(world.operations()), len(world.log())
    again = {name: world.bring(f"{name} again.csv", *rows, {**rows[0], "unused": "x"}) for name, rows in FILES.items()}
    done = world.deliver()
    assert (len(world.operations()), len(world.log())) == before
    assert not any(delivered.records for delivered in done.values())
    for name, import_id in again.items():
        rows = world.rows(import_id)
        assert {row["status"] for row in rows[:-1]} == {"skipped"}, name
        assert rows[-1]["status"] == "duplicate"
        assert [row["coperniq_id"] for row in rows[:-1]] == [node["id"] for node in world.held(name)]
        assert world.import_of(import_id)["coperniq_sync_status"] == "synced"
    audit.agrees(world)
