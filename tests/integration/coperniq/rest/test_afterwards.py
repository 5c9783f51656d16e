"""What is done about records after they were sent, through the REST API: comparing them, and rolling imports back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq import rolling_back
from assets.coperniq.undoing import Standing
from sandbox.coperniq import ledger
from tests.integration.coperniq.rest import books
from tests.integration.coperniq.test_checking import check, found
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.coperniq.world import contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.rest.conftest import RestWorld

PEOPLE = 3


@pytest.fixture
def sent(remote_world: RestWorld) -> dict[str, Any]:
    """Send an office's records; give the imports by type."""
    imports = books.bring(remote_world, PEOPLE)
    remote_world.deliver()
    books.agree(remote_world, PEOPLE)
    return imports


def held(world: RestWorld, kind: str) -> list[dict[str, Any]]:
    """List what the company has of a kind and has not archived."""
    return [row for row in ledger.records(world.store, kind, world.company) if not row.get("isArchived")]


def call(world: RestWorld, verb: str, path: str, body: object = None) -> Any:
    """Do something in Coperniq by hand."""
    client = world.client()
    answered = client.wire.request(verb, f"{world.url}{path}", **({} if body is None else {"json": body}))
    client.close()
    assert answered.response.ok, answered.response.text
    return answered.response.json() if answered.response.content else None


@pytest.mark.usefixtures("sent")
def test_what_was_sent_agrees_and_each_kind_of_difference_is_found(remote_world: RestWorld) -> None:
    world = remote_world
    for name in books.KINDS:
        assert (check(world, name).read, found(world)) == (PEOPLE, []), name
    changed, *_ = held(world, "accounts")
    gone = held(world, "assets")[-1]
    call(world, "PATCH", f"/accounts/{changed['id']}", {"title": "Somebody else"})
    call(world, "PATCH", f"/assets/{gone['id']}", {"isArchived": True})
    site = {"fullAddress": "99 Elm Rd", "accountId": int(changed["id"])}
    stranger = call(world, "POST", "/sites", site)
    for name in books.KINDS:
        assert check(world, name).stopped is None
    assert found(world) == [
        ("changed", str(changed["id"]), ["name"]), ("missing", str(gone["id"]), None),
        ("unknown", str(stranger["id"]), None),
    ]  # fmt: skip
    assert {row["entity_type"] for row in world.log(operation_type="sync_check")} == set(books.KINDS)


@pytest.mark.parametrize("type_name", ["System", "ServicePlanInstance"])
def test_what_has_no_endpoint_is_not_compared_and_says_why(remote_world: RestWorld, type_name: str) -> None:
    done = check(remote_world, type_name)
    assert done.requests == 0
    assert "set COPERNIQ_TRANSPORT=graphql" in str(done.stopped)


def test_imports_are_undone_children_first(remote_world: RestWorld, sent: dict[str, Any]) -> None:
    world = remote_world
    assert roll_back(world, sent["Contact"]).left == {Standing.IN_USE: PEOPLE}
    for name in reversed(books.KINDS):
        done = roll_back(world, sent[name])
        assert (done.deleted, done.left, done.stopped) == (PEOPLE, {}, None), name
        assert world.import_of(sent[name])["status"] == rolling_back.ROLLED_BACK
    assert {kind: held(world, kind) for kind, _ in books.KINDS.values()} == {
        kind: [] for kind, _ in books.KINDS.values()
    }
    deletes = world.log(operation_type="delete")
    assert len(deletes) == PEOPLE * len(books.KINDS)
    assert all(row["rollback_attempted"] and row["rollback_successful"] for row in deletes)


def test_what_somebody_changed_or_deleted_is_left_or_let_go_of(remote_world: RestWorld, sent: dict[str, Any]) -> None:
    world = remote_world
    changed, gone, _ = held(world, "work-orders")
    owner = {row["id"]: row["accountId"] for row in held(world, "work-orders")}
    call(world, "PATCH", f"/accounts/{owner[changed['id']]}/work-orders/{changed['id']}", {"title": "Mine now"})
    call(world, "DELETE", f"/accounts/{owner[gone['id']]}/work-orders/{gone['id']}")
    done = roll_back(world, sent["Task"])
    assert (done.deleted, done.gone, done.left) == (1, 1, {Standing.CHANGED: 1})
    assert [row["title"] for row in held(world, "work-orders")] == ["Mine now"]


def test_a_record_that_is_refused_to_be_read_is_not_let_go_of(world: RestWorld) -> None:
    import_id = world.bring("Contact.csv", *contacts(3))
    world.deliver(threads=1)
    world.face.fail("GET /accounts/.*", "pass", "status 400")
    done = roll_back(world, import_id)
    assert str(done.stopped).startswith("Coperniq refused to be read (REJECTED)")
    assert (done.gone, done.deleted, done.left) == (0, 0, {Standing.DELETE: 3})
    assert (len(world.face.rows("accounts")), set(world.states("Contact").values())) == (3, {"synced"})
    assert roll_back(world, import_id).deleted == 3
