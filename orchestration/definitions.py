"""The one `Definitions` object: which assets, checks, jobs and resources there are. Wiring, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.analytics.definitions import analytics_assets
from assets.coperniq.definitions import COPERNIQ_ASSETS, COPERNIQ_CHECKS
from assets.csv_imports.definitions import csv_import_records, csv_imports, every_record_has_one_status
from assets.forms.definitions import coperniq_field_mapping, form_exports
from assets.templates.definitions import template_assets
from orchestration import settings
from orchestration.resources import resources
from orchestration.schedules import resume_sending, sync_check_nightly
from orchestration.terminal import console

if TYPE_CHECKING:
    from collections.abc import Mapping

IMPORT_JOB = "import_contractor_csvs"
ANALYTICS_JOB = "rebuild_analytics"
SYNC_CHECK_JOB = "sync_check"
SENDING_JOB = "send_to_coperniq"
TEMPLATES_JOB = "sync_templates"


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Build the definitions afresh, with some resources replaced: tests get an object of their own."""
    analytics = analytics_assets(settings.ROOT)
    imports = dg.AssetSelection.assets(csv_imports, csv_import_records, form_exports, *COPERNIQ_ASSETS)
    import_contractor_csvs = dg.define_asset_job(
        IMPORT_JOB,
        # dbt's tests of these tables belong to the job below.
        selection=imports.without_checks() | dg.AssetSelection.checks(every_record_has_one_status),
        # A step of its own process costs seconds of start-up; runs scale by contractors.
        executor_def=dg.in_process_executor,
        description="Take a contractor's files and approved forms through PostgreSQL to Coperniq.",
    )
    rebuild_analytics = dg.define_asset_job(
        ANALYTICS_JOB,
        selection=dg.AssetSelection.assets(analytics),
        executor_def=dg.in_process_executor,
        description="Rebuild the views with dbt, and test the data.",
    )
    sync_check = dg.define_asset_job(
        SYNC_CHECK_JOB,
        selection=dg.AssetSelection.checks(*COPERNIQ_CHECKS),
        executor_def=dg.in_process_executor,
        description="Compare Coperniq with what was sent; nothing is written there.",
    )
    send_to_coperniq = dg.define_asset_job(
        SENDING_JOB,
        selection=dg.AssetSelection.assets(form_exports, *COPERNIQ_ASSETS).without_checks(),
        executor_def=dg.in_process_executor,
        description="Send what a contractor's earlier runs have left to be sent, and the forms approved since.",
    )
    sync_templates = dg.define_asset_job(
        TEMPLATES_JOB,
        selection=dg.AssetSelection.assets(template_assets, coperniq_field_mapping),
        executor_def=dg.in_process_executor,
        description="Bring the YAML files of form templates into the database.",
    )
    return dg.Definitions(
        assets=[
            csv_imports,
            csv_import_records,
            coperniq_field_mapping,
            form_exports,
            *COPERNIQ_ASSETS,
            template_assets,
            analytics,
        ],
        asset_checks=[every_record_has_one_status, *COPERNIQ_CHECKS],
        jobs=[import_contractor_csvs, rebuild_analytics, sync_check, send_to_coperniq, sync_templates],
        schedules=[sync_check_nightly(sync_check), resume_sending(send_to_coperniq)],
        resources={**resources(), **(resource_overrides or {})},
        executor=dg.in_process_executor,
        loggers={"console": console},
    )


defs = build_defs()
