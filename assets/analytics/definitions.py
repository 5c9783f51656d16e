"""The Dagster assets of what is looked at: dbt's views, and its data tests as their checks. Thin: see `project`."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from assets import catalogue, charts, reporting
from assets.analytics import project, views
from assets.database import Database

SENT = [dg.AssetDep(dg.AssetKey(["coperniq", record_type.slug])) for record_type in catalogue.TYPES]
WRITTEN_BY_SENDING = {dg.AssetKey(name) for name in ("coperniq_findings", "coperniq_sync_log", "data_lineage")}


class _Translator(DagsterDbtTranslator):
    """Says what dbt cannot know of the pipeline.

    The sync status of an import is that of the assets that send its rows; what they write beside has no asset of its
    own. A test of a source is a check of a view that
    is computed from it, not of the asset that writes it: so it runs with the views, and with nothing but the views.
    """

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """Take the sentence without the SQL, and the sending assets for what they write."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        own = [dep for dep in spec.deps if dep.asset_key not in WRITTEN_BY_SENDING]
        return spec.replace_attributes(
            deps=own if len(own) == len(list(spec.deps)) else [*own, *SENT], description=node["description"]
        )

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,  # noqa: ARG002 - of the test's source or view, whichever dagster-dbt came by
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,  # noqa: ARG002 - there is none
    ) -> dg.AssetCheckSpec | None:
        """Make a test a check of the first view, by name, that it is about."""
        test = manifest["nodes"][unique_id]
        about = {test["attached_node"]} if test["attached_node"] else set(test["depends_on"]["nodes"])
        views = sorted(
            node["name"]
            for view, node in manifest["nodes"].items()
            if node["config"]["materialized"] == "view" and about & {view, *_sources(manifest, view)}
        )
        return dg.AssetCheckSpec(
            test["name"], asset=views[0], description=test["description"] or None, metadata={"dbt test": unique_id}
        )


def analytics_assets(root: Path) -> dg.AssetsDefinition:
    """Build the assets of dbt's views, such as `contractor_summary` and `form_funnel`, with their checks.

    dbt is run without `DbtCliResource`, which starts a second dbt for its version, that one asks the internet for a
    newer one, and hands the whole environment on, API keys included.

    Args:
        root: The folder of `dbt_project.yml`. Its manifest is made when it is missing or out of date, which takes dbt
            some seconds.

    Raises:
        DbtFailed: When dbt cannot parse the project.
    """
    manifest: dict[str, Any] = json.loads(project.manifest(root).read_text(encoding="utf-8"))
    counted_by = {
        node["name"]: node["config"]["meta"]["counted_by"]
        for node in manifest["nodes"].values()
        if node["config"]["materialized"] == "view"
    }
    translator = _Translator(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    @dbt_assets(manifest=manifest, dagster_dbt_translator=translator, name="analytics")
    def analytics(context: dg.AssetExecutionContext, database: dg.ResourceParam[Database]) -> Iterator[Any]:
        """Rebuild the selected views and run their checks."""
        names = [key.path[-1] for key in context.selected_asset_keys]
        names += [key.name for key in context.selected_asset_check_keys]
        checks = {spec.name: spec.asset_key for spec in context.assets_def.check_specs}
        for result in project.build(root, database.url, names, context.log.warning):
            metadata = {"seconds": dg.MetadataValue.float(result.seconds)}
            if result.name in checks:
                yield dg.AssetCheckResult(
                    asset_key=checks[result.name], check_name=result.name, passed=result.good,
                    # As the test's own configuration says it: dbt ends well after a warning.
                    severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
                    metadata={**metadata, "rows that break the rule": dg.MetadataValue.int(result.failures or 0)},
                )  # fmt: skip
            elif result.good:
                yield dg.MaterializeResult(
                    asset_key=result.name,
                    metadata={**_read(database, result.name, counted_by[result.name]), **metadata},
                )

    return analytics


def _read(database: Database, view: str, column: str) -> dict[str, Any]:
    """Count a view's rows, and say how fast it is read. What is wrong with them is said by its checks."""
    began = time.monotonic()
    with database.connect() as conn:
        counts = views.count_rows(conn, view, column)
    bars = {value: {"rows": number} for value, number in counts.items()}
    return reporting.report("rows", counts, time.monotonic() - began, charts.bars(f"rows by {column}", bars))


def _sources(manifest: Mapping[str, Any], unique_id: str) -> set[str]:
    """Return what a node is computed from, at whatever remove."""
    parents = set(manifest["parent_map"].get(unique_id, ()))
    return parents.union(*(_sources(manifest, parent) for parent in parents))
