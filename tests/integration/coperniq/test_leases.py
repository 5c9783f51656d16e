"""The lease on a contractor: who has it, for how long, and that whoever lost it neither writes nor sends."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assets import leases
from assets.coperniq.limits import Unlimited
from assets.database import Database
from assets.leases import ContractorBusy, LeaseLost
from tests.integration.coperniq import audit, worker
from tests.integration.coperniq.world import before_writing, contacts, until_nothing_is_open

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from datetime import datetime

    from assets.coperniq.senders import Answer
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World

PEOPLE = 250
LEASE = "SELECT taken_at, expires_at, clock_timestamp() AS now FROM contractor_leases WHERE contractor_config_id = %s"


def wait_until_stopped(run: subprocess.Popen[str]) -> None:
    """Wait for a process to be stopped by a signal."""
    while Path(f"/proc/{run.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)


def test_a_lease_is_one_runs_until_it_is_given_back_or_ends(world: World) -> None:
    first = leases.take(world.conn, world.contractor, "first", 60)
    assert first is not None
    assert first.holds()
    assert leases.take(world.conn, world.contractor, "second") is None
    first.give_back(world.conn)
    assert not first.holds()
    short = leases.take(world.conn, world.contractor, "second", 0.3)
    assert short is not None
    assert short.token > first.token
    while (third := leases.take(world.conn, world.contractor, "third")) is None:
        time.sleep(0.01)
    assert not short.holds()
    assert third.token > short.token
    assert world.query("SELECT taken_by FROM contractor_leases WHERE contractor_config_id = %s", world.contractor) == [
        {"taken_by": "third"}
    ]
    short.give_back(world.conn)
    third.require(world.conn)


def test_whoever_lost_a_lease_is_told_so_and_can_not_have_it_back(world: World) -> None:
    lost = leases.take(world.conn, world.contractor, "first", 0.0)
    assert lost is not None
    lost.require(world.conn)
    lost.renew(world.conn)
    assert lost.holds() is False
    assert leases.take(world.conn, world.contractor, "second") is not None
    for question in (lost.require, lost.renew):
        with pytest.raises(LeaseLost, match="Another run took over"):
            question(world.conn)


def test_a_lease_that_ended_is_not_taken_from_a_run_in_the_middle_of_writing(world: World) -> None:
    held = leases.take(world.conn, world.contractor, "first", 0.0)
    assert held is not None
    with Database(world.database.url).connect() as other:
        with world.conn.transaction():
            held.require(world.conn)
            assert leases.take(other, world.contractor, "second") is None
        assert leases.take(other, world.contractor, "second") is not None


def test_who_stops_in_the_middle_of_writing_keeps_the_contractor_for_one_term(world: World) -> None:
    held = leases.take(world.conn, world.contractor, "first", 1.5)
    assert held is not None
    term = "SHOW idle_in_transaction_session_timeout"
    with world.conn.transaction():
        held.require(world.conn)
        assert [*world.query(term)[0].values()] == ["1500ms"]
    assert [*world.query(term)[0].values()] != ["1500ms"]


def test_a_heartbeat_keeps_a_lease_for_as_long_as_the_work_takes(world: World) -> None:
    with leases.held(world.database, world.contractor, "first", 1.0) as lease:
        time.sleep(lease.deadline - leases.since_boot() + 0.2)
        assert lease.holds()
        with (
            pytest.raises(ContractorBusy, match="Another run is working"),
            leases.held(world.database, world.contractor, "second", wait=0.3),
        ):
            raise AssertionError("two hold one contractor")
    with leases.held(world.database, world.contractor, "second", wait=0.0) as second:
        assert second.holds()
    assert not [thread for thread in threading.enumerate() if thread.name == "lease"]


def test_a_heartbeat_that_finds_the_lease_taken_ends_it(world: World) -> None:
    with leases.held(world.database, world.contractor, "first", 0.2) as lease:
        world.conn.execute(
            "UPDATE contractor_leases SET token = token + 1 WHERE contractor_config_id = %s", [world.contractor]
        )
        time.sleep(0.4)
        assert not lease.holds()


def test_a_killed_run_holds_its_contractor_until_its_lease_ends(
    world: World, shared_database: str, proxy: Proxy
) -> None:
    world.bring("Contact.csv", *contacts(3))
    proxy.script("Create", "late 0.5")
    run = worker.start(world, shared_database, types=["Contact"], lease=1.5)
    while not proxy.requests("Create"):
        assert run.poll() is None, run.communicate()
        time.sleep(0.005)
    assert leases.take(world.conn, world.contractor, "test") is None
    run.kill()
    run.communicate()
    (killed,) = world.query(LEASE, world.contractor)
    assert killed["expires_at"] <= killed["now"] + timedelta(seconds=1.5)
    world.lease()
    (taken,) = world.query(LEASE, world.contractor)
    assert taken["taken_at"] >= killed["expires_at"]
    while len(world.held("Contact")) < 3:
        time.sleep(0.01)
    world.deliver()
    assert len(world.held("Contact")) == 3
    audit.agrees(world)


@pytest.mark.parametrize("where", ["request", "write"])
def test_a_zombie_sends_and_writes_nothing(world: World, shared_database: str, where: str) -> None:
    """The run is stopped: before its request leaves, or with the answer in its hands. It wakes after a take-over."""
    world.bring("Contact.csv", *contacts(PEOPLE))
    zombie = worker.start(world, shared_database, types=["Contact"], stop=where)
    wait_until_stopped(zombie)
    assert len(world.held("Contact")) == (100 if where == "write" else 0)
    until_nothing_is_open(world, world.deliver)
    before = (world.log(), len(world.operations()))
    assert len(world.held("Contact")) == PEOPLE
    zombie.send_signal(signal.SIGCONT)
    _, errors = zombie.communicate(timeout=20)
    assert zombie.returncode == 1
    assert "LeaseLost: Another run took over this contractor" in errors
    assert (world.log(), len(world.operations())) == before
    audit.agrees(world)


def test_what_waits_for_its_turn_does_not_leave_when_its_run_has_ended(world: World) -> None:
    """A thread is held up by the limits; meanwhile its run finds that another has taken over, and ends."""
    world.bring("Contact.csv", *contacts(300))
    lease, ended = world.lease(), threading.Event()
    turns, taken_in = itertools.count(1), itertools.count(1)

    class SecondIsLate(Unlimited):
        def take(self) -> datetime | None:
            if next(turns) == 2:
                ended.wait(20)
            return None

    def give_back(_: Sequence[Answer]) -> None:
        if next(taken_in) == 2:
            lease.give_back(world.conn)

    delivery = world.delivery("Contact", lease=lease, client=world.client(limits=SecondIsLate()), threads=2)
    before_writing(delivery, give_back)
    with pytest.raises(LeaseLost):
        delivery.run()
    ended.set()
    for thread in threading.enumerate():
        if thread.name.startswith("sender"):
            thread.join(20)
    assert len(world.held("Contact")) == 200
    delivery.client.close()


@pytest.mark.parametrize("where", ["request", "write"])
def test_a_run_that_was_only_asleep_goes_on(world: World, shared_database: str, where: str) -> None:
    world.bring("Contact.csv", *contacts(PEOPLE))
    sleeper = worker.start(world, shared_database, types=["Contact"], stop=where)
    wait_until_stopped(sleeper)
    time.sleep(1.2)
    sleeper.send_signal(signal.SIGCONT)
    _, errors = sleeper.communicate(timeout=20)
    assert sleeper.returncode == 0, errors
    assert len(world.held("Contact")) == PEOPLE
    audit.agrees(world)
