"""Requests whose outcome is open: whatever breaks, and wherever, each record is in Coperniq once in the end."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from assets import catalogue
from assets.coperniq.deliver import SETTLE_SECONDS
from assets.coperniq.pacing import ATTEMPTS
from assets.coperniq.replies import LONGEST_PAUSE_SECONDS, Outcome
from assets.leases import in_words
from tests.integration.coperniq import audit
from tests.integration.coperniq.test_seven_types import FILES, bring_all
from tests.integration.coperniq.world import contact, contacts, until_nothing_is_open

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World

BEFORE = ["drop", "reset", "throttle", "throttled", "status 503"]
AFTER = ["lose", "bad_gateway", "truncate", "cut", "delay 0.6"]


def results(
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Make an action that changes the results of an answer."""

    def action(body: dict[str, Any]) -> dict[str, Any]:
        body["data"]["answer"]["results"] = change(body["data"]["answer"]["results"])
        return body

    return action


MANGLED = {
    "reordered": results(lambda made: made[::-1]),
    "short": results(lambda made: made[:-3]),
    "none": results(lambda _: []),
    "doubled": results(lambda made: [*made, *made[:2]]),
    "of another request": results(lambda made: [{**one, "index": one["index"] + 1000} for one in made]),
    "without ids": results(lambda made: [{**one, "id": None} for one in made]),
    "id and errors": results(lambda made: [{**one, "userErrors": [{"code": "X", "message": "x"}]} for one in made]),
    "errors beside data": lambda body: {**body, "errors": [{"message": "x", "extensions": {"code": "BAD_USER_INPUT"}}]},
    "no data": lambda _: {"data": None},
    "internal error": lambda _: {"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]},
}


@pytest.mark.parametrize("action", [*BEFORE, *AFTER])
def test_a_create_that_breaks_is_carried_out_once(world: World, proxy: Proxy, action: str) -> None:
    world.timeouts = (2.0, 0.3) if action.startswith("delay") else (2.0, 10.0)
    world.bring("Contact.csv", *contacts(120))
    proxy.script("Create", action)
    done = world.deliver()["Contact"]
    assert done.records == {"created": 120}
    assert len(proxy.requests("Create")) == (3 if action in BEFORE else 2)
    looked_up = action in AFTER or action in ("drop", "reset", "status 503")
    assert len(proxy.requests("Find")) == looked_up
    assert (SETTLE_SECONDS in world.pauses) == looked_up
    assert len(world.log()) == len(proxy.seen) == done.requests
    audit.agrees(world)


@pytest.mark.parametrize("kind", MANGLED)
def test_a_mangled_answer_is_made_good(world: World, proxy: Proxy, kind: str) -> None:
    world.bring("Contact.csv", *contacts(120))
    proxy.script("Create", MANGLED[kind])
    assert world.deliver()["Contact"].records == {"created": 120}
    assert len(proxy.requests("Create")) == 2
    audit.agrees(world)


@pytest.mark.parametrize("kind", ["without ids", "none"])
def test_an_endpoint_that_never_answers_for_records_is_given_up(world: World, proxy: Proxy, kind: str) -> None:
    world.bring("Contact.csv", *contacts(5))
    proxy.always("Create", results(lambda _: []) if kind == "none" else MANGLED[kind])
    proxy.always("Find", lambda _: {"data": {"answer": {"nodes": [], "pageInfo": {"hasNextPage": False}}}})
    done = world.deliver()["Contact"]
    assert done.stopped == "Coperniq left records unanswered. 5 records wait for the next run."
    assert len(proxy.requests("Create")) == ATTEMPTS


@pytest.mark.parametrize("action", [*BEFORE, *AFTER, *list(MANGLED)])
def test_an_update_that_breaks_leaves_the_new_values(world: World, proxy: Proxy, action: str) -> None:
    world.timeouts = (2.0, 0.3) if action.startswith("delay") else (2.0, 10.0)
    world.bring("Contact.csv", *contacts(3))
    world.deliver()
    world.bring("Contact 2.csv", *contacts(3, title="Boss"))
    proxy.script("Update", MANGLED.get(action, action))
    assert world.deliver()["Contact"].records["updated"] == 3
    assert [node["title"] for node in world.held("Contact")] == ["Boss"] * 3
    assert proxy.requests("Find") == []
    audit.agrees(world)


def test_a_request_that_arrives_late_is_waited_for(world: World, proxy: Proxy) -> None:
    """The client gives up before the request reaches Coperniq: looked up at once, it would seem never to have been."""
    world.timeouts = (2.0, 0.2)
    world.bring("Contact.csv", *contacts(3))
    proxy.script("Create", "late 1.0")
    arrives = time.monotonic() + 1.3
    world.deliver("Contact", sleep=time.sleep, settle_seconds=1.0)
    time.sleep(max(0.0, arrives - time.monotonic()))
    assert len(world.held("Contact")) == 3
    audit.agrees(world)


@pytest.mark.parametrize("action", ["drop", "bad_gateway", "truncate", "throttle", "status 500"])
def test_a_lookup_that_breaks_decides_nothing(world: World, proxy: Proxy, action: str) -> None:
    world.bring("Contact.csv", *contacts(5))
    proxy.script("Create", "lose")
    proxy.script("Find", *[action] * 2)
    assert world.deliver()["Contact"].records == {"created": 5}
    assert len(proxy.requests("Create")) == 1
    assert len(world.log()) == len(proxy.seen)
    audit.agrees(world)


@pytest.mark.parametrize("status", [503, 400, 404])
def test_a_lookup_that_never_works_leaves_the_records_to_the_next_run(world: World, proxy: Proxy, status: int) -> None:
    rows = world.bring("Contact.csv", *contacts(150))
    proxy.script("Create", "lose")
    proxy.always("Find", f"status {status}")
    done = world.deliver()["Contact"]
    assert done.stopped == f"Coperniq answered {status}. 150 records wait for the next run."
    assert len(proxy.requests("Create")) == 1
    assert sorted(set(world.states("Contact").values())) == ["in_flight", "ready"]
    assert world.import_of(rows)["coperniq_sync_status"] == "pending"
    proxy.always("Find", "pass")
    world.deliver()
    assert len(world.held("Contact")) == 150
    assert not world.log(api_error_code="INTERRUPTED")
    audit.agrees(world)


def test_pages_that_do_not_go_on_are_not_taken_for_all_there_is(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(5))
    proxy.script("Create", "lose")
    endless = {"data": {"answer": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}}}
    proxy.script("Find", lambda _: endless)
    world.deliver()
    assert len(proxy.requests("Create")) == 1
    assert [row["api_error_code"] for row in world.log(operation_type="sync_check")] == ["SAME_PAGE", None]
    audit.agrees(world)


def test_more_records_with_the_key_than_fit_on_a_page(world: World, proxy: Proxy) -> None:
    """Twins of every record were entered by hand, with other e-mails beside the key's."""
    world.bring("Contact.csv", *contacts(100))
    proxy.script("Create", "drop")
    twins = [{"name": "Twin", "emails": ["twin@example.com", f"person{n}@example.com"]} for n in range(100)]
    by_hand = [*world.enter("Contact", *twins), *world.enter("Contact", *twins[:30])]
    world.deliver()
    assert set(world.states("Contact").values()) == {"unknown"}
    assert len(world.held("Contact")) == len(by_hand)
    assert len(proxy.requests("Find")) == 2
    assert len(world.log()) == len(proxy.seen)


def test_what_cannot_be_settled_stays_unknown_and_is_never_sent_blindly(world: World, proxy: Proxy) -> None:
    rows = world.bring("Contact.csv", *contacts(3))
    proxy.script("Create", "drop")
    (other,) = world.enter("Contact", {"name": "Somebody else", "emails": ["person1@example.com"]})
    world.deliver()
    assert world.states("Contact") == {
        "person0@example.com": "synced", "person1@example.com": "unknown", "person2@example.com": "synced",
    }  # fmt: skip
    for number in range(2):
        world.bring(f"Contact {number}.csv", *contacts(3, title=f"Title {number}"))
        world.deliver()
    assert [node["emails"] for node in world.held("Contact")].count(["person1@example.com"]) == 1
    assert world.rows(rows)[1]["coperniq_id"] is None
    assert world.import_of(rows)["coperniq_sync_status"] == "synced"
    newest = world.query(
        "SELECT csv_import_id FROM coperniq_records WHERE contractor_config_id = %s AND state = 'unknown'",
        world.contractor,
    )
    assert world.import_of(newest[0]["csv_import_id"])["coperniq_sync_status"] == "pending"
    audit.agrees(world, [other])


@pytest.mark.parametrize(("headers", "pause"), [({}, None), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "0"}, None)])
def test_a_throttled_request_waits_as_it_is_asked_to(
    world: World, proxy: Proxy, headers: dict[str, str], pause: float | None
) -> None:
    world.bring("Contact.csv", *contacts(3))
    proxy.headers = headers
    proxy.script("Create", "throttle", "throttled")
    assert world.deliver()["Contact"].records["created"] == 3
    assert len(world.pauses) == 2
    if pause:
        assert world.pauses == [pause, pause]
    else:
        assert 0.3 < world.pauses[0] < world.pauses[1] * 1.7 < 3
    audit.agrees(world)


def test_a_days_quota_that_is_used_up_is_not_waited_for(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(3))
    proxy.headers = {"Retry-After": "3600"}
    proxy.always("Create", "throttle")
    done = world.deliver()["Contact"]
    assert done.resumes_at is not None
    assert abs(done.resumes_at - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=30)
    assert done.stopped == f"Coperniq answered 429. 3 records wait until {in_words(done.resumes_at)}."
    assert world.query(
        "SELECT resumes_at FROM contractor_leases WHERE contractor_config_id = %s", world.contractor
    ) == [{"resumes_at": done.resumes_at}]
    assert (len(proxy.seen), world.pauses) == (1, [])
    assert set(world.states("Contact").values()) == {"ready"}


def test_everything_broken_at_random_comes_right(world: World, proxy: Proxy) -> None:
    chance = random.Random(7)
    actions: list[Any] = [*BEFORE, *AFTER[:-1], *MANGLED.values(), *["pass"] * 10]
    for operation in ("Create", "Find"):
        proxy.script(
            operation, *(chance.choice(actions if operation == "Create" else BEFORE + ["pass"] * 3) for _ in range(60))
        )
    bring_all(world)
    world.bring("Contact 2.csv", *contacts(300))
    until_nothing_is_open(world, world.deliver, runs=40)
    assert {record_type.name: len(world.held(record_type.name)) for record_type in catalogue.TYPES} == {
        name: len(rows) + (300 if name == "Contact" else 0) for name, rows in FILES.items()
    }
    assert max(world.pauses) <= LONGEST_PAUSE_SECONDS
    assert Outcome.OPEN not in world.states("Contact").values()
    audit.agrees(world)


def test_a_newer_row_takes_the_turn_of_one_whose_outcome_is_open(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", contact(0, title="old"))
    proxy.always("Create", "lose")
    proxy.always("Find", "status 503")
    world.deliver()
    world.bring("Contact 2.csv", contact(0, title="new"))
    proxy.always("Create", "pass")
    proxy.always("Find", "pass")
    world.deliver()
    assert [node["title"] for node in world.held("Contact")] == ["new"]
    audit.agrees(world)


@pytest.mark.parametrize("action", ["drop", "lose"])
def test_a_record_that_was_there_before_is_not_taken_for_ours(world: World, proxy: Proxy, action: str) -> None:
    """Somebody entered the very same contact by hand an hour ago; what our request did is told by Coperniq's clock."""
    world.bring("Contact.csv", contact(0))
    (other,) = world.enter("Contact", {"name": "Person 0", "emails": ["person0@example.com"]})
    with closing(sqlite3.connect(world.store)) as held, held:
        held.execute("UPDATE records SET created_at = created_at - 3600000000 WHERE id = ?", (other,))
    proxy.script("Create", action)
    assert world.deliver()["Contact"].records == {"created": 1}
    assert len(proxy.requests("Create")) == (2 if action == "drop" else 1)
    (ours,) = world.query("SELECT coperniq_id FROM coperniq_records WHERE contractor_config_id = %s", world.contractor)
    assert ours["coperniq_id"] in {node["id"] for node in world.held("Contact")} - {other}
    assert len(world.held("Contact")) == 2
    audit.agrees(world, [other])
