"""dbt's data tests as Dagster's checks: all pass on an empty database, and one that fails or warns says so."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import dagster as dg
import psycopg
import pytest

from assets.analytics import project
from assets.analytics.definitions import Rebuilding, analytics_assets
from assets.analytics.project import DbtFailed
from assets.database import Database
from tests.conftest import ROOT, _database
from tests.integration.analytics import views
from tests.integration.analytics.conftest import seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.postgres import Cluster

BROKEN = "UPDATE csv_imports SET total_records_attempted = 7 WHERE id = '00000000-0000-4000-8000-0000000000d1'"
LONG_AGO = "UPDATE csv_imports SET updated_at = '2020-01-01'"


@pytest.fixture(scope="module")
def analytics() -> dg.AssetsDefinition:
    """Build the assets as the product does."""
    return analytics_assets(ROOT)


@pytest.fixture(scope="module")
def database(postgres: Cluster, migrated_template: str) -> Iterator[str]:
    """Give the URL of one migrated database, empty at first."""
    with _database(postgres, template=migrated_template) as (_, url):
        yield url


def materialize(analytics: dg.AssetsDefinition, url: str, **options: Any) -> dg.ExecuteInProcessResult:
    """Run dbt through Dagster."""
    return dg.materialize([analytics], resources={"database": Database(url)}, **options)


def test_every_model_is_an_asset_and_every_test_a_check(analytics: dg.AssetsDefinition) -> None:
    models = {path.stem for path in (ROOT / "dbt_project" / "models").rglob("*.sql")}
    assert {key.path[-1] for key in analytics.keys} == models
    assert {key.to_user_string() for key in analytics.keys} > {*views.VIEWS, "analytics/stg_csv_imports"}
    assert {spec.group_name for spec in analytics.specs} == {"analytics"}
    names = [spec.name for spec in analytics.check_specs]
    assert len(names) == len(set(names))


def test_views_depend_on_what_the_pipeline_writes(analytics: dg.AssetsDefinition) -> None:
    upstream = {key.to_user_string() for key in _upstream(analytics, dg.AssetKey("csv_import_summary"))}
    assert {"csv_imports", "csv_import_records", "coperniq/contact", "coperniq/financial_document"} <= upstream


def test_checks_are_the_marts_own_or_of_a_view_beneath_none(analytics: dg.AssetsDefinition) -> None:
    marts = {key for key in analytics.keys if len(key.path) == 1}
    checked = {spec.asset_key for spec in analytics.check_specs}
    assert marts <= checked
    assert (checked - marts).isdisjoint(set[dg.AssetKey]().union(*(_upstream(analytics, mart) for mart in marts)))


def test_an_empty_database_passes(analytics: dg.AssetsDefinition, database: str) -> None:
    before = views.defined(database)
    result = materialize(analytics, database)
    assert {event.asset_key for event in result.get_asset_materialization_events()} == set(analytics.keys)
    checks = result.get_asset_check_evaluations()
    assert {(check.check_name, check.passed) for check in checks} == {
        (spec.name, True) for spec in analytics.check_specs
    }
    after = views.defined(database)
    assert {view: {**after[view], "columns": was["columns"]} for view, was in before.items()} == before


def test_one_view_alone_whoever_is_reading_it(analytics: dg.AssetsDefinition, database: str) -> None:
    # It stands as wanted, from the test above: nobody has to wait for anybody.
    with psycopg.connect(database) as reader:
        reader.execute("SELECT FROM template_usage_analytics")
        result = materialize(analytics, database, selection=["template_usage_analytics"])
    (event,) = result.get_asset_materialization_events()
    assert event.asset_key == dg.AssetKey("template_usage_analytics")
    checked = {check.check_name for check in result.get_asset_check_evaluations()}
    assert checked == {spec.name for spec in analytics.check_specs if spec.asset_key == event.asset_key}


def test_a_broken_rule_fails_the_run_and_is_named(analytics: dg.AssetsDefinition, database: str) -> None:
    seed(database)
    _unguarded(database, BROKEN)
    result = materialize(analytics, database, raise_on_error=False)
    failed = [check.check_name for check in result.get_asset_check_evaluations() if not check.passed]
    assert failed == ["counts_are_those_of_the_records"]
    assert {check.severity for check in result.get_asset_check_evaluations()} == {dg.AssetCheckSeverity.ERROR}
    (failure,) = result.get_step_failure_events()
    assert "DbtFailed: dbt build failed: counts_are_those_of_the_records (Got 1 result" in str(failure)


def test_a_rule_that_only_warns_fails_its_check_and_not_the_run(database: str, tmp_path: Path) -> None:
    # After the test above: its rule is broken, and long ago.
    _unguarded(database, LONG_AGO)
    shutil.copytree(ROOT / "dbt_project", tmp_path / "dbt_project")
    shutil.copy(ROOT / "profiles.yml", tmp_path)
    configured = (ROOT / "dbt_project.yml").read_text().replace("+severity: error", "+severity: warn")
    (tmp_path / "dbt_project.yml").write_text(configured)
    everything = dg.RunConfig(ops={"analytics": Rebuilding(everything=True)})
    result = materialize(
        analytics_assets(tmp_path), database, selection="csv_import_summary", run_config=everything
    )  # fmt: skip
    (check,) = (check for check in result.get_asset_check_evaluations() if not check.passed)
    assert (check.check_name, check.severity) == ("counts_are_those_of_the_records", dg.AssetCheckSeverity.WARN)
    assert (check.metadata["rows that break the rule"].value, result.success) == (1, True)


def test_a_refused_login_is_told_without_the_password() -> None:
    url = "postgresql://nobody:s3cr%40t@127.0.0.1:1/none"
    with pytest.raises(DbtFailed) as refused:
        list(project.build(ROOT, url, ["contractor_summary"], str))
    assert "127.0.0.1" in str(refused.value)
    assert "s3cr" not in str(refused.value)


def _upstream(analytics: dg.AssetsDefinition, key: dg.AssetKey) -> set[dg.AssetKey]:
    """Return what an asset is computed from, at whatever remove."""
    parents = {dep.asset_key for dep in analytics.specs_by_key[key].deps} if key in analytics.keys else set()
    return parents.union(*(_upstream(analytics, parent) for parent in parents))


def _unguarded(database: str, change: str) -> None:
    """Change what triggers would refuse."""
    with psycopg.connect(database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(change.encode())
