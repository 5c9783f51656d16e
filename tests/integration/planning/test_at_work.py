"""A run is seen at work, whichever of its steps takes long; and comparing customers is the last of them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from assets import leases, observing
from assets.analytics import project
from assets.coperniq.limits import Unlimited
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from assets.forms import field_mapping
from assets.planning import forecasting
from assets.progress import nobody
from assets.retention import clearing
from assets.retention.rules import Keep
from assets.templates import syncing
from orchestration.definitions import ANALYTICS_JOB, IMPORT_JOB, TEMPLATES_JOB, build_defs
from orchestration.planning import PLAN_JOB
from orchestration.retention import RETENTION_JOB
from tests.conftest import ROOT
from tests.integration.coperniq.conftest import _companies
from tests.integration.coperniq.world import World
from tests.integration.planning.planner import Planner
from tests.integration.planning.test_runs import given, instance
from tests.integration.planning.test_sealing import CONTACTS, SITES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from assets.leases import Lease
    from tests.coperniq_server import SandboxHandle

OFTEN = 0.05
LONG = 6 * OFTEN


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "SECONDS", OFTEN)


@pytest.fixture
def apart(
    migrated_database: str, sandbox: SandboxHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Planner]:
    """Give a contractor in a database of its own, where views are not rebuilt."""
    monkeypatch.setattr(project, "build", lambda *_, **__: iter(()))
    company = next(_companies)
    with Database(migrated_database).connect() as conn:
        world = World(conn, sandbox.url, f"key-of-{company}", company, sandbox.store, tmp_path)
        yield Planner(world, LocalInbox(tmp_path))


def events(planner: Planner, name: str, folder: Path) -> list[dg.DagsterEvent]:
    """Run a job, for the contractor where it is one contractor's, and return what Dagster keeps of it."""
    client = planner.world.client()
    resources = {
        **given(planner), "coperniq": client, "limits": Unlimited(), "date_order": None, "watch": nobody,
        "outbox_folder": folder / "outbox", "templates_folder": ROOT / "templates", "form_confidence": 0.9,
        "keep": Keep(90, 180, 730),
    }  # fmt: skip
    job = build_defs(resources).resolve_job_def(name)
    with instance(planner) as opened:
        slug = planner.contractor.slug if job.partitions_def else None
        done = job.execute_in_process(instance=opened, partition_key=slug)
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
    told = events(planner, IMPORT_JOB, tmp_path)
    begun = [one.step_key for one in told if one.event_type is dg.DagsterEventType.STEP_START]
    made = {one.step_key for one in told if one.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION}
    assert made - observed(told) == set()
    assert {"form_exports", "outbox", "possible_duplicates", "coperniq__contact"} <= made
    assert begun[-1] == "possible_duplicates"


@pytest.mark.parametrize(
    ("job", "step", "module", "name"),
    [
        (PLAN_JOB, "plan_files", forecasting, "forecast"),
        (ANALYTICS_JOB, "analytics", project, "build"),
        (TEMPLATES_JOB, "sync_yaml_files", syncing, "sync"),
        (TEMPLATES_JOB, "coperniq_field_mapping", field_mapping, "sync"),
        (RETENTION_JOB, "remove_what_is_old", clearing, "clear"),
    ],
)
def test_work_of_other_jobs_that_takes_long_is_observed(
    apart: Planner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, job: str, step: str, module: Any, name: str
) -> None:
    work = getattr(module, name)

    def slowly(*given: Any, **named: Any) -> Any:
        time.sleep(LONG)
        return work(*given, **named)

    monkeypatch.setattr(module, name, slowly)
    apart.put(Contact=CONTACTS)
    assert step in observed(events(apart, job, tmp_path))


def test_each_step_of_each_job_is_one_that_is_observed(
    apart: Planner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def at_once(telling: Any) -> None:
        telling._told -= OFTEN
        telling._tell()

    monkeypatch.setattr(observing._Telling, "beat", at_once)
    apart.put(Contact=CONTACTS, Site=SITES)
    defs = build_defs()
    whole, begun = defs.resolve_implicit_global_asset_job_def(), set[str | None]()
    for job in defs.resolve_all_job_defs():
        if job.name == whole.name:
            continue
        told = events(apart, job.name, tmp_path)
        steps = {one.step_key for one in told if one.event_type is dg.DagsterEventType.STEP_START}
        assert steps - observed(told) == set(), job.name
        begun |= steps
    assert {node.name for node in whole.nodes} - begun == set()
