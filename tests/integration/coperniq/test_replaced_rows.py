"""Rows that others replaced before they were sent have their turn again, where the import of those is rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq import taking_back
from tests.integration.coperniq import audit
from tests.integration.coperniq.test_checking import change, ids
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.coperniq.world import before_writing, contact, contacts

if TYPE_CHECKING:
    from uuid import UUID

    from assets.coperniq.taking_back import TakenBack
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World

REPLACED = "Replaced, before it was sent, by row 1 of {}."
AGAIN = "Row 1 of {} was rolled back: this row has its turn again."
UNDONE = "Rolled back before it was sent."


def bring(world: World, title: str, **fields: object) -> UUID:
    return world.bring(f"Contact {title}.csv", contact(0, title=title, **fields))


def remark(world: World, import_id: UUID) -> str | None:
    return world.rows(import_id)[0]["error_message"]


def titles(world: World) -> list[Any]:
    return [node.get("title") for node in world.held("Contact")]


def sync_status(world: World, import_id: UUID) -> str:
    return str(world.import_of(import_id)["coperniq_sync_status"])


def test_the_row_before_goes_where_the_one_that_replaced_it_is_rolled_back(world: World) -> None:
    first = bring(world, "first")
    second = bring(world, "second")
    done = roll_back(world, second)
    assert (done.withdrawn, done.again, done.left) == (1, 1, {})
    assert sync_status(world, first) == "pending"
    world.deliver()
    assert titles(world) == ["first"]
    assert (sync_status(world, first), sync_status(world, second)) == ("synced", "synced")
    assert remark(world, first) == f"{REPLACED.format('Contact second.csv')} {AGAIN.format('Contact second.csv')}"
    assert remark(world, second) == UNDONE
    audit.agrees(world)


def test_an_update_that_was_replaced_goes_in_its_turn(world: World) -> None:
    bring(world, "sent")
    world.deliver()
    (id_,) = ids(world)
    update, latest = bring(world, "update"), bring(world, "latest")
    assert roll_back(world, latest).again == 1
    assert sync_status(world, update) == "pending"
    world.deliver()
    assert (titles(world), ids(world)) == (["update"], [id_])
    audit.agrees(world)


@pytest.mark.parametrize("by_somebody_else", [False, True])
def test_a_row_goes_where_the_record_of_its_successor_is_deleted(world: World, *, by_somebody_else: bool) -> None:
    first = bring(world, "first")
    second = world.bring("Contact second.csv", *contacts(3, title="second"))
    world.deliver()
    if by_somebody_else:
        world.erase("Contact", *ids(world))
    done = roll_back(world, second)
    assert (done.deleted, done.gone, done.again) == ((0, 3, 1) if by_somebody_else else (3, 0, 1))
    assert (sync_status(world, first), world.states("Contact")) == ("pending", {"person0@example.com": "ready"})
    world.deliver()
    assert titles(world) == ["first"]
    assert world.import_of(first)["status"] == "success"
    audit.agrees(world)


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("order", [(3, 2), (2, 3), (3, 1), (1, 3), (1, 2)])
def test_the_latest_of_those_that_are_not_undone_goes(world: World, order: tuple[int, int], *, sent: bool) -> None:
    """Three rows of one record, of which two are undone, before or after the latest was sent."""
    imports = [bring(world, str(number)) for number in (1, 2, 3)]
    if sent:
        world.deliver()
    for number in order:
        assert roll_back(world, imports[number - 1]).left == {}
    world.deliver()
    ((left, import_id),) = [(str(n), one) for n, one in enumerate(imports, 1) if n not in order]
    assert titles(world) == [left]
    assert world.rows(import_id)[0]["coperniq_id"] == ids(world)[0]
    audit.agrees(world)


def test_what_an_import_left_in_part_had_waiting_does_not_come_back(world: World) -> None:
    first = bring(world, "first")
    second = world.bring("Contact second.csv", contact(1), contact(0, title="second"))
    third = bring(world, "third")
    world.deliver()
    change(world, world.rows(second)[0]["coperniq_id"], name="Somebody else")
    assert roll_back(world, second).left
    assert world.rows(second)[1]["error_message"] == f"{REPLACED.format('Contact third.csv')} {UNDONE}"
    assert roll_back(world, third).left == {}
    world.deliver()
    assert titles(world) == [None, "first"]
    assert world.rows(first)[0]["coperniq_id"] is not None
    audit.rows_are_accounted_for(world)


def test_a_refused_row_that_is_rolled_back_gives_its_turn_back(world: World, proxy: Proxy) -> None:
    bring(world, "first")
    second = bring(world, "second")
    proxy.refuse("Create", lambda asked: asked["input"][0]["title"] == "second")
    world.deliver()
    assert set(world.states("Contact").values()) == {"rejected"}
    assert roll_back(world, second).again == 1
    world.deliver()
    assert titles(world) == ["first"]


def test_a_row_whose_request_was_not_carried_out_is_next_after_its_successor(world: World, proxy: Proxy) -> None:
    bring(world, "first")
    claimed = bring(world, "claimed")
    client = world.client()
    delivery = world.delivery("Contact", client=client)
    brought: list[UUID] = []
    before_writing(delivery, lambda _: None if brought else brought.append(bring(world, "latest")))
    proxy.always("Create", "throttle")
    delivery.run()
    client.close()
    delivery.lease.give_back(world.conn)
    proxy.always("Create", "pass")
    assert remark(world, claimed) == "Replaced by row 1 of Contact latest.csv."
    assert roll_back(world, brought[0]).again == 1
    assert roll_back(world, claimed).again == 1
    world.deliver()
    assert titles(world) == ["first"]
    audit.agrees(world)


def test_what_came_while_the_record_was_deleted_is_followed_by_what_waited_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bring(world, "first")
    second = bring(world, "second")
    world.deliver()
    brought: list[UUID] = []

    def bring_and_delete(conn: Any, records: Any) -> TakenBack:
        brought.append(bring(world, "third"))
        return delete(conn, records)

    delete = taking_back.delete
    monkeypatch.setattr(taking_back, "delete", bring_and_delete)
    roll_back(world, second)
    monkeypatch.undo()
    assert roll_back(world, brought[0]).left == {}
    world.deliver()
    assert (titles(world), world.rows(first)[0]["coperniq_id"]) == (["first"], ids(world)[0])
    audit.agrees(world)


SITE = {"fullAddress": "1 Main St", "clientId": "person0@example.com", "city": "Newark"}


def test_a_row_with_a_parent_is_ready_at_once(world: World) -> None:
    bring(world, "client")
    world.deliver()
    first = world.bring("Site 1.csv", {**SITE})
    second = world.bring("Site 2.csv", {**SITE, "city": "Hoboken"})
    world.deliver("Contact")
    assert roll_back(world, second).again == 1
    assert set(world.states("Site").values()) == {"ready"}
    world.deliver()
    assert [site["city"] for site in world.held("Site")] == ["Newark"]
    assert world.rows(first)[0]["coperniq_id"] is not None
    audit.agrees(world)


@pytest.mark.parametrize("undone", [[4], [4, 3], [4, 3, 2], [3, 4], [2, 3, 4]])
def test_rows_that_turned_out_to_be_one_record_have_their_turns_in_order(world: World, undone: list[int]) -> None:
    names = ("person0@example.com", "Person 0", "(212) 555-0101", "212-555-0102")
    imports = [
        world.bring(f"Site {number}.csv", {**SITE, "clientId": name, "city": str(number)})
        for number, name in enumerate(names, 1)
    ]
    bring(world, "client", phones="2125550101;2125550102")
    world.deliver()
    assert [site["city"] for site in world.held("Site")] == ["4"]
    for number in undone:
        assert roll_back(world, imports[number - 1]).left == {}
    world.deliver()
    assert [site["city"] for site in world.held("Site")] == [str(max({1, 2, 3, 4} - set(undone)))]
    audit.agrees(world)


def test_of_one_import_the_first_row_has_the_turn(world: World) -> None:
    rows = ({**SITE, "city": "Newark"}, {**SITE, "clientId": "Person 0", "city": "Hoboken"})
    first = world.bring("Site 1.csv", *rows)
    second = world.bring("Site 2.csv", {**SITE, "clientId": "Person 0", "city": "Trenton"})
    bring(world, "client")
    world.deliver()
    assert [site["city"] for site in world.held("Site")] == ["Trenton"]
    assert roll_back(world, second).again == 1
    world.deliver()
    assert [site["city"] for site in world.held("Site")] == ["Newark"]
    assert roll_back(world, first).again == 0
    assert world.held("Site") == []
    audit.agrees(world)
