"""Nothing is sent while an import has lost rows, by whatever job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from orchestration.definitions import IMPORT_JOB, SENDING_JOB, build_defs

if TYPE_CHECKING:
    pass


from tests.pipeline.inboxed import Inboxed


def test_an_import_that_lost_rows_is_sent_by_no_job_however_old_it_is(inboxed: Inboxed) -> None:
    inboxed.drop("acme")
    (request,) = inboxed.arrived()
    job = build_defs().resolve_job_def(IMPORT_JOB)
    read = [dg.AssetKey("csv_imports"), dg.AssetKey("csv_import_records")]
    registered = {"instance": inboxed.instance, "partition_key": "acme", "run_config": request.run_config}
    assert job.execute_in_process(**registered, asset_selection=read).success
    with inboxed.database.connect() as conn:
        conn.execute("SET session_replication_role = replica")  # A trigger would refuse it.
        conn.execute("""
            UPDATE csv_imports SET total_records_attempted = 3, created_at = created_at - INTERVAL '3 days',
                started_at = started_at - INTERVAL '3 days', completed_at = completed_at - INTERVAL '3 days'
            """)
    for name in (IMPORT_JOB, SENDING_JOB):
        done = build_defs().resolve_job_def(name).execute_in_process(
            instance=inboxed.instance, partition_key="acme", raise_on_error=False
        )  # fmt: skip
        assert not done.success
        broken = [check.check_name for check in done.get_asset_check_evaluations() if not check.passed]
        assert "every_record_has_one_status" in broken
    alone = build_defs().resolve_job_def(SENDING_JOB).execute_in_process(
        instance=inboxed.instance, partition_key="acme", raise_on_error=False,
        asset_selection=[dg.AssetKey(["coperniq", "contact"])],
    )  # fmt: skip
    assert "Contact.csv: it says 3 rows" in str(alone.get_step_failure_events()[0])
    assert inboxed.sent() == []
    with inboxed.database.connect() as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("UPDATE csv_imports SET total_records_attempted = 2")
    sending = build_defs().resolve_job_def(SENDING_JOB)
    assert sending.execute_in_process(instance=inboxed.instance, partition_key="acme").success
    assert inboxed.sent() == ["Ada", "Bo"]
