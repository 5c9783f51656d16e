"""The seven types from files through the REST API: the same delivery, with its audit, as through GraphQL."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq.rest.client import Configured
from tests.integration.coperniq.test_seven_types import BILLS, CLIENTS, PLANS, SITES, SYSTEMS, TASKS

if TYPE_CHECKING:
    from tests.integration.coperniq.rest.conftest import RestWorld

MADE = {"manufacturer": "Acme", "model": "M-1"}
ASSETS = (
    {"name": "Boiler", "type": "Boiler", "serialNumber": "SN-1", "siteId": "1 main st", **MADE},
    {"name": "Chiller", "type": "Split chiller", "serialNumber": "SN-2", "siteId": "DEPOT", "size": "5 ton", **MADE},
)
FILES: dict[str, tuple[dict[str, str], ...]] = {
    "Contact": CLIENTS, "Site": SITES, "Asset": ASSETS, "System": SYSTEMS, "Task": TASKS, "ServicePlanInstance": PLANS,
    "FinancialDocument": BILLS,
}  # fmt: skip
SENT = {"Contact": 2, "Site": 3, "Asset": 2, "Task": 3, "FinancialDocument": 2}
NO_ENDPOINT = ("System", "ServicePlanInstance")
HELD = {"accounts": 2, "contacts": 2, "sites": 3, "assets": 2, "work-orders": 3, "invoices": 2, "quotes": 0}
REQUESTS = (
    "POST /accounts", r"GET /accounts/\d+", r"PATCH /contacts/\d+", "POST /sites", r"GET /sites/\d+", "POST /assets",
    r"PATCH /assets/\d+", r"POST /accounts/\d+/work-orders", r"PATCH /accounts/\d+/work-orders/\d+", "POST /invoices",
)  # fmt: skip


def bring_all(world: RestWorld) -> dict[str, Any]:
    return {name: world.bring(f"{name}.csv", *rows) for name, rows in FILES.items()}


def run_until_quiet(world: RestWorld, runs: int = 8) -> None:
    for _ in range(runs):
        world.deliver()
        states = {state for name in SENT for state in world.states(name).values()}
        if states <= {"synced", "rejected", "unknown"}:
            return
    raise AssertionError(f"not quiet after {runs} runs: {world.said[-3:]}")


def agrees(world: RestWorld) -> None:
    """What was believed is what the company has, each record once and under its parent."""
    held = world.face.held
    assert {name: len(rows) for name, rows in held.items()} == HELD
    for name in SENT:
        assert set(world.states(name).values()) == {"synced"}, name
    ada, brunel = world.face.rows("accounts")
    sites = {row["fullAddress"]: row for row in world.face.rows("sites")}
    assert {address: row["accountId"] for address, row in sites.items()} == {
        "1 Main St": ada["id"], "2 Oak Ave": brunel["id"], "3 Elm Rd": ada["id"],
    }  # fmt: skip
    assert sorted((row["name"], row["siteId"]) for row in world.face.rows("assets")) == [
        ("Boiler", sites["1 Main St"]["id"]), ("Chiller", sites["2 Oak Ave"]["id"]),
    ]  # fmt: skip
    assert sorted((row["title"], row["project"]["id"]) for row in world.face.rows("work-orders")) == [
        ("Clean", brunel["id"]), ("Inspect", ada["id"]), ("Visit", ada["id"]),
    ]  # fmt: skip
    assert sorted((row["amount"], row["account"]["id"]) for row in world.face.rows("invoices")) == [
        (10, brunel["id"]), (99.5, ada["id"]),
    ]  # fmt: skip
    contact = next(row for row in world.face.rows("contacts") if row["_accounts"] == [ada["id"]])
    assert (contact["name"], contact["emails"], contact["title"]) == ("Ada Lovelace", ["ada@example.com"], "Owner")


def test_every_record_that_has_an_endpoint_arrives_once(world: RestWorld) -> None:
    imports = bring_all(world)
    done = world.deliver()
    assert {name: done[name].records["created"] for name in SENT} == SENT
    agrees(world)
    for name in NO_ENDPOINT:
        assert done[name].stopped is not None
        assert "set COPERNIQ_TRANSPORT=graphql" in done[name].stopped
        assert set(world.states(name).values()) == {"ready"}
        assert world.import_of(imports[name])["coperniq_sync_status"] == "pending"
    for name in SENT:
        assert world.import_of(imports[name])["coperniq_sync_status"] == "synced"
        assert {row["coperniq_id"] for row in world.rows(imports[name])} == {
            entity["coperniq_entity_id"]
            for entity in world.query(
                "SELECT coperniq_entity_id FROM data_lineage"
                " WHERE contractor_config_id = %s AND coperniq_entity_type = %s",
                world.contractor, name,
            )
        }  # fmt: skip
    log = Counter((row["entity_type"], row["operation_type"], row["status"]) for row in world.log())
    assert log == {(name, "import", "success"): count for name, count in SENT.items()}


def test_a_second_run_and_the_same_rows_again_send_nothing(world: RestWorld) -> None:
    bring_all(world)
    world.deliver()
    before = list(world.face.seen)
    world.deliver()
    for name in SENT:
        world.bring(f"{name} again.csv", *FILES[name], {**FILES[name][0], "unused": "x"})
    world.deliver()
    assert world.face.seen == before


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_lost_answer_doubles_and_loses_nothing(world: RestWorld, request_: str) -> None:
    bring_all(world)
    world.face.fail(request_, "lose", "lose")
    run_until_quiet(world)
    assert world.face.count(request_) >= 1, "the request was never made"
    agrees(world)


@pytest.mark.parametrize("fault", ["status 429", "status 503", "lose"])
def test_what_was_begun_is_finished_however_often_that_fails(world: RestWorld, fault: str) -> None:
    bring_all(world)
    world.face.fail(r"PATCH /assets/\d+", *[fault] * 3)
    world.face.fail(r"PATCH /accounts/\d+/work-orders/\d+", *[fault] * 3)
    run_until_quiet(world)
    agrees(world)
    assert (world.face.count("POST /assets"), world.face.count(r"POST /accounts/\d+/work-orders")) == (2, 3)


def test_changed_rows_change_what_is_there(world: RestWorld) -> None:
    bring_all(world)
    world.deliver()
    world.bring("Contact 2.csv", {**CLIENTS[0], "name": "Ada King", "title": "Countess"})
    world.bring("Asset 2.csv", {**ASSETS[0], "name": "Old boiler", "type": "Water heater"})
    world.bring("Task 2.csv", {**TASKS[0], "status": "Done"})
    world.bring("Invoice 2.csv", {**BILLS[0], "amount": "120"})
    done = world.deliver()
    assert {name: done[name].records["updated"] for name in SENT if done[name].records} == {
        "Contact": 1, "Asset": 1, "Task": 1, "FinancialDocument": 1,
    }  # fmt: skip
    assert {name: len(rows) for name, rows in world.face.held.items()} == HELD
    assert world.face.rows("accounts")[0]["title"] == "Ada King"
    assert world.face.rows("contacts")[0]["title"] == "Countess"
    assert (world.face.rows("assets")[0]["name"], world.face.rows("assets")[0]["type"]) == (
        "Old boiler",
        "WATER_HEATER",
    )
    assert world.face.rows("work-orders")[0]["status"]["label"] == "Done"
    assert world.face.rows("invoices")[0]["amount"] == 120


def test_an_asset_without_what_the_api_requires_is_an_error_of_its_row(world: RestWorld) -> None:
    bring_all(world)
    bare = world.bring("Asset 2.csv", {"name": "Fan", "type": "Fan", "serialNumber": "SN-9", "siteId": "1 main st"})
    world.deliver()
    (row,) = world.rows(bare)
    assert row["error_message"] == (
        "Row 1 cannot be sent: Coperniq's REST API takes no asset without manufacturer and model: "
        "fill that in and send the fix file."
    )
    assert world.states("Asset")["sn-9"] == "rejected"
    assert world.face.count("POST /assets") == len(ASSETS)


def test_a_row_that_is_not_to_blame_is_not_to_be_corrected(world: RestWorld) -> None:
    site = world.face.add("sites", fullAddress="9 Elm Rd", street=None)
    homeless = world.bring("Task.csv", {"title": "Inspect", "status": "New", "siteId": site["id"]})
    bad = world.bring("Contact.csv", {"name": "Ada", "emails": "ada@example.com"})
    world.face.fail("POST /accounts", "status 400")
    world.deliver()
    assert [world.rows(one)[0]["error_message"] for one in (homeless, bad)] == [
        f"Coperniq refused row 1: siteId: Coperniq's site {site['id']} belongs to no account: give it one (NO_ACCOUNT)."
        " Then give it again in row 1 and send the fix file.",
        "Coperniq refused row 1: No (REJECTED). Correct it in row 1 and send the fix file.",
    ]
    site["accountId"] = world.face.add("accounts", title="A", primaryEmail=None, primaryPhone=None, address=[])["id"]
    world.bring("Task (fix).csv", {"title": "Inspect", "status": "New", "siteId": site["id"], "priority": ""})
    world.deliver("Task")
    assert len(world.face.rows("work-orders")) == 1


def test_what_is_not_set_up_waits_and_goes_once_it_is(world: RestWorld) -> None:
    bring_all(world)
    bare = world.client(configured=Configured())
    done = world.deliver(client=bare)
    assert "COPERNIQ_REST_WORK_ORDER_TEMPLATE" in str(done["Task"].stopped)
    assert "COPERNIQ_REST_CATALOG_ITEM" in str(done["FinancialDocument"].stopped)
    assert (len(world.face.held["work-orders"]), len(world.face.held["invoices"])) == (0, 0)
    world.deliver()
    agrees(world)


def test_a_refused_status_leaves_no_empty_work_order(world: RestWorld) -> None:
    bring_all(world)
    bad = world.bring("Task 2.csv", {**TASKS[2], "title": "Bad", "status": "Forbidden"})
    world.deliver()
    agrees_but = {row["title"] for row in world.face.rows("work-orders")}
    assert agrees_but == {"Inspect", "Clean", "Visit"}
    assert "status: … is no status" in world.rows(bad)[0]["error_message"]


def test_clients_that_were_there_before_are_matched_and_found(world: RestWorld) -> None:
    there = world.face.add(
        "accounts", title="A. Lovelace", primaryEmail="ada@example.com", primaryPhone=None, address=["1 Main St"]
    )
    parent = world.face.add(
        "accounts", title="Old Client", primaryEmail="old@example.com", primaryPhone=None, address=[]
    )
    world.bring("Contact.csv", CLIENTS[0])
    world.bring("Site.csv", {"fullAddress": "7 New Rd", "clientId": "Old Client"}, {**SITES[0]})
    world.deliver()
    assert len(world.face.held["accounts"]) == 2
    assert (there["title"], there["primaryPhone"], there["address"]) == ("Ada Lovelace", "+12125550101", ["1 Main St"])
    assert {row["fullAddress"]: row["accountId"] for row in world.face.rows("sites")} == {
        "7 New Rd": parent["id"], "1 Main St": there["id"],
    }  # fmt: skip
