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
from assets.observing import observed

MARTS = "marts"
SENT = [dg.AssetDep(dg.AssetKey(["coperniq", record_type.slug])) for record_type in catalogue.TYPES]
READ = [dg.AssetDep(dg.AssetKey("csv_import_records"))]
# Tables without an asset of their own, and the assets that write them beside theirs.
WRITTEN_BESIDE = {
    dg.AssetKey("contractor_leases"): SENT,
    dg.AssetKey("coperniq_findings"): SENT,
    dg.AssetKey("coperniq_records"): SENT,
    dg.AssetKey("coperniq_sync_log"): SENT,
    dg.AssetKey("csv_column_mapping"): READ,
    dg.AssetKey("data_lineage"): SENT,
    dg.AssetKey("retention_log"): [],  # the job that removes what is old writes it
    dg.AssetKey("template_usage_changes"): [dg.AssetDep(dg.AssetKey("mep_template_usage"))],
}


class Rebuilding(dg.Config):
    """What a run of the views is asked for.

    Attributes:
        everything: Whether tests look at all rows of large tables, not only at those that came in lately.
    """

    everything: bool = False


class _Translator(DagsterDbtTranslator):
    """Says what dbt cannot know of the pipeline: who writes a table, and whose check a test is.

    A test of a table is a check of a mart that is computed from it, not of the asset that writes it: so it runs with
    the marts, and with nothing but the marts.
    """

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """Take the sentence without the SQL, the writers of tables without an asset, and views for what they are."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        deps = {writer.asset_key: writer for dep in spec.deps for writer in WRITTEN_BESIDE.get(dep.asset_key, [dep])}
        is_view = node["config"].get("materialized") == "view"
        return spec.replace_attributes(
            deps=deps.values(), description=node["description"], kinds={*spec.kinds, "view" if is_view else "table"}
        )

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,  # noqa: ARG002 - of the test's source or view, whichever dagster-dbt came by
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """Make a test a check of the first mart, by name, that it is about; of the staging view where there is none."""
        test = manifest["nodes"][unique_id]
        about = {test["attached_node"]} if test["attached_node"] else set(test["depends_on"]["nodes"])
        models = [
            (node["fqn"][1] != MARTS, node["name"], model)
            for model, node in _models(manifest)
            if about & {model, *_sources(manifest, model)}
        ]
        (*_, first) = min(models)
        return dg.AssetCheckSpec(
            test["name"],
            asset=self.get_asset_spec(manifest, first, project).key,
            description=test["description"] or None,
            metadata={"dbt test": unique_id},
        )


def analytics_assets(root: Path) -> dg.AssetsDefinition:
    """Build the assets of dbt's models, such as `contractor_summary` and the views beneath it, with their checks.

    dbt is run without `DbtCliResource`, which starts a second dbt for its version, that one asks the internet for a
    newer one, and hands the whole environment on, API keys included.

    Args:
        root: The folder of `dbt_project.yml`. Its manifest is made when it is missing or out of date, which takes dbt
            some seconds.

    Raises:
        DbtFailed: When dbt cannot parse the project.
    """
    manifest: dict[str, Any] = json.loads(project.manifest(root).read_text(encoding="utf-8"))
    models = {node["name"]: node for _, node in _models(manifest)}
    translator = _Translator(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    @dbt_assets(manifest=manifest, dagster_dbt_translator=translator, name="analytics")
    def analytics(
        context: dg.AssetExecutionContext, config: Rebuilding, database: dg.ResourceParam[Database]
    ) -> Iterator[Any]:
        """Rebuild the selected views and run their checks."""
        keys = {key.path[-1]: key for key in context.selected_asset_keys}
        names = [*keys, *(key.name for key in context.selected_asset_check_keys)]
        checks = {spec.name: spec.asset_key for spec in context.assets_def.check_specs}
        # dbt is silent for as long as a view takes.
        seen = min([*keys.values(), *(key.asset_key for key in context.selected_asset_check_keys)])
        with observed(context, seen):
            built = project.build(root, database.url, names, context.log.warning, everything=config.everything)
            for result in built:
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
                        asset_key=keys[result.name], metadata={**_counted(database, models[result.name]), **metadata}
                    )

    return analytics


def _counted(database: Database, model: Mapping[str, Any]) -> dict[str, Any]:
    """Count a model's rows, and say how fast it is read. What is wrong with them is said by its checks.

    One that names no column to count by, as staging views do not, is as long as a table: counting takes too long.
    """
    column = model["config"]["meta"].get("counted_by")
    if column is None:
        return {}
    began = time.monotonic()
    with database.connect() as conn:
        counts = views.count_rows(conn, model["schema"], model["alias"], column)
    bars = {value: {"rows": number} for value, number in counts.items()}
    return reporting.report("rows", counts, time.monotonic() - began, charts.bars(f"rows by {column}", bars))


def _models(manifest: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return what dbt makes in the database, by the id of each."""
    return [(name, node) for name, node in manifest["nodes"].items() if node["resource_type"] == "model"]


def _sources(manifest: Mapping[str, Any], unique_id: str) -> set[str]:
    """Return what a node is computed from, at whatever remove."""
    parents = set(manifest["parent_map"].get(unique_id, ()))
    return parents.union(*(_sources(manifest, parent) for parent in parents))
