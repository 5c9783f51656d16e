"""The one `Definitions` object: which assets, checks, jobs and resources there are. Wiring, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.analytics.definitions import analytics_assets
from assets.coperniq.definitions import COPERNIQ_ASSETS
from assets.csv_imports.definitions import csv_import_records, csv_imports, every_record_has_one_status
from orchestration import settings
from orchestration.resources import resources
from orchestration.terminal import console

if TYPE_CHECKING:
    from collections.abc import Mapping

IMPORT_JOB = "import_contractor_csvs"
ANALYTICS_JOB = "rebuild_analytics"


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Build the definitions afresh, with some resources replaced: tests get an object of their own."""
    analytics = analytics_assets(settings.ROOT)
    imports = dg.AssetSelection.assets(csv_imports, csv_import_records, *COPERNIQ_ASSETS)
    import_contractor_csvs = dg.define_asset_job(
        IMPORT_JOB,
        # dbt's tests of these tables belong to the job below.
        selection=imports.without_checks() | dg.AssetSelection.checks(every_record_has_one_status),
        # A step of its own process costs seconds of start-up; runs scale by contractors.
        executor_def=dg.in_process_executor,
        description="Take a contractor's files through PostgreSQL to Coperniq.",
    )
    rebuild_analytics = dg.define_asset_job(
        ANALYTICS_JOB,
        selection=dg.AssetSelection.assets(analytics),
        executor_def=dg.in_process_executor,
        description="Rebuild the views with dbt, and test the data.",
    )
    return dg.Definitions(
        assets=[csv_imports, csv_import_records, *COPERNIQ_ASSETS, analytics],
        asset_checks=[every_record_has_one_status],
        jobs=[import_contractor_csvs, rebuild_analytics],
        resources={**resources(), **(resource_overrides or {})},
        executor=dg.in_process_executor,
        loggers={"console": console},
    )


defs = build_defs()
