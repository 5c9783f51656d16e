"""The comparison as Dagster runs it: an asset check for each type, once a night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from assets import catalogue
from assets.coperniq.limits import Allowance, Unlimited
from assets.database import Database
from orchestration.definitions import SYNC_CHECK_JOB, build_defs
from tests.integration.coperniq.test_seven_types import bring_all
from tests.integration.coperniq.world import World, contact

if TYPE_CHECKING:
    from collections.abc import Iterator


class UsedUp(Unlimited):
    """A day's requests that are used up."""

    def take(self) -> datetime | None:
        return datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def alone(world: World, migrated_database: str) -> Iterator[World]:
    """Give a contractor who has a database of his own."""
    with Database(migrated_database).connect() as conn:
        yield World(conn, world.url, world.key, world.company, world.store, world.inbox)


@dataclass
class Allowed(Unlimited):
    """A key that is allowed so much."""

    allowed: Allowance

    def allowance(self) -> Allowance:
        return self.allowed


def tick(instance: dg.DagsterInstance, database: str, at: datetime, allowed: Allowance | None = None) -> Any:
    schedule = build_defs().resolve_schedule_def("sync_check_nightly")
    resources = {"database": Database(database), "limits": Allowed(allowed or Allowance())}
    with dg.build_schedule_context(instance=instance, scheduled_execution_time=at, resources=resources) as context:
        return schedule.evaluate_tick(context)


def test_what_could_not_be_compared_does_not_pass(
    alone: World, migrated_database: str, instance: dg.DagsterInstance
) -> None:
    alone.bring("Contact.csv", contact(0))
    alone.deliver()
    nobody = alone.client(url="http://127.0.0.1:9/graphql", limits=UsedUp())
    job = build_defs({"database": Database(migrated_database), "coperniq": nobody}).resolve_job_def(SYNC_CHECK_JOB)
    checks = job.execute_in_process(instance=instance).get_asset_check_evaluations()
    assert [check.asset_key.path[1] for check in checks if not check.passed] == ["contact"]


def test_every_type_is_compared_and_what_differs_is_a_warning(
    alone: World, migrated_database: str, instance: dg.DagsterInstance
) -> None:
    bring_all(alone)
    alone.deliver()
    job = build_defs({"database": Database(migrated_database), "coperniq": alone.client()}).resolve_job_def(
        SYNC_CHECK_JOB
    )
    checks = job.execute_in_process(instance=instance).get_asset_check_evaluations()
    assert {check.asset_key.path[1] for check in checks} == {record_type.slug for record_type in catalogue.TYPES}
    assert all(check.passed for check in checks)
    person = alone.held("Contact")[0]
    alone.change("Contact", person["id"], name="Somebody else")
    (stranger,) = alone.enter("Contact", {"name": "Stranger", "phones": ["+13035550101"]})
    result = job.execute_in_process(instance=instance)
    assert result.success
    (check,) = (check for check in result.get_asset_check_evaluations() if not check.passed)
    assert (check.asset_key.path, check.severity) == (["coperniq", "contact"], dg.AssetCheckSeverity.WARN)
    shown = {name: value.value for name, value in check.metadata.items()}
    assert (shown["missing"], shown["changed"], shown["unknown"], shown["requests"]) == (0, 1, 1, 1)
    assert shown["fields that differ most"] == {"name": 1}
    (of_contractor,) = shown["contractors"].values()
    assert of_contractor == {"missing": 0, "changed": 1, "unknown": 1, "compared": 3, "stopped": None}
    assert stranger not in str(shown)


def test_a_run_a_night_where_it_takes_few_of_the_days_requests(
    migrated_database: str, instance: dg.DagsterInstance, alone: World
) -> None:
    nothing = tick(instance, migrated_database, datetime(2026, 3, 1, 8, tzinfo=UTC))
    assert (nothing.run_requests, "there is nothing to compare" in nothing.skip_message) == ([], True)
    bring_all(alone)
    alone.deliver()
    for day in (1, 2):
        requested = tick(instance, migrated_database, datetime(2026, 3, day, 8, tzinfo=UTC))
        assert [request.run_key for request in requested.run_requests] == [f"2026-03-0{day}"]
    # A page of each type that was sent: a tenth of 69 requests is less.
    types = len(catalogue.TYPES)
    at = datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert tick(instance, migrated_database, at, Allowance(0, 10 * types, types)).run_requests != []
    for allowed in (Allowance(0, 10 * types - 1, types), Allowance(0, 10 * types, types - 1)):
        skipped = tick(instance, migrated_database, at, allowed)
        assert skipped.run_requests == []
        assert skipped.skip_message.startswith(f"Comparing takes about {types} requests, and a night may spend 6")
    alone.query("UPDATE mep_contractor_configs SET is_active = FALSE RETURNING id")
    assert tick(instance, migrated_database, datetime(2026, 3, 3, 8, tzinfo=UTC)).run_requests == []


def test_the_schedule_comes_at_eight_utc_whatever_the_season() -> None:
    schedule = build_defs().resolve_schedule_def("sync_check_nightly")
    after = datetime(2026, 3, 7, 9, tzinfo=UTC).timestamp()
    times = schedule_execution_time_iterator(after, schedule.cron_schedule, schedule.execution_timezone)
    assert [next(times).isoformat() for _ in range(2)] == ["2026-03-08T08:00:00+00:00", "2026-03-09T08:00:00+00:00"]
