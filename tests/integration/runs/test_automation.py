"""When views are rebuilt by themselves: once after new data, whoever brought it, and once a night in any case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.definitions import ANALYTICS_JOB, defs

if TYPE_CHECKING:
    from tests.integration.runs.conftest import History

AT = datetime(2026, 3, 2, 12, 1, tzinfo=UTC)


@dataclass
class Automation:
    """The views' conditions, looked at again and again."""

    history: History
    _cursor: Any = field(default=None, init=False)

    def requested(self, minutes: float) -> list[str]:
        """Look so many minutes after the beginning; name the views that are to be rebuilt."""
        found = dg.evaluate_automation_conditions(
            defs,
            self.history.instance,
            asset_selection=dg.AssetSelection.groups("analytics"),
            evaluation_time=AT + timedelta(minutes=minutes),
            cursor=self._cursor,
        )
        self._cursor = found.cursor
        return sorted(one.key.to_user_string() for one in found.results if found.get_num_requested(one.key))

    def brings(self, asset: str, *slugs: str) -> None:
        """Have runs of contractors bring data."""
        self.history.knows(*slugs)
        for slug in slugs:
            materialization = dg.AssetMaterialization(asset.split("/"), partition=slug)
            self.history.instance.report_runless_asset_event(materialization)

    def rebuild(self, views: list[str]) -> None:
        """Rebuild views."""
        for view in views:
            self.history.instance.report_runless_asset_event(dg.AssetMaterialization(view.split("/")))


def built_on(*assets: str) -> list[str]:
    """Name the views that are built on assets: staging views, and the marts above them."""
    of_dbt = dg.AssetSelection.groups("analytics")
    read = dg.AssetSelection.assets(*(asset.split("/") for asset in assets)).downstream(depth=1) & of_dbt
    return sorted(key.to_user_string() for key in read.downstream().resolve(defs.resolve_asset_graph()))


@pytest.fixture
def automation(history: History) -> Automation:
    """Give the automation, looked at once."""
    given = Automation(history)
    assert given.requested(0) == []
    return given


def test_the_data_of_many_runs_is_rebuilt_once_when_a_quarter_of_an_hour_is_over(automation: Automation) -> None:
    automation.brings("csv_import_records", *(f"c{number}" for number in range(20)))
    assert automation.requested(1) == []
    automation.brings("coperniq/contact", "c1", "c2")
    assert automation.requested(13) == []
    # A view and what is built on it at once: dbt starts once for both.
    views = built_on("csv_import_records", "coperniq/contact")
    assert automation.requested(14) == views
    assert {"analytics/stg_csv_import_records", "csv_import_summary"} < set(views)
    assert {"analytics/stg_templates", "contractor_summary"}.isdisjoint(views)
    automation.rebuild(views)
    assert [automation.requested(minutes) for minutes in (15, 29, 44)] == [[], [], []]


def test_without_new_data_nothing_is_rebuilt(automation: Automation) -> None:
    assert [automation.requested(minutes) for minutes in (14, 29, 44, 24 * 60)] == [[], [], [], []]


def test_data_that_comes_after_a_rebuilding_is_the_next_ones(automation: Automation) -> None:
    automation.brings("csv_imports", "abc")
    views = built_on("csv_imports")
    assert automation.requested(14) == views
    automation.rebuild(views)
    assert automation.requested(15) == []
    automation.brings("csv_imports", "abc")
    assert automation.requested(16) == []
    assert automation.requested(29) == views


def test_a_rebuilding_by_somebody_else_counts(automation: Automation) -> None:
    automation.brings("csv_imports", "abc")
    assert automation.requested(5) == []
    automation.rebuild(built_on("csv_imports"))
    assert automation.requested(14) == []


def test_every_view_is_rebuilt_once_a_night(history: History) -> None:
    schedule = defs.resolve_schedule_def("rebuild_nightly")
    assert schedule.job_name == ANALYTICS_JOB
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    with dg.build_schedule_context(instance=history.instance, scheduled_execution_time=AT) as context:
        (request,) = schedule.evaluate_tick(context).run_requests or ()
    assert request.partition_key is None
    assert request.run_config["ops"] == {"analytics": {"config": {"everything": True}}}
    assert dg.validate_run_config(defs.resolve_job_def(ANALYTICS_JOB), request.run_config)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("rebuild_nightly", ["2026-03-02T07:30", "2026-03-03T07:30"]),
        ("sync_check_nightly", ["2026-03-02T08:00", "2026-03-03T08:00"]),
        ("resume_sending", ["2026-03-02T00:00", "2026-03-02T00:10"]),
    ],
)
def test_schedules_tick_when_they_say(name: str, at: list[str]) -> None:
    schedule = defs.resolve_schedule_def(name)
    since = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
    ticks = schedule_execution_time_iterator(since, schedule.cron_schedule, schedule.execution_timezone)
    assert [next(ticks) for _ in at] == [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in at]


def test_what_works_by_itself_does_so_in_a_new_stack() -> None:
    off = [one.name for one in defs.schedules or () if one.default_status is not dg.DefaultScheduleStatus.RUNNING]
    off += [one.name for one in defs.sensors or () if one.default_status is not dg.DefaultSensorStatus.RUNNING]
    assert off == []
