"""A day's requests that are used up: the run ends well, says until when records wait, and a schedule goes on then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from assets.coperniq import store
from assets.coperniq.limits import Unlimited
from assets.leases import in_words
from assets.partitions import CONTRACTORS
from orchestration.definitions import build_defs
from tests.integration.coperniq import audit
from tests.integration.coperniq.world import contact, contacts

if TYPE_CHECKING:
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
    assert first.stopped.startswith("Coperniq answered 429. 1 records wait until")


@pytest.mark.parametrize("when", ["near", "far"])
def test_a_time_is_named_by_the_minute_in_which_it_is_over(when: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    moment = now + timedelta(hours=1 if when == "near" else 50)
    ahead = moment + timedelta(seconds=59)
    assert in_words(moment) == (f"{ahead:%H:%M} UTC" if when == "near" else f"{ahead:%Y-%m-%d %H:%M} UTC")


def test_a_schedule_resumes_when_requests_are_free_again(world: World) -> None:
    world.bring("Contact.csv", *contacts(150))
    now = datetime.now(UTC)
    free = now + timedelta(hours=5)
    (slug,) = (row["slug"] for row in world.query(
        "SELECT slug FROM mep_contractor_configs WHERE id = %s", world.contractor
    ))  # fmt: skip
    defs = build_defs()
    schedule = defs.resolve_schedule_def("resume_sending")
    with dg.instance_for_test() as instance:
        instance.add_dynamic_partitions(CONTRACTORS.name or "", [slug])

        def requested(at: datetime) -> list[str | None]:
            with dg.build_schedule_context(
                instance=instance,
                scheduled_execution_time=at,
                resources={"database": world.database},
                repository_def=defs.get_repository_def(),
            ) as context:
                return [run.partition_key for run in schedule.evaluate_tick(context).run_requests or ()]

        assert requested(now + timedelta(seconds=1)) == [slug]
        world.deliver(client=world.client(limits=Day(1, free)))
        assert requested(now + timedelta(hours=4)) == []
        assert requested(now + timedelta(hours=6)) == [slug]
        world.lease()
        assert requested(datetime.now(UTC)) == []
        world.deliver()
        assert requested(now + timedelta(hours=6)) == []
    assert slug not in store.due(world.conn, now + timedelta(days=1))
