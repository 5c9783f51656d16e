"""A run is seen at work, whichever of its steps takes long; and comparing customers is the last of them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from assets import leases, observing
from assets.coperniq.limits import Unlimited
from assets.planning import making
from assets.progress import nobody
from orchestration.definitions import IMPORT_JOB, build_defs
from orchestration.planning import PLAN_JOB
from tests.integration.planning.test_runs import given, instance
from tests.integration.planning.test_sealing import CONTACTS, SITES

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from assets.leases import Lease
    from tests.integration.planning.planner import Planner

OFTEN = 0.05
LONG = 6 * OFTEN


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "SECONDS", OFTEN)


def events(planner: Planner, job: str, **resources: Any) -> list[dg.DagsterEvent]:
    """Run a job for the contractor, and return what Dagster keeps of it."""
    client = planner.world.client()
    defs = build_defs(
        {**given(planner), "coperniq": client, "limits": Unlimited(), "date_order": None, "watch": nobody, **resources}
    )
    with instance(planner) as opened:
        done = defs.resolve_job_def(job).execute_in_process(instance=opened, partition_key=planner.contractor.slug)
        told = [one.dagster_event for one in opened.all_logs(done.run_id) if one.dagster_event]
    client.close()
    assert done.success
    return told


def observed(told: list[dg.DagsterEvent]) -> set[str | None]:
    return {one.step_key for one in told if one.event_type is dg.DagsterEventType.ASSET_OBSERVATION}


def test_each_step_of_an_import_that_takes_long_is_observed_and_customers_are_compared_last(
    planner: Planner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    held = leases.held

    @contextmanager
    def slowly(*given: Any, **named: Any) -> Generator[Lease]:
        with held(*given, **named) as lease:
            time.sleep(LONG)
            yield lease

    monkeypatch.setattr(leases, "held", slowly)
    planner.put(Contact=CONTACTS, Site=SITES)
    told = events(planner, IMPORT_JOB, outbox_folder=tmp_path / "outbox", form_confidence=0.9)
    begun = [one.step_key for one in told if one.event_type is dg.DagsterEventType.STEP_START]
    made = {one.step_key for one in told if one.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION}
    assert made - observed(told) == set()
    assert {"form_exports", "outbox", "possible_duplicates", "coperniq__contact"} <= made
    assert begun[-1] == "possible_duplicates"


def test_a_plan_that_takes_long_is_observed(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    forecast = making.forecasting.forecast

    def slowly(*given: Any) -> Any:
        time.sleep(LONG)
        return forecast(*given)

    monkeypatch.setattr(making.forecasting, "forecast", slowly)
    planner.put(Contact=CONTACTS)
    assert observed(events(planner, PLAN_JOB)) == {"plan_files"}
