"""Dagster's runs: one that plans keeps numbers alone, and one that follows a plan holds it before it registers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from assets.coperniq.limits import Unlimited
from assets.csv_imports.definitions import ImportFiles, csv_imports
from assets.csv_imports.planned import PlanMoved
from assets.partitions import CONTRACTORS
from orchestration.definitions import build_defs
from orchestration.planning import PLAN_JOB
from tests.integration.planning.test_sealing import CONTACTS, SITES, seal

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.integration.planning.planner import Planner


@contextmanager
def instance(planner: Planner) -> Generator[dg.DagsterInstance]:
    """Give an instance that knows the contractor."""
    with dg.DagsterInstance.ephemeral() as opened:
        opened.add_dynamic_partitions(CONTRACTORS.name or "", [planner.contractor.slug])
        yield opened


def given(planner: Planner) -> dict[str, Any]:
    """Give the resources of a run."""
    return {
        "database": planner.world.database,
        "inbox": planner.inbox,
        "mappings_folder": planner.world.inbox / "mappings",
        "plans": planner.plans(),
    }


def follow(planner: Planner, plan_id: str) -> None:
    """Register the files of a plan in a run."""
    with instance(planner) as opened:
        dg.materialize(
            [csv_imports],
            instance=opened,
            partition_key=planner.contractor.slug,
            resources=given(planner),
            run_config=ImportFiles(plan=plan_id).of_run(),
        )


def test_a_run_that_plans_keeps_numbers_and_no_value(planner: Planner) -> None:
    planner.put(Contact=CONTACTS + "Zed,\n", Site=SITES.replace("ann@", "who@"))
    client = planner.world.client()
    defs = build_defs({**given(planner), "coperniq": client, "limits": Unlimited(), "date_order": None})
    with instance(planner) as opened:
        done = defs.resolve_job_def(PLAN_JOB).execute_in_process(instance=opened, partition_key=planner.contractor.slug)
        (event,) = [e for e in done.all_events if e.event_type is dg.DagsterEventType.STEP_OUTPUT]
        logged = "\n".join(str(record) for record in opened.all_logs(done.run_id))
    client.close()
    said = event.step_output_data.metadata
    assert {name: said[name].value for name in ("created", "rejected", "waiting", "requests", "look-ups")} == {
        "created": 2, "rejected": 1, "waiting": 1, "requests": 1, "look-ups": 2,
    }  # fmt: skip
    assert [value for value in ("ann@", "Bob", "Zed", "who@", "Main St") if value in logged] == []
    planner.plans().require(planner.world.conn, planner.contractor, planner.inbox, str(said["plan"].value))


def test_a_run_imports_the_files_of_its_plan_alone(planner: Planner) -> None:
    planner.put(Contact=CONTACTS)
    id_ = seal(planner)
    planner.put(Site=SITES)
    follow(planner, id_)
    imports = "SELECT import_name FROM csv_imports WHERE contractor_config_id = %s"
    assert planner.world.query(imports, planner.world.contractor) == [{"import_name": "Contact.csv"}]


def test_a_run_registers_nothing_once_its_plan_has_moved(planner: Planner) -> None:
    planner.put(Contact=CONTACTS, Site=SITES)
    id_ = seal(planner)
    planner.put(Contact=CONTACTS.replace("Ann", "Anna"))
    with pytest.raises(PlanMoved, match=r"Contact\.csv is another file now"):
        follow(planner, id_)
    imports = "SELECT FROM csv_imports WHERE contractor_config_id = %s"
    assert planner.world.query(imports, planner.world.contractor) == []
