"""A day's requests that are used up: the run ends well, says until when records wait, and a schedule goes on then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from assets import catalogue
from assets.coperniq import claims, store
from assets.coperniq.limits import Unlimited
from assets.coperniq.rest.client import RestClient
from assets.leases import in_words
from assets.partitions import CONTRACTORS
from orchestration.definitions import build_defs
from tests.integration.coperniq import audit
from tests.integration.coperniq.world import contact, contacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assets.coperniq.transport import Transport
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World


class Day(Unlimited):
    """So many requests, and none before tomorrow."""

    def __init__(self, requests: int, free: datetime) -> None:
        self.left, self.free = requests, free

    def take(self) -> datetime | None:
        self.left -= 1
        return self.free if self.left < 0 else None


def test_a_day_that_is_used_up_ends_the_run_well(world: World, proxy: Proxy) -> None:
    imported = world.bring("Contact.csv", *contacts(1250))
    free = datetime.now(UTC) + timedelta(hours=5)
    done = world.deliver(client=world.client(limits=Day(7, free)))["Contact"]
    assert done.records == {"created": 700}
    assert done.stopped == f"The day's requests are used up. 550 records wait until {in_words(free)}."
    assert done.resumes_at is not None
    assert abs(done.resumes_at - free) < timedelta(seconds=1)
    # What never left is not in the audit log.
    assert len(world.log()) == len(proxy.seen) == done.requests == 7
    assert world.import_of(imported)["coperniq_sync_status"] == "pending"
    assert world.deliver()["Contact"].records == {"created": 550}
    assert world.query(
        "SELECT resumes_at FROM contractor_leases WHERE contractor_config_id = %s", world.contractor
    ) == [{"resumes_at": None}]
    audit.agrees(world)


def test_after_a_long_pause_no_other_type_asks_again(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", contact(0))
    world.deliver()
    world.bring("Contact 2.csv", contact(1))
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person0@example.com"})
    proxy.seen.clear()
    proxy.headers = {"Retry-After": "7200"}
    proxy.always("Create", "throttle")
    client = world.client()
    first = world.delivery("Contact", client=client).run()
    second = world.delivery("Site", client=client).run()
    client.close()
    assert first.stopped is not None
    assert second.stopped is not None
    assert len(proxy.seen) == 1
    assert first.stopped.startswith("Coperniq answered 429. 1 record waits until")


@pytest.mark.parametrize("when", ["near", "far"])
def test_a_time_is_named_by_the_minute_in_which_it_is_over(when: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    moment = now + timedelta(hours=1 if when == "near" else 50)
    ahead = moment + timedelta(seconds=59)
    assert in_words(moment) == (f"{ahead:%H:%M} UTC" if when == "near" else f"{ahead:%Y-%m-%d %H:%M} UTC")


def test_it_says_how_many_wait_and_until_which_minute(world: World) -> None:
    """All of 4,912 contacts but the first batch."""
    world.bring("Contact.csv", *contacts(4912))
    now = datetime.now(UTC)
    free = now.replace(hour=6, minute=40, second=0, microsecond=0)
    free += timedelta(days=1) if free <= now else timedelta()
    done = world.deliver(client=world.client(limits=Day(1, free)))["Contact"]
    assert done.stopped == "The day's requests are used up. 4,812 records wait until 06:40 UTC."
    assert world.said[-1] == done.stopped


@dataclass
class Schedule:
    """The schedule that resumes, and a contractor whom it knows.

    Attributes:
        coperniq: What runs would be given to send by.
    """

    world: World
    instance: dg.DagsterInstance
    coperniq: Transport

    @property
    def slug(self) -> str:
        (row,) = self.world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", self.world.contractor)
        return row["slug"]

    def requested(self, at: datetime) -> list[str | None]:
        """Name the contractors for whom it starts runs at a time."""
        defs = build_defs()
        with dg.build_schedule_context(
            instance=self.instance,
            scheduled_execution_time=at,
            resources={"database": self.world.database, "coperniq": self.coperniq},
            repository_def=defs.get_repository_def(),
        ) as context:
            evaluated = defs.resolve_schedule_def("resume_sending").evaluate_tick(context)
        return [run.partition_key for run in evaluated.run_requests or ()]


@pytest.fixture
def schedule(world: World) -> Iterator[Schedule]:
    client = world.client()
    with dg.instance_for_test() as instance:
        made = Schedule(world, instance, client)
        instance.add_dynamic_partitions(CONTRACTORS.name or "", [made.slug])
        yield made
    client.close()


def test_a_schedule_resumes_when_requests_are_free_again_and_not_before(world: World, schedule: Schedule) -> None:
    world.bring("Contact.csv", *contacts(150))
    now = datetime.now(UTC)
    assert schedule.requested(now + timedelta(seconds=1)) == [schedule.slug]
    done = world.deliver(client=world.client(limits=Day(1, now + timedelta(hours=5))))["Contact"]
    assert done.resumes_at is not None
    assert schedule.requested(done.resumes_at - timedelta(seconds=1)) == []
    assert schedule.requested(done.resumes_at) == [schedule.slug]
    world.lease()
    assert schedule.requested(datetime.now(UTC)) == []
    world.deliver()
    assert schedule.requested(done.resumes_at + timedelta(days=1)) == []


def test_a_schedule_starts_nothing_for_what_no_run_would_send(world: World, schedule: Schedule) -> None:
    """What has no endpoint, and what a rollback marked and did not delete yet."""
    world.bring("Contact.csv", contact(0))
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person0@example.com"})
    world.deliver()
    world.bring("System.csv", {"name": "Roof array", "siteId": "1 Main St"})
    world.deliver("System", client=world.client(limits=Day(0, datetime.now(UTC) - timedelta(seconds=1))))
    assert world.states("System") != {}
    later = datetime.now(UTC) + timedelta(hours=1)
    assert schedule.requested(later) == [schedule.slug]
    schedule.coperniq = RestClient("http://127.0.0.1:1", "key", 1)
    assert schedule.requested(later) == []
    (person,) = world.query(
        "SELECT id FROM coperniq_records WHERE contractor_config_id = %s AND coperniq_type = 'Contact'",
        world.contractor,
    )
    claims.undo(world.conn, store.Scope(world.contractor, catalogue.CONTACT), [person["id"]])
    assert world.states("Contact") == {"person0@example.com": "ready"}
    assert schedule.requested(later) == []
    world.conn.execute("UPDATE coperniq_records SET undone_record_id = NULL WHERE id = %s", [person["id"]])
    assert schedule.requested(later) == [schedule.slug]
