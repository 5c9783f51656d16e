"""What a company has before the first import: entered whole, then updated and referred to, never created again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq import rolling_back
from assets.coperniq.adopting import Adopted, Adoption, AdoptionError
from assets.coperniq.deliver import KeyRefused
from assets.coperniq.pacing import ATTEMPTS
from assets.likeness.searching import Comparison
from tests.integration.coperniq import audit
from tests.integration.coperniq.conftest import COMPANIES
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.coperniq.test_seven_types import FILES, bring_all
from tests.integration.coperniq.world import World, contact, contacts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.coperniq.proxy import Proxy

ADA = {"name": "Ada Lovelace", "emails": ["ada@example.com"], "phones": ["+12125550101"], "title": "Owner"}


def adopt(world: World, **options: Any) -> dict[str, Adopted]:
    client, lease = world.client(**options), world.lease()
    try:
        return Adoption(world.conn, client, lease, "test", world.said.append, sleep=world.pauses.append).run()
    finally:
        client.close()
        lease.give_back(world.conn)


def enter_all(world: World) -> list[str]:
    """Make by hand, in Coperniq's own form, what the files of all seven types bring."""
    ada, brunel = world.enter("Contact", ADA, {"name": "Brunel Works", "phones": ["+12125550102"]})
    office, depot, elm = world.enter(
        "Site", {"fullAddress": "1 Main St", "clientId": ada, "zipcode": "07030"},
        {"fullAddress": "2 Oak Ave", "clientId": brunel, "city": "Newark"},
        {"fullAddress": "3 Elm Rd", "clientId": ada},
    )  # fmt: skip
    boiler, chiller = world.enter(
        "Asset",
        {"name": "Boiler", "type": "Boiler", "serialNumber": "SN-1", "siteId": office, "installDate": "2020-05-06"},
        {"name": "Chiller", "type": "Chiller", "siteId": depot, "size": "5 ton"},
    )
    array = {"name": "Roof array", "siteId": office, "size": 7.5, "monitored": True}
    begin = {"title": "Inspect", "status": "New", "siteId": office, "startDate": "2026-01-02T08:30:00Z"}
    bill = {"title": "INV-1", "type": "Invoice"}
    return [
        ada, brunel, office, depot, elm, boiler, chiller,
        *world.enter("System", array | {"installedAt": "2021-02-03T00:00:00Z"}),
        *world.enter(
            "Task", begin | {"assetId": boiler},
            {"title": "Clean", "status": "New", "siteId": depot, "assetId": chiller, "isField": True},
            {"title": "Visit", "status": "Done", "siteId": elm},
        ),
        *world.enter(
            "ServicePlanInstance",
            {"servicePlanId": "Gold", "clientId": brunel, "startDate": "2026-01-01", "totalPrice": 1200.5},
        ),
        *world.enter(
            "FinancialDocument", bill | {"clientId": ada, "amount": 99.5, "issueDate": "2026-02-01"},
            bill | {"clientId": brunel, "amount": 10.0},
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("adopted_first", [True, False], ids=["before the files", "while their rows wait"])
def test_no_row_makes_a_second_one_of_what_was_there(world: World, *, adopted_first: bool) -> None:
    before = enter_all(world)
    if not adopted_first:
        bring_all(world)
    done = adopt(world)
    assert {name: (one.read, one.new, one.requests, one.stopped) for name, one in done.items()} == {
        name: (len(rows), len(rows), 1, None) for name, rows in FILES.items()
    }
    assert world.operations() == []
    if adopted_first:
        bring_all(world)
    sent = world.deliver()
    assert sum(one.records["created"] for one in sent.values()) == 0
    assert {node["id"] for name in FILES for node in world.held(name)} == set(before)
    audit.agrees(world, before)
    assert {name: one.new for name, one in adopt(world).items()} == dict.fromkeys(FILES, 0)


def test_without_it_they_would_be_there_twice(world: World) -> None:
    world.enter("Contact", ADA)
    world.bring("Contact.csv", contact(0, emails="ada@example.com"))
    world.deliver()
    assert [node["emails"] for node in world.held("Contact")] == [["ada@example.com"]] * 2


def test_what_an_import_only_updated_stays_when_it_is_undone(world: World) -> None:
    world.enter("Contact", ADA)
    adopt(world)
    brought = world.bring("Contact.csv", {"name": "Ada King", "emails": "ada@example.com"})
    world.deliver()
    assert [node["name"] for node in world.held("Contact")] == ["Ada King"]
    of = rolling_back.find(world.conn, str(brought))
    assert rolling_back.plan(world.conn, of).counts == {"there before the import, updated by it": 1}


def test_a_row_that_waits_may_be_taken_back_and_what_was_there_stays(world: World) -> None:
    (ada,) = world.enter("Contact", ADA)
    brought = world.bring("Contact.csv", {"name": "Ada King", "emails": "ada@example.com"})
    adopt(world)
    assert roll_back(world, brought).left == {}
    assert world.states("Contact") == {"ada@example.com": "synced"}
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "ada@example.com"})
    world.deliver()
    assert [node["name"] for node in world.held("Contact")] == ["Ada Lovelace"]
    assert [node["clientId"] for node in world.held("Site")] == [ada]


def test_the_rows_that_it_has_already_are_skipped(world: World) -> None:
    world.enter("Contact", ADA)
    adopt(world)
    file = world.bring("Contact.csv", {**ADA, "emails": "ada@example.com", "phones": "212-555-0101"})
    assert [row["status"] for row in world.rows(file)] == ["skipped"]


def test_a_site_is_meant_by_the_name_of_its_client(world: World) -> None:
    (ada,) = world.enter("Contact", ADA)
    (house,) = world.enter("Site", {"fullAddress": "1 Main St", "clientId": ada})
    adopt(world)
    task = {"status": "New", "siteId": "Ada Lovelace"}
    world.bring("Task.csv", {"title": "A", **task}, {"title": "B", **task, "siteId": ada})
    world.deliver()
    assert [node["siteId"] for node in world.held("Task")] == [house, house]


def test_customers_who_are_in_coperniq_alone_are_compared_with_those_of_a_file(world: World) -> None:
    (ada,) = world.enter(
        "Contact", {"name": "Ada Lovelace", "emails": ["countess@example.org"], "phones": ["(602) 555-0101"]}
    )
    world.enter("Site", {"fullAddress": "12 North Main Street, Phoenix, AZ 85051", "clientId": ada})
    adopt(world)
    assert Comparison(world.conn, world.contractor).run().customers == 1
    world.bring("Contact.csv", {"name": "Ada Lovelace", "emails": "ada@example.com", "phones": "602-555-0101"})
    world.bring("Site.csv", {"fullAddress": "12 N. Main St, Phoenix, AZ 85051", "clientId": "ada@example.com"})
    world.deliver()
    Comparison(world.conn, world.contractor).run()
    assert world.query(
        "SELECT first_key, second_key, reasons FROM possible_duplicates WHERE contractor_config_id = %s",
        world.contractor,
    ) == [
        {"first_key": "ada@example.com", "second_key": "countess@example.org",
         "reasons": ["same name", "same address", "same phone", "other e-mail"]},
    ]  # fmt: skip


def test_what_may_be_a_record_that_was_sent_is_settled_first(world: World, proxy: Proxy) -> None:
    """Entered under an id of its own, it could not be told to be what was sent, which would go once more."""
    world.bring("Contact.csv", contact(0), contact(1))
    proxy.script("Create", "lose")
    proxy.script("Find", *["status 503"] * ATTEMPTS)
    world.deliver()
    assert set(world.states("Contact").values()) == {"in_flight"}
    assert adopt(world)["Contact"].new == 0
    assert set(world.states("Contact").values()) == {"synced"}
    assert len(world.held("Contact")) == 2
    audit.agrees(world)


def test_nothing_is_read_while_a_record_is_in_doubt(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", contact(0))
    proxy.script("Create", "lose")
    proxy.script("Find", *["status 503"] * ATTEMPTS)
    world.deliver()
    world.change("Contact", world.held("Contact")[0]["id"], name="Somebody else", title="Boss")
    with pytest.raises(AdoptionError, match=r"^It is not known .* has 1 Contact that was sent\. `mep resolve` lists"):
        adopt(world)
    assert world.states("Contact") == {"person0@example.com": "unknown"}


def test_a_quota_that_ends_in_the_middle_ends_it_well_and_the_next_one_goes_on(world: World, proxy: Proxy) -> None:
    world.enter("Contact", *({"name": f"P{n}", "emails": [f"p{n}@x.example"]} for n in range(100)))
    ids = world.enter("Contact", *({"name": f"Q{n}", "emails": [f"q{n}@x.example"]} for n in range(50)))
    world.enter("Site", {"fullAddress": "1 Main St", "clientId": ids[0]})
    proxy.headers = {"Retry-After": "3600"}
    proxy.script("Find", "pass", "throttle")
    done = adopt(world)
    assert list(done) == ["Contact"], "children would be entered under no parent"
    assert (done["Contact"].read, done["Contact"].new, done["Contact"].requests) == (100, 100, 2)
    assert "100 records had been read: call it again." in str(done["Contact"].stopped)
    again = adopt(world)
    assert (again["Contact"].read, again["Contact"].new, again["Contact"].stopped) == (150, 50, None)
    assert world.states("Site") == {"1 main st | q0@x.example": "synced"}
    log = world.log(operation_type="sync_check", entity_type="Contact")
    assert [(row["status"], row["records_processed"]) for row in log] == [
        ("success", 100), ("failed", 0), ("success", 100), ("success", 50),
    ]  # fmt: skip


def test_a_page_that_fails_is_asked_for_again_until_that_is_no_use(world: World, proxy: Proxy) -> None:
    world.enter("Contact", ADA)
    proxy.script("Find", "bad_gateway", "truncate")
    assert adopt(world)["Contact"].stopped is None
    proxy.script("Find", *["status 503"] * ATTEMPTS)
    done = adopt(world)
    assert (list(done), done["Contact"].read) == (["Contact"], 0)
    assert str(done["Contact"].stopped).endswith("0 records had been read: call it again.")
    with pytest.raises(KeyRefused):
        adopt(world, key="wrong")


def test_a_company_that_others_use_is_not_read(world: World, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = World(world.conn, world.url, world.key, world.company, world.store, tmp_path / "other")
    other.bring("Contact.csv", *contacts(2))
    other.deliver()
    (neighbour,) = world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", other.contractor)
    with pytest.raises(AdoptionError, match=rf"Company {world.company} has records of {neighbour['slug']}, too"):
        adopt(world)
    assert (world.states("Contact"), world.log()) == ({}, [])
    assert adopt(other)["Contact"].new == 0


def test_a_company_that_another_has_only_read_is_not_read_either(world: World, tmp_path: Path) -> None:
    world.enter("Contact", ADA)
    other = World(world.conn, world.url, world.key, world.company, world.store, tmp_path)
    adopt(other)
    with pytest.raises(AdoptionError, match="whose the others are, Coperniq does not say"):
        adopt(world)


def test_another_company_than_the_records_are_in_is_not_read(world: World) -> None:
    world.bring("Contact.csv", contact(0))
    world.deliver()
    with pytest.raises(AdoptionError, match=rf"records are in company {world.company}, not 999"):
        adopt(world, company_id=999)


def test_what_was_read_of_a_wrong_company_is_sent_nowhere_and_forgotten_with_the_right_one(world: World) -> None:
    right, wrong = (world.company, world.key), (COMPANIES[-1], f"key-of-{COMPANIES[-1]}")
    world.company, world.key = wrong
    world.enter("Contact", ADA)
    adopt(world)
    brought = world.bring("Contact.csv", contact(0), {"name": "Ada King", "emails": "ada@example.com"})
    world.company, world.key = right
    (ada,) = world.enter("Contact", ADA)
    stopped = world.deliver()["Contact"].stopped
    assert stopped == (
        f"What is known of this contractor's records is of company {wrong[0]}, not {right[0]}: set COPERNIQ_COMPANY_ID "
        f"to {wrong[0]}, or call `mep adopt`, which forgets it."
    )
    assert world.operations() == []
    assert adopt(world)["Contact"].new == 1
    world.deliver()
    assert [(node["id"], node["name"]) for node in world.held("Contact")][:1] == [(ada, "Ada King")]
    assert len(world.held("Contact")) == 2
    assert world.import_of(brought)["coperniq_sync_status"] == "synced"
    audit.agrees(world)


def test_what_was_found_as_a_parent_gets_its_clients_key_when_he_is_known(world: World) -> None:
    (ada,) = world.enter("Contact", ADA)
    (house,) = world.enter("Site", {"fullAddress": "1 Main St", "clientId": ada})
    world.bring("Task.csv", {"title": "A", "status": "New", "siteId": "1 Main St"})
    world.deliver("Task")
    assert world.states("Site") == {f"1 main st | {ada.lower()}": "synced"}
    assert {name: done.new for name, done in adopt(world).items() if done.new} == {"Contact": 1}
    assert world.states("Site") == {"1 main st | ada@example.com": "synced"}
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "ada@example.com", "city": "Newark"})
    world.deliver()
    assert [(node["id"], node["city"]) for node in world.held("Site")] == [(house, "Newark")]


@pytest.mark.parametrize(
    ("there", "known"),
    [
        ({"emails": ["countess@example.org"]}, ["ada lovelace", "+12125550101", "countess@example.org"]),
        ({"phones": ["(212) 555-0199"]}, ["ada lovelace", "+12125550199", "ada@example.com"]),
        ({"phones": []}, ["ada lovelace", "ada@example.com"]),
    ],
)
def test_what_changed_in_coperniq_before_it_was_ever_sent_is_read_anew(
    world: World, there: dict[str, Any], known: list[str]
) -> None:
    (ada,) = world.enter("Contact", ADA)
    adopt(world)
    names = "SELECT id, names FROM coperniq_records WHERE contractor_config_id = %s"
    (before,) = world.query(names, world.contractor)
    adopt(world)
    assert world.query(names, world.contractor) == [before]
    world.change("Contact", ada, name=ADA["name"], **there)
    assert adopt(world)["Contact"].new == 0
    (now,) = world.query(names, world.contractor)
    assert sorted(now["names"]) == sorted(known)


def test_a_key_that_no_index_holds_is_none(world: World) -> None:
    (ada,) = world.enter("Contact", ADA)
    (long,) = world.enter("Site", {"fullAddress": "".join(map(chr, range(0x4E00, 0x4E00 + 3000))), "clientId": ada})
    assert adopt(world)["Site"].new == 1
    assert world.states("Site") == {long: "synced"}
