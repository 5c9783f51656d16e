"""Dagster's old runs go, on a real instance in PostgreSQL; the run that made an asset's latest version stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from sqlalchemy import text

from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from assets.retention.rules import Keep
from orchestration import retention
from orchestration.definitions import build_defs
from orchestration.retention import forget_checks, forget_runs, remove
from tests.conftest import _database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster

FOLDERS = dg.DynamicPartitionsDefinition(name="folders")


@dg.asset(partitions_def=FOLDERS)
def rows() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 1})


@dg.asset(deps=[rows])
def whole() -> None:
    print("to the log")


@dg.asset_check(asset=whole)
def is_whole() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset
def broken() -> None:
    raise RuntimeError("as it is meant")


@pytest.fixture(scope="module")
def database(postgres: Cluster, migrated_template: str) -> Iterator[Database]:
    """Make one migrated database."""
    with _database(postgres, template=migrated_template) as (_, url):
        yield Database(url)


@pytest.fixture(scope="module")
def storage(database: Database) -> Iterator[dg.DagsterInstance]:
    """Make one instance whose storage is PostgreSQL, as the product's."""
    url = database.url.replace("postgresql://", "postgresql+psycopg2://")
    with dg.instance_for_test(overrides={"storage": {"postgres": {"postgres_url": url}}}) as made:
        made.add_dynamic_partitions("folders", ["a", "b"])
        yield made


@pytest.fixture
def instance(storage: dg.DagsterInstance) -> dg.DagsterInstance:
    """Give the instance without a run."""
    for run_id in left(storage):
        storage.delete_run(run_id)
    return storage


def run(instance: dg.DagsterInstance, asset: Any, partition: str | None = None) -> str:
    done = dg.materialize(
        [rows] if asset is rows else [rows, asset],
        instance=instance, partition_key=partition, selection=[asset], raise_on_error=False,
    )  # fmt: skip
    return done.run_id


def age(instance: dg.DagsterInstance, run_id: str, days: int) -> None:
    with instance.run_storage.connect() as conn:  # type: ignore[attr-defined]
        conn.execute(
            text("UPDATE runs SET update_timestamp = :at WHERE run_id = :run"),
            {"at": datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days), "run": run_id},
        )


def left(instance: dg.DagsterInstance) -> set[str]:
    return {found.run_id for found in instance.get_runs()}


def test_a_run_goes_when_a_later_one_made_all_that_it_made(instance: dg.DagsterInstance) -> None:
    runs = [run(instance, rows, "a"), run(instance, rows, "b"), run(instance, rows, "a"), run(instance, broken)]
    runs += [run(instance, whole), run(instance, whole)]
    logs = Path(instance.compute_log_manager.get_log_metadata([runs[4], "x", "y"]).stdout_location or "").parents[1]
    now = datetime.now(UTC)
    assert forget_runs(instance, now - timedelta(hours=1)) == 0
    assert forget_runs(instance, now + timedelta(hours=1)) == 3
    assert left(instance) == {runs[1], runs[2], runs[5]}
    assert not instance.all_logs(runs[0])
    assert not logs.exists()
    assert logs.with_name(runs[5]).exists()
    assert instance.get_materialized_partitions(dg.AssetKey("rows")) == {"a", "b"}
    latest = instance.get_latest_materialization_event(dg.AssetKey("whole"))
    assert latest is not None
    assert latest.run_id == runs[5]
    assert forget_runs(instance, now + timedelta(hours=1)) == 0


def test_the_last_word_of_a_check_stays(instance: dg.DagsterInstance) -> None:
    def said() -> set[str]:
        key = dg.AssetCheckKey(dg.AssetKey("whole"), "is_whole")
        return {found.run_id for found in instance.event_log_storage.get_asset_check_execution_history(key, limit=10)}

    def check() -> str:
        chosen = dg.AssetSelection.assets(whole)
        return dg.materialize([rows, whole, is_whole], instance=instance, selection=chosen).run_id

    runs = [check(), check(), check()]
    assert said() == set(runs)
    forget_checks(instance, datetime.now(UTC) - timedelta(hours=1))
    assert said() == set(runs)
    forget_runs(instance, datetime.now(UTC) + timedelta(hours=1))
    assert said() == set(runs)
    forget_checks(instance, datetime.now(UTC) + timedelta(hours=1))
    assert said() == {runs[2]}


def test_a_run_that_is_not_finished_stays(instance: dg.DagsterInstance) -> None:
    job = dg.Definitions(assets=[whole], jobs=[dg.define_asset_job("j")]).resolve_job_def("j")
    waiting = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED).run_id
    assert forget_runs(instance, datetime.now(UTC) + timedelta(hours=1)) == 0
    assert left(instance) == {waiting}


def test_those_that_stay_hold_up_none_and_a_bound_is_kept(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PAGE", 2)
    kept = [run(instance, rows, "a"), run(instance, rows, "b"), run(instance, whole)]
    gone = [run(instance, broken) for _ in range(3)]
    kept += [run(instance, whole)]
    late = datetime.now(UTC) + timedelta(hours=1)
    assert forget_runs(instance, late, most=2) == 2
    assert forget_runs(instance, late) == 2
    assert left(instance) == {kept[0], kept[1], kept[3]}
    assert not left(instance) & set(gone)


def test_what_goes_at_given_times(instance: dg.DagsterInstance, database: Database) -> None:
    runs = [run(instance, broken) for _ in range(3)]
    for place, days in enumerate((10, 89, 91)):
        age(instance, runs[place], days)
    with database.connect() as conn:

        def at(days: int, keep: int) -> int:
            now = datetime.now(UTC) + timedelta(days=days)
            return remove(conn, instance, None, Keep(events=keep, files=0, log=0), now)["runs"]  # type: ignore[arg-type]

        assert [at(0, 0), at(0, 120), at(-1, 91), at(0, 90), at(0, 90), at(2, 90), at(79, 90), at(81, 90)] == [
            0, 0, 0, 1, 0, 1, 0, 1,
        ]  # fmt: skip
        said = conn.execute("SELECT what, removed FROM retention_log ORDER BY removed_at").fetchall()
    assert said == [("runs", 1)] * 3


def test_the_schedule_asks_for_a_run_a_day_unless_all_is_kept(instance: dg.DagsterInstance) -> None:
    defs = build_defs()
    schedule = defs.resolve_schedule_def("retention_daily")

    def evaluated(time: datetime, keep: Keep) -> dg.ScheduleExecutionData:
        with dg.build_schedule_context(
            instance=instance, scheduled_execution_time=time, resources={"keep": keep},
            repository_def=defs.get_repository_def(),
        ) as context:  # fmt: skip
            return schedule.evaluate_tick(context)

    start = datetime(2028, 2, 28, 12, tzinfo=UTC).timestamp()
    times = schedule_execution_time_iterator(start, schedule.cron_schedule, schedule.execution_timezone)
    ticks = [next(times) for _ in range(3)]
    assert [f"{tick:%d %b %H:%M}" for tick in ticks] == ["29 Feb 09:30", "01 Mar 09:30", "02 Mar 09:30"]
    for tick in ticks:
        (requested,) = evaluated(tick, Keep(0, 0, 30)).run_requests or ()
        assert requested.run_key == f"{tick:%Y-%m-%d}"
    skipped = evaluated(ticks[0], Keep(0, 0, 0))
    assert not skipped.run_requests
    assert "MEP_KEEP" in (skipped.skip_message or "")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_the_job_takes_the_settings_word(instance: dg.DagsterInstance, database: Database, tmp_path: Path) -> None:
    old, young = run(instance, broken), run(instance, broken)
    age(instance, old, 91)
    done = retention.retention_job().execute_in_process(
        instance=instance, resources={"database": database, "inbox": LocalInbox(tmp_path), "keep": Keep(90, 180, 730)}
    )
    assert done.success
    assert left(instance) == {young, done.run_id}
