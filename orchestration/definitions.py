"""The one `Definitions` object: which assets, checks, jobs and resources there are. Wiring, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.analytics.definitions import analytics_assets
from assets.contractors.definitions import CONTRACTORS_OWN
from assets.coperniq.checks import COMPARISONS, sending_checks
from assets.coperniq.definitions import COPERNIQ_ASSETS
from assets.csv_imports.checks import import_checks
from assets.csv_imports.definitions import csv_import_records, csv_imports
from assets.forms.definitions import coperniq_field_mapping, form_exports
from assets.likeness.definitions import possible_duplicates
from assets.outbox.definitions import outbox
from assets.templates.definitions import template_assets
from orchestration import executors, settings
from orchestration.alerting import alerter
from orchestration.automation import rebuilder, rebuilt_after_new_data
from orchestration.describing import described
from orchestration.planning import planning_job
from orchestration.reaping import reaper
from orchestration.resources import resources
from orchestration.retention import retention_daily, retention_job
from orchestration.schedules import rebuild_nightly, resume_sending, sync_check_nightly
from orchestration.sensors import inbox_arrivals
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
    analytics, executor = rebuilt_after_new_data(analytics_assets(settings.ROOT)), executors.chosen()
    imports = dg.AssetSelection.assets(
        csv_imports, csv_import_records, form_exports, possible_duplicates, *COPERNIQ_ASSETS, outbox
    )
    import_contractor_csvs = dg.define_asset_job(
        IMPORT_JOB,
        # dbt's tests of these tables belong to the job below.
        selection=imports.without_checks() | dg.AssetSelection.checks(import_checks, sending_checks),
        executor_def=executor,
        description="Take a contractor's files and approved forms through PostgreSQL to Coperniq.",
    )
    rebuild_analytics = dg.define_asset_job(
        ANALYTICS_JOB,
        selection=dg.AssetSelection.assets(analytics),
        executor_def=executor,
        description="Rebuild the views with dbt, and test the data.",
    )
    sync_check = dg.define_asset_job(
        SYNC_CHECK_JOB,
        selection=dg.AssetSelection.checks(*COMPARISONS),
        executor_def=executor,
        description="Compare Coperniq with what was sent; nothing is written there.",
    )
    send_to_coperniq = dg.define_asset_job(
        SENDING_JOB,
        selection=dg.AssetSelection.assets(form_exports, possible_duplicates, *COPERNIQ_ASSETS, outbox).without_checks()
        # Of its imports one may be such that nothing is to be sent.
        | dg.AssetSelection.checks(import_checks, sending_checks),
        executor_def=executor,
        description="Send what a contractor's earlier runs have left to be sent, and the forms approved since.",
    )
    sync_templates = dg.define_asset_job(
        TEMPLATES_JOB,
        selection=dg.AssetSelection.assets(template_assets, coperniq_field_mapping),
        executor_def=executor,
        description="Bring the YAML files of form templates into the database.",
    )
    retention = retention_job()
    return dg.Definitions(
        assets=dg.map_asset_specs(
            described,
            [
                csv_imports,
                csv_import_records,
                coperniq_field_mapping,
                form_exports,
                possible_duplicates,
                *COPERNIQ_ASSETS,
                outbox,
                template_assets,
                analytics,
                *CONTRACTORS_OWN,
            ],
        ),
        asset_checks=[import_checks, sending_checks, *COMPARISONS],
        jobs=[
            import_contractor_csvs,
            planning_job(),
            rebuild_analytics,
            sync_check,
            send_to_coperniq,
            sync_templates,
            retention,
        ],
        schedules=[
            resume_sending(send_to_coperniq),
            rebuild_nightly(rebuild_analytics),
            sync_check_nightly(sync_check),
            retention_daily(retention),
        ],
        sensors=[
            inbox_arrivals(import_contractor_csvs),
            reaper(import_contractor_csvs),
            rebuilder(analytics),
            alerter(),
        ],
        resources={**resources(), **(resource_overrides or {})},
        executor=executor,
        loggers={"console": console},
    )


defs = build_defs()
