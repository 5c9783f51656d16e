"""dbt's data tests as Dagster's checks: all pass on sound data, and each notices when its rule is broken."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import dagster as dg
import psycopg
import pytest

from assets.analytics import project
from assets.analytics.definitions import analytics_assets
from assets.analytics.project import DbtFailed
from assets.database import Database
from tests.conftest import ROOT, _database
from tests.integration.analytics import views
from tests.integration.analytics.conftest import Dbt, finished, seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.postgres import Cluster

# What the database itself would refuse: its constraints and triggers are out of the way.
UNGUARDED = """
    SET session_replication_role = replica;
    ALTER TABLE templates DROP CONSTRAINT templates_name_key;
    ALTER TABLE csv_imports
        DROP CONSTRAINT csv_imports_counts,
        DROP CONSTRAINT csv_imports_coperniq_type,
        DROP CONSTRAINT csv_imports_coperniq_sync_status;
    ALTER TABLE coperniq_sync_log DROP CONSTRAINT coperniq_sync_log_counts, DROP CONSTRAINT coperniq_sync_log_times;
    ALTER TABLE coperniq_findings
        DROP CONSTRAINT coperniq_findings_check,
        DROP CONSTRAINT coperniq_findings_kind_check;
    ALTER TABLE data_lineage
        DROP CONSTRAINT data_lineage_has_source,
        DROP CONSTRAINT data_lineage_quality,
        ALTER COLUMN contractor_config_id DROP NOT NULL;
"""
IMPORT = "UPDATE csv_imports SET {} WHERE id = '00000000-0000-4000-8000-0000000000d1'"
LOG = "UPDATE coperniq_sync_log SET {} WHERE operation_type = 'import'"
LINEAGE = "UPDATE data_lineage SET {} WHERE coperniq_entity_id = '1'"
# What breaks a rule, and the checks that must fail for it.
MUTATIONS = {
    IMPORT.format("total_records_attempted = 7"): {"counts_are_those_of_the_records"},
    IMPORT.format("total_records_success = 9"): {
        "counts_are_those_of_the_records",
        "counts_add_up",
        "accepted_range_csv_import_summary_success_rate__100__0",
    },
    "DELETE FROM csv_import_records WHERE record_number = 5": {"counts_are_those_of_the_records"},
    IMPORT.format("coperniq_type = 'Customer'"): {"known_coperniq_type"},
    IMPORT.format("coperniq_sync_status = 'done'"): {"known_sync_status"},
    IMPORT.format("completed_at = NULL"): {"completed_at_once_finished"},
    IMPORT.format("contractor_config_id = gen_random_uuid()"): {
        "every_import_is_shown",
        "imports_have_a_contractor",
        "lineage_belongs_to_the_contractor_of_its_origin",
    },
    "UPDATE csv_import_records SET error_message = ' ' WHERE status = 'error'": {"error_records_say_what_is_wrong"},
    LOG.format("records_failed = 99"): {"sync_totals_add_up", "successful_syncs_have_no_failures"},
    LOG.format("started_at = completed_at + INTERVAL '1 second'"): {"syncs_end_after_they_began"},
    "UPDATE coperniq_findings SET fields = NULL": {"changed_records_name_their_fields"},
    "UPDATE coperniq_findings SET kind = 'gone', fields = NULL": {"known_kind_of_finding"},
    LINEAGE.format("csv_import_record_id = NULL"): {
        "lineage_has_an_origin",
        "lineage_belongs_to_the_contractor_of_its_origin",
    },
    LINEAGE.format("data_quality_score = 1.01"): {"source_accepted_range_mep_data_lineage_data_quality_score__1__0"},
    LINEAGE.format("contractor_config_id = '00000000-0000-4000-8000-00000000000b'"): {
        "lineage_belongs_to_the_contractor_of_its_origin"
    },
    "UPDATE templates SET name = 'lead_intake'": {
        "source_unique_mep_templates_name",
        "unique_template_usage_analytics_template_name",
    },
}


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


def test_every_view_is_an_asset_and_every_test_a_check(analytics: dg.AssetsDefinition) -> None:
    assert {key.to_user_string() for key in analytics.keys} == set(views.VIEWS)
    assert {spec.group_name for spec in analytics.specs} == {"analytics"}
    names = [spec.name for spec in analytics.check_specs]
    assert len(names) == len(set(names))
    for rules in MUTATIONS.values():
        assert rules <= set(names)


def test_views_depend_on_what_the_pipeline_writes(analytics: dg.AssetsDefinition) -> None:
    (imports,) = [spec for spec in analytics.specs if spec.key == dg.AssetKey("csv_import_summary")]
    upstream = {dep.asset_key.to_user_string() for dep in imports.deps}
    assert {"csv_imports", "csv_import_records", "coperniq/contact", "coperniq/financial_document"} <= upstream


def test_checks_are_the_views_own(analytics: dg.AssetsDefinition) -> None:
    assert {spec.asset_key for spec in analytics.check_specs} == set(analytics.keys)


def test_an_empty_database_passes(analytics: dg.AssetsDefinition, database: str) -> None:
    before = views.defined(database)
    result = materialize(analytics, database)
    assert {event.asset_key for event in result.get_asset_materialization_events()} == set(analytics.keys)
    checks = result.get_asset_check_evaluations()
    assert {(check.check_name, check.passed) for check in checks} == {
        (spec.name, True) for spec in analytics.check_specs
    }
    assert views.defined(database) == before


def test_one_view_alone_whoever_is_reading_it(analytics: dg.AssetsDefinition, database: str) -> None:
    # It stands as wanted, from the test above: nobody has to wait for anybody.
    with psycopg.connect(database) as reader:
        reader.execute("SELECT FROM template_usage_analytics")
        result = materialize(analytics, database, selection=["template_usage_analytics"])
    (event,) = result.get_asset_materialization_events()
    assert event.asset_key == dg.AssetKey("template_usage_analytics")
    checked = {check.check_name for check in result.get_asset_check_evaluations()}
    assert checked == {spec.name for spec in analytics.check_specs if spec.asset_key == event.asset_key}


def test_each_rule_is_noticed_when_it_is_broken(database: str, dbt: Dbt, tmp_path: Path) -> None:
    finished(dbt(database, "compile", "--select", "resource_type:test"))
    (results,) = tmp_path.glob("*/run_results.json")
    queries = {
        result["unique_id"].split(".")[2]: result["compiled_code"]
        for result in json.loads(results.read_text())["results"]
    }
    seed(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(UNGUARDED.encode(), prepare=False)
        assert _broken(connection, queries) == set()
        for mutation, rules in MUTATIONS.items():
            with connection.transaction(force_rollback=True):
                connection.execute(mutation.encode())
                assert _broken(connection, queries) == rules, mutation


def test_a_broken_rule_fails_the_run_and_is_named(analytics: dg.AssetsDefinition, database: str) -> None:
    # The last test of this database, which the one above left unguarded.
    with psycopg.connect(database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(IMPORT.format("total_records_attempted = 7").encode())
    result = materialize(analytics, database, raise_on_error=False)
    failed = [check.check_name for check in result.get_asset_check_evaluations() if not check.passed]
    assert failed == ["counts_are_those_of_the_records"]
    assert {check.severity for check in result.get_asset_check_evaluations()} == {dg.AssetCheckSeverity.ERROR}
    (failure,) = result.get_step_failure_events()
    assert "DbtFailed: dbt build failed: counts_are_those_of_the_records (Got 1 result" in str(failure)


def test_a_rule_that_only_warns_fails_its_check_and_not_the_run(database: str, tmp_path: Path) -> None:
    # After the test above: its rule is broken.
    shutil.copytree(ROOT / "dbt_project", tmp_path / "dbt_project")
    shutil.copy(ROOT / "profiles.yml", tmp_path)
    configured = (ROOT / "dbt_project.yml").read_text() + "\ndata_tests:\n  +severity: warn\n"
    (tmp_path / "dbt_project.yml").write_text(configured)
    result = materialize(analytics_assets(tmp_path), database, selection="csv_import_summary")
    (check,) = (check for check in result.get_asset_check_evaluations() if not check.passed)
    assert (check.check_name, check.severity) == ("counts_are_those_of_the_records", dg.AssetCheckSeverity.WARN)
    assert (check.metadata["rows that break the rule"].value, result.success) == (1, True)


def test_a_refused_login_is_told_without_the_password() -> None:
    url = "postgresql://nobody:s3cr%40t@127.0.0.1:1/none"
    with pytest.raises(DbtFailed) as refused:
        list(project.build(ROOT, url, ["contractor_summary"], str))
    assert "127.0.0.1" in str(refused.value)
    assert "s3cr" not in str(refused.value)


def _broken(connection: psycopg.Connection[Any], queries: dict[str, str]) -> set[str]:
    return {name for name, query in queries.items() if connection.execute(query.encode()).rowcount > 0}
