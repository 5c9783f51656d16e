"""Asset checks run by Dagster, alone, as a run of one contractor's partition or of none runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from assets.partitions import PARTITION_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assets.database import Database


def run_checks(
    checks: dg.AssetChecksDefinition, database: Database, slug: str | None = None
) -> Mapping[str, dg.AssetCheckEvaluation]:
    """Run checks and return what became of each, by its name, with the asset before it where it is one of several."""
    job = dg.Definitions(
        assets=[dg.AssetSpec(key) for key in {spec.asset_key for spec in checks.check_specs}],
        asset_checks=[checks],
        jobs=[dg.define_asset_job("checks", selection=dg.AssetSelection.checks(checks))],
        resources={"database": database},
        executor=dg.in_process_executor,
    ).resolve_job_def("checks")
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(
            instance=instance, tags={PARTITION_TAG: slug} if slug else None, raise_on_error=False
        )
        return {
            "/".join([*check.asset_key.path[1:], check.check_name]): check
            for check in done.get_asset_check_evaluations()
        }


def shown(check: dg.AssetCheckEvaluation) -> dict[str, object]:
    """Return the metadata of a check."""
    return {name: value.value for name, value in check.metadata.items()}
