"""What the queue of runs lets work at once, by the instance's own configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._utils.tags import TagConcurrencyLimitsCounter

from assets.coperniq.checks import COMPARISONS
from assets.coperniq.definitions import COPERNIQ_ASSETS
from assets.coperniq.limits import POOL
from orchestration.settings import ROOT

if TYPE_CHECKING:
    from tests.integration.runs.conftest import History


def test_a_contractor_has_one_run_at_a_time_whoever_started_it_and_holds_up_no_other(history: History) -> None:
    limits = yaml.safe_load((ROOT / "dagster.yaml").read_text())["run_queue"]["tag_concurrency_limits"]
    history.started("abc")
    working = history.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    counter = TagConcurrencyLimitsCounter(limits, working)
    assert counter.is_blocked(history.waiting("abc"))
    assert not counter.is_blocked(history.waiting("xyz"))


def test_the_configuration_is_one_that_dagster_takes() -> None:
    config, _ = dagster_instance_config(str(ROOT))
    assert config["run_retries"] == {"enabled": True, "max_retries": 2, "retry_on_asset_or_op_failure": True}
    assert config["run_queue"]["max_concurrent_runs"] == {"env": "MEP_RUNS_AT_ONCE"}
    monitoring = config["run_monitoring"]
    assert (monitoring["enabled"], monitoring["max_runtime_seconds"]) == (True, 4 * 60 * 60)


def test_whatever_asks_coperniq_is_in_its_pool() -> None:
    asking = {definition.op.pool for definition in (*COPERNIQ_ASSETS, *COMPARISONS)}
    assert asking == {POOL}
