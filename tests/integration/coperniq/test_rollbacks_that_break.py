"""Rollbacks that meet faults, a used-up quota, another run or a kill: nothing is lost, and the next completes them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from assets import leases
from assets.coperniq import rolling_back
from assets.coperniq.deliver import KeyRefused
from assets.coperniq.rolling_back import Rollback
from assets.coperniq.undoing import Standing
from assets.database import Database
from assets.leases import LeaseLost
from tests.integration.coperniq import audit, undoer
from tests.integration.coperniq.test_checking import change, ids
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.coperniq.world import contacts

if TYPE_CHECKING:
    import psycopg

    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World


@pytest.mark.parametrize("action", ["drop", "throttle", "lose", "bad_gateway", "truncate"])
def test_a_delete_that_breaks_is_carried_out_once(world: World, proxy: Proxy, action: str) -> None:
    import_id = world.bring("Contact.csv", *contacts(150))
    world.deliver()
    proxy.script("Delete", action)
    proxy.script("Find", "bad_gateway")
    done = roll_back(world, import_id)
    assert (done.left, world.held("Contact")) == ({}, [])
    assert world.import_of(import_id)["status"] == "rolled_back"
    audit.agrees(world)


def test_an_outage_leaves_the_rest_to_the_next_rollback_and_to_no_import(world: World, proxy: Proxy) -> None:
    import_id = world.bring("Contact.csv", *contacts(150))
    world.deliver()
    proxy.script("Delete", "pass")
    proxy.always("Delete", "status 503")
    stopped = roll_back(world, import_id)
    assert stopped.stopped is not None
    assert (stopped.deleted, sum(stopped.left.values())) == (100, 50)
    assert world.import_of(import_id)["status"] == "success"
    proxy.always("Delete", "pass")
    world.deliver()
    assert len(world.held("Contact")) == 50
    change(world, ids(world)[0], name="Somebody else")
    assert roll_back(world, import_id).left == {Standing.CHANGED: 1}
    assert len(world.held("Contact")) == 1


def test_a_quota_that_is_used_up_and_a_refused_key_delete_nothing(world: World, proxy: Proxy) -> None:
    import_id = world.bring("Contact.csv", *contacts(3))
    world.deliver()
    proxy.headers = {"Retry-After": "3600"}
    proxy.script("Find", "throttle")
    done = roll_back(world, import_id)
    assert (done.deleted, done.left) == (0, {Standing.DELETE: 3})
    assert str(done.stopped).startswith("Coperniq answered 429. Requests are free again at ")
    with pytest.raises(KeyRefused):
        roll_back(world, import_id, client=world.client(url=world.direct, key="no such key"))
    assert len(world.held("Contact")) == 3


@pytest.mark.parametrize("operation", ["Find", "Delete"])
def test_a_rollback_whose_lease_was_taken_over_writes_nothing_more(world: World, proxy: Proxy, operation: str) -> None:
    """Somebody else has the contractor by the time that Coperniq's answer is there."""
    import_id = world.bring("Contact.csv", *contacts(3))
    world.deliver()
    lease, client, of = world.lease(), world.client(), rolling_back.find(world.conn, str(import_id))
    before: list[Any] = []

    def overtake(body: dict[str, Any]) -> dict[str, Any]:
        with Database(world.database.url).connect() as other:
            lease.give_back(other)
            assert leases.take(other, world.contractor, "another") is not None
            before.append(_rows(other, world))
        return body

    proxy.script(operation, overtake)
    with pytest.raises(LeaseLost):
        Rollback(world.conn, client, lease, of, "test", world.said.append, world.pauses.append).run()
    client.close()
    assert [_rows(world.conn, world)] == before
    assert len(proxy.requests("Delete")) == (operation == "Delete")
    assert len(world.held("Contact")) == (3 if operation == "Find" else 0)


def _rows(conn: psycopg.Connection[Any], world: World) -> list[Any]:
    tables = ("coperniq_records", "coperniq_sync_log", "data_lineage", "csv_imports")
    asked = [f"SELECT * FROM {table} WHERE contractor_config_id = %s ORDER BY id" for table in tables]
    return [conn.execute(one.encode(), [world.contractor]).fetchall() for one in asked]


@pytest.mark.parametrize("operation", ["Find", "Delete"])
def test_a_rollback_that_was_killed_is_completed_by_the_next(
    world: World, shared_database: str, proxy: Proxy, operation: str
) -> None:
    import_id = world.bring("Contact.csv", *contacts(250))
    world.deliver()
    if operation == "Delete":
        proxy.script("Delete", "pass", "late 0.4")
    else:
        proxy.script("Find", "pass", "delay 5")
    run = undoer.start(world, shared_database, import_id)
    wanted = 2
    while len(proxy.requests(operation)) < wanted:
        assert run.poll() is None
        time.sleep(0.005)
    run.kill()
    run.communicate()
    time.sleep(0.6)
    left = len(world.held("Contact"))
    assert left < 250 if operation == "Delete" else left == 250
    world.deliver()
    assert len(world.held("Contact")) == left
    proxy.always("Find", "pass")
    if left:
        change(world, ids(world)[0], name="Somebody else")
    done = roll_back(world, import_id)
    assert done.left == ({Standing.CHANGED: 1} if left else {})
    assert len(world.held("Contact")) == min(left, 1)
    assert not world.query(
        "SELECT 1 FROM coperniq_records WHERE contractor_config_id = %s AND (undone_record_id IS NOT NULL"
        " OR state <> 'synced')",
        world.contractor,
    )
