"""What Coperniq's plain answers do: refusals of records, of requests and of the key, and updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.coperniq.client import BATCH
from assets.coperniq.deliver import KeyRefused
from tests.integration.coperniq import audit
from tests.integration.coperniq.test_checking import REFUSED_KEY
from tests.integration.coperniq.world import contact, contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World


def test_a_refused_record_is_its_own_error_and_the_others_are_sent(world: World) -> None:
    world.bring("Contact.csv", *contacts(2))
    world.deliver()
    world.erase("Contact", world.held("Contact")[0]["id"])
    sites = world.bring(
        "Site.csv", *({"fullAddress": f"{n} Main St", "clientId": f"person{n % 2}@example.com"} for n in range(5))
    )
    done = world.deliver()["Site"]
    assert done.records == {"created": 2, "rejected": 3}
    assert [node["fullAddress"] for node in world.held("Site")] == ["1 Main St", "3 Main St"]
    for row in world.rows(sites):
        if row["record_number"] % 2:
            assert row["coperniq_id"] is None
            assert row["error_message"] == (
                f"Coperniq refused row {row['record_number']}: clientId: there is no Contact with this id (NOT_FOUND). "
                f"Correct it in row {row['record_number']} and send the fix file."
            )
        else:
            assert (row["status"], row["error_message"]) == ("valid", None)
    assert world.import_of(sites)["coperniq_sync_status"] == "failed"
    (log,) = world.log(entity_type="Site")
    assert (log["status"], log["records_processed"], log["records_successful"], log["records_failed"]) == (
        "partial_success", 5, 2, 3,
    )  # fmt: skip
    # Nothing of it is sent again by itself.
    assert world.deliver()["Site"].requests == 0


def test_a_refused_record_is_sent_again_when_its_file_is(world: World) -> None:
    world.bring("Contact.csv", contact(1))
    world.deliver()
    world.erase("Contact", world.held("Contact")[0]["id"])
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person1@example.com"})
    world.deliver()
    world.bring("Contact 2.csv", contact(1, title="Back again"))
    again = world.bring("Site 2.csv", {"fullAddress": "1 Main St", "clientId": "person1@example.com", "city": "Newark"})
    world.deliver()
    assert [node["clientId"] for node in world.held("Site")] == [world.held("Contact")[0]["id"]]
    assert world.import_of(again)["coperniq_sync_status"] == "synced"


def test_other_values_are_an_update_and_the_same_values_nothing(world: World) -> None:
    world.bring("Contact.csv", *contacts(3))
    world.deliver()
    before = [node["id"] for node in world.held("Contact")]
    changed = world.bring("Contact 2.csv", contact(0), contact(1, title="Boss"), contact(2), contact(3))
    done = world.deliver()["Contact"]
    assert done.records == {"created": 1, "updated": 1}
    assert [node["id"] for node in world.held("Contact")][:3] == before
    assert [node.get("title") for node in world.held("Contact")] == [None, "Boss", None, None]
    assert [row["status"] for row in world.rows(changed)] == ["skipped", "valid", "skipped", "valid"]
    assert {(row["operation_type"], row["records_successful"]) for row in world.log()} == {
        ("import", 3),
        ("import", 1),
        ("update", 1),
    }
    audit.agrees(world)


def test_a_record_that_was_deleted_in_coperniq_is_made_again_by_its_update(world: World) -> None:
    world.bring("Contact.csv", *contacts(2))
    world.deliver()
    first, second = (node["id"] for node in world.held("Contact"))
    world.erase("Contact", first)
    world.bring("Contact 2.csv", contact(0, title="Boss"), contact(1, title="Clerk"))
    done = world.deliver()["Contact"]
    assert done.records == {"created": 1, "updated": 1}
    assert [(node["title"], node["id"] == second) for node in world.held("Contact")] == [
        ("Clerk", True),
        ("Boss", False),
    ]
    audit.agrees(world)


@pytest.mark.parametrize("culprits", [{0}, {99}, {3, 4, 77}, {200}])
def test_one_record_that_spoils_its_request_is_found_and_refused_alone(
    world: World, proxy: Proxy, culprits: set[int]
) -> None:
    """The contract refuses a request as a whole for one input of the wrong shape."""
    names = {f"Person {number}" for number in culprits}
    proxy.refuse("Create", lambda asked: any(made["name"] in names for made in asked["input"]))
    rows = world.bring("Contact.csv", *contacts(230))
    done = world.deliver()["Contact"]
    assert done.records == {"created": 230 - len(names), "rejected": len(names)}
    refused = [row for row in world.rows(rows) if row["error_message"]]
    assert {row["record_number"] - 1 for row in refused} == culprits
    number = refused[0]["record_number"]
    assert refused[0]["error_message"] == (
        f"Coperniq refused row {number}: the request was refused (BAD_USER_INPUT). "
        f"Correct it in row {number} and send the fix file."
    )
    assert len(proxy.requests("Create")) < 12 + 16 * len(names)
    assert len(world.log()) == done.requests == len(proxy.seen)
    audit.agrees(world)


@pytest.mark.parametrize("refusal", ["status 404", "status 400", "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"])
def test_an_endpoint_that_refuses_everything_costs_no_record(world: World, proxy: Proxy, refusal: str) -> None:
    rows = world.bring("Contact.csv", *contacts(150))
    wrong = [True]
    for operation in ("Create", "Find"):
        if refusal.startswith("status"):
            proxy.always(operation, refusal)
        else:
            proxy.refuse(operation, lambda _: wrong[0], code=refusal)
    done = world.deliver()["Contact"]
    assert done.stopped is not None
    assert done.stopped.endswith("150 records wait for the next run.")
    assert len(proxy.seen) <= 4
    assert set(world.states("Contact").values()) == {"ready"}
    assert not [row for row in world.rows(rows) if row["error_message"]]
    wrong[0] = False
    for operation in ("Create", "Find"):
        proxy.always(operation, "pass")
    assert world.deliver()["Contact"].records == {"created": 150}
    audit.agrees(world)


@pytest.mark.parametrize("limit", [1, 7, 40])
def test_a_smaller_limit_than_the_contracts_is_learnt(world: World, proxy: Proxy, limit: int) -> None:
    proxy.refuse("Create", lambda asked: len(asked["input"]) > limit, code="MAX_BATCH_EXCEEDED")
    world.bring("Contact.csv", *contacts(120))
    assert world.deliver()["Contact"].records == {"created": 120}
    refused = world.log(api_error_code="MAX_BATCH_EXCEEDED")
    assert len(refused) < 8
    audit.agrees(world)


def test_batches_are_full_and_of_one_import_and_one_kind(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(30))
    world.deliver()
    proxy.seen.clear()
    world.bring("Contact 2.csv", *(contact(number, title="x") for number in range(230)))
    world.deliver()
    assert sum(len(asked["input"]) for asked in proxy.requests("Create")) == 200
    assert [len(asked["input"]) for asked in proxy.requests("Update")] == [30]
    assert len(proxy.requests("Create")) <= 3
    assert max(len(asked["input"]) for asked in proxy.requests("Create")) == BATCH
    audit.agrees(world)


@pytest.mark.parametrize("when", ["at once", "halfway", "while looking up", "while looking for parents"])
def test_a_refused_key_loses_nothing(world: World, proxy: Proxy, when: str) -> None:
    world.bring("Contact.csv", *contacts(250))
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "nobody@example.com"})
    script = {"at once": ["status 401"], "halfway": ["pass", "status 403"], "while looking up": ["lose"]}
    proxy.script("Create", *script.get(when, []))
    proxy.script("Find", *(["status 401"] if when.startswith("while") else []))
    with pytest.raises(KeyRefused, match=REFUSED_KEY) as refused:
        world.deliver()
    assert world.key not in str(refused.value)
    assert not {"rejected", "unknown"} & set(world.states("Contact").values())
    world.deliver()
    assert len(world.held("Contact")) == 250
    audit.agrees(world)


def test_a_key_that_is_wrong_is_shown_nowhere(world: World) -> None:
    world.bring("Contact.csv", *contacts(2))
    right, world.key = world.key, "wrong-key-of-somebody"
    with pytest.raises(KeyRefused) as refused:
        world.deliver()
    assert world.key not in f"{refused.value}{world.said}{world.log()}{world.client()!r}"
    world.key = right
    world.deliver()
    audit.agrees(world)
