"""Records in doubt: listed, looked up again, settled by what a person says, and never sent blindly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets import catalogue
from assets.coperniq import unsettled
from assets.coperniq.resolving import ResolveError, Resolving
from assets.coperniq.store import Scope
from assets.coperniq.unsettled import Unsettled
from tests.integration.coperniq import audit
from tests.integration.coperniq.test_checking import change
from tests.integration.coperniq.world import contact, contacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World


@pytest.fixture
def doubtful(world: World, proxy: Proxy) -> tuple[UUID, str]:
    """Leave one record in doubt: its request was lost, and another with its key came since; give both."""
    import_id = world.bring("Contact.csv", *contacts(3, title="Tech"))
    proxy.script("Create", "drop")
    (other,) = world.enter("Contact", {"name": "Somebody else", "emails": ["person1@example.com"]})
    world.deliver()
    assert world.states("Contact")["person1@example.com"] == "unknown"
    return import_id, other


@pytest.fixture
def resolving(world: World, doubtful: tuple[UUID, str]) -> Iterator[Resolving]:
    client = world.client()
    yield Resolving(world.conn, client, world.lease(), Scope(world.contractor, catalogue.CONTACT), "mep resolve (ann)")
    client.close()


def listed(world: World) -> list[Unsettled]:
    return unsettled.every(world.conn, world.contractor)


def test_what_is_in_doubt_is_listed_with_what_it_takes_to_find_it(world: World, doubtful: tuple[UUID, str]) -> None:
    (one,) = listed(world)
    assert (one.coperniq_type, one.record_number, one.import_name) == ("Contact", 2, "Contact.csv")
    assert (one.key, one.why) == (
        "person1@example.com", "Coperniq has a record that may be this one, with other values",
    )  # fmt: skip
    assert one in unsettled.every(world.conn)


def test_another_look_up_settles_what_it_can(
    world: World, resolving: Resolving, doubtful: tuple[UUID, str], proxy: Proxy
) -> None:
    (one,) = listed(world)
    resolving.look_up([one.id])
    assert listed(world)[0].id == one.id
    proxy.always("Find", "status 503")
    with pytest.raises(ResolveError, match=r"Coperniq answered 503\. Nothing was settled"):
        resolving.look_up([one.id])
    assert listed(world)[0].id == one.id
    proxy.always("Find", "pass")
    world.erase("Contact", doubtful[1])
    resolving.look_up([one.id])
    assert listed(world) == []
    assert len(proxy.requests("Create")) == 2
    world.deliver()
    assert [node["emails"] for node in world.held("Contact")].count(["person1@example.com"]) == 1
    audit.agrees(world)


def test_a_record_that_a_person_found_is_settled_and_not_sent_again(
    world: World, resolving: Resolving, doubtful: tuple[UUID, str], proxy: Proxy
) -> None:
    import_id, other = doubtful
    (one,) = listed(world)
    assert resolving.sent(one.id, other) == ["name", "title"]
    assert listed(world) == []
    world.deliver()
    assert len(world.held("Contact")) == 3
    assert world.rows(import_id)[1]["coperniq_id"] == other
    assert world.import_of(import_id)["coperniq_sync_status"] == "synced"
    last = world.log(operation_type="sync_check")[-1]
    assert (last["performed_by"], last["records_successful"], last["csv_import_id"]) == (
        "mep resolve (ann)", 1, import_id,
    )  # fmt: skip
    change(world, other, name="Person 1", title="Tech")
    audit.agrees(world)


def test_an_id_that_coperniq_does_not_have_or_that_is_taken_settles_nothing(
    world: World, resolving: Resolving, doubtful: tuple[UUID, str]
) -> None:
    (one,) = listed(world)
    taken = next(node["id"] for node in world.held("Contact") if node["name"] == "Person 0")
    with pytest.raises(ResolveError, match="Coperniq has no Contact nothing"):
        resolving.sent(one.id, "nothing")
    with pytest.raises(ResolveError, match="is another record's id already"):
        resolving.sent(one.id, taken)
    assert listed(world)[0].id == one.id
    assert [row["records_successful"] for row in world.log(performed_by="mep resolve (ann)")] == [0, 0]


def test_what_a_person_says_is_not_there_goes_with_the_next_run(
    world: World, resolving: Resolving, doubtful: tuple[UUID, str], proxy: Proxy
) -> None:
    import_id, other = doubtful
    (one,) = listed(world)
    asked = len(proxy.requests("Find"))
    assert resolving.not_sent(one.id) is None
    assert (len(proxy.requests("Find")), len(proxy.requests("Create"))) == (asked + 1, 2)
    assert world.states("Contact")["person1@example.com"] == "ready"
    assert world.rows(import_id)[1]["error_message"] == "mep resolve (ann) said that Coperniq does not have it."
    world.deliver()
    assert [node["emails"] for node in world.held("Contact")].count(["person1@example.com"]) == 2
    audit.agrees(world, [other])


def test_what_a_person_says_is_not_there_and_is_there_is_not_sent(
    world: World, resolving: Resolving, doubtful: tuple[UUID, str]
) -> None:
    _, other = doubtful
    (one,) = listed(world)
    change(world, other, name="Person 1", title="Tech")
    assert resolving.not_sent(one.id) == other
    world.deliver()
    assert len(world.held("Contact")) == 3
    audit.agrees(world)


@pytest.mark.parametrize("said", ["sent", "not sent"])
def test_a_record_whose_import_was_deleted_is_settled_too(
    world: World, resolving: Resolving, doubtful: tuple[UUID, str], said: str
) -> None:
    import_id, other = doubtful
    (one,) = listed(world)
    world.query("DELETE FROM coperniq_sync_log WHERE csv_import_id = %s RETURNING id", import_id)
    world.query("DELETE FROM csv_imports WHERE id = %s RETURNING id", import_id)
    assert listed(world)[0].why == "its import was deleted, so what was sent is not known any more"
    if said == "sent":
        assert resolving.sent(one.id, other) == []
        assert world.states("Contact")["person1@example.com"] == "synced"
    else:
        assert resolving.not_sent(one.id) is None
        assert "person1@example.com" not in world.states("Contact")
    assert listed(world) == []


def test_many_are_looked_up_a_hundred_at_a_time(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(120))
    proxy.script("Create", "drop", "drop")
    world.enter("Contact", *[{"name": "Twin", "emails": [f"person{n}@example.com"]} for n in range(100)])
    twins = world.enter("Contact", *[{"name": "Twin", "emails": [f"person{n}@example.com"]} for n in range(100, 120)])
    world.deliver()
    unknown = listed(world)
    assert len(unknown) >= 100
    world.erase("Contact", *twins)
    client = world.client()
    resolving = Resolving(world.conn, client, world.lease(), Scope(world.contractor, catalogue.CONTACT), "test")
    resolving.look_up([one.id for one in unknown])
    client.close()
    assert len(listed(world)) == 100
    assert contact(119)["emails"] not in [one.key for one in listed(world)]
