"""The schedule that sends what waits takes up approved forms, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from assets.partitions import CONTRACTORS
from orchestration.definitions import build_defs
from tests.integration.forms.desk import ADA, LEAD

if TYPE_CHECKING:
    from tests.integration.forms.desk import Desk


def test_the_schedule_takes_up_forms_that_nobody_has_looked_at(desk: Desk) -> None:
    world = desk.world
    (found,) = world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", world.contractor)
    defs = build_defs()
    schedule = defs.resolve_schedule_def("resume_sending")
    client = world.client()
    with dg.instance_for_test() as instance:
        instance.add_dynamic_partitions(CONTRACTORS.name or "", [found["slug"]])

        def requested() -> list[str | None]:
            with dg.build_schedule_context(
                instance=instance,
                scheduled_execution_time=datetime.now(UTC) + timedelta(seconds=1),
                resources={"database": world.database, "coperniq": client},
                repository_def=defs.get_repository_def(),
            ) as context:
                return [run.partition_key for run in schedule.evaluate_tick(context).run_requests or ()]

        template = desk.template("lead_intake", LEAD)
        desk.submit(template, **ADA)
        assert requested() == []
        desk.approve(template, **ADA)
        assert requested() == [found["slug"]]
        desk.exporter(1.1).run()  # Nothing is as sure as that: the form is held.
        assert requested() == []
        desk.world.conn.execute(
            "UPDATE coperniq_field_mapping SET description = description WHERE template_field_name LIKE %s",
            [f"{template}.%"],
        )
        assert requested() == [found["slug"]]
        desk.send()
        assert requested() == []
    client.close()
