"""Whoever reads while dbt works finds every model, old or new: also where one fails, and where columns change."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from tests.conftest import ROOT, _database
from tests.integration.analytics import views
from tests.integration.analytics.conftest import finished, seed, starter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.postgres import Cluster

# Views are built, and the rollup from the start; tests of the data and of the logic are not what is looked at here.
BUILD = ("build", "--full-refresh", "--exclude-resource-type", "test", "unit_test")
FAILING = {
    # Refused by dbt before it touches the view, and by PostgreSQL after it was replaced.
    "csv_import_summary": "This model has an enforced contract that failed.",
    "contractor_summary": "division by zero",
}
REORDERED = ("stg_contractors", "stg_template_usage", "template_usage_analytics")
"""PostgreSQL replaces no view by one with other columns in front; marts are built on the first two."""

_VIEWS = """
    SELECT
        c.relname AS name,
        c.reloptions AS options,
        ARRAY(SELECT a.acl::TEXT FROM unnest(c.relacl) AS a (acl) ORDER BY 1) AS rights,
        obj_description(c.oid, 'pg_class') AS comment,
        pg_get_viewdef(c.oid) AS definition,
        (SELECT jsonb_object_agg(a.attname, col_description(c.oid, a.attnum)) FROM pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
    FROM pg_class AS c
    WHERE c.relnamespace IN ('public'::REGNAMESPACE, 'analytics'::REGNAMESPACE) AND c.relkind = 'v'
"""


@dataclass
class Built:
    """What stood after a build, after one in which models failed, and after one of the repaired project."""

    reads: int
    wrong: Any
    said: str
    before: dict[str, dict[str, Any]]
    failed: dict[str, dict[str, Any]]
    repaired: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def built(postgres: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Build a project, damage it, build, repair it, and build, while somebody reads every model."""
    root, folder = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("targets")
    models = shutil.copytree(ROOT / "dbt_project", root / "dbt_project") / "models"
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, root)
    dbt = starter(folder, root)
    with _database(postgres, template=migrated_template) as (_, url):
        seed(url)
        finished(dbt(url, *BUILD))
        (manifest,) = folder.glob("*/manifest.json")
        nodes = [
            node for node in json.loads(manifest.read_text())["nodes"].values() if node["resource_type"] == "model"
        ]
        before = described(url)
        shown = [node for node in nodes if "authenticated" in node["config"]["grants"]["select"]]
        with views.reading(url, map(everything, shown)) as reader:
            damage(models, {node["name"]: node for node in nodes})
            process = dbt(url, *BUILD)
            said, _ = process.communicate(timeout=120)
            assert process.returncode != 0
            failed = described(url)
            shutil.copytree(ROOT / "dbt_project", root / "dbt_project", dirs_exist_ok=True)
            finished(dbt(url, *BUILD))
        yield Built(reader.reads, reader.wrong, said, before, failed, described(url))


def everything(node: dict[str, Any]) -> sql.Composed:
    """Ask for all rows of a model, in whatever order its columns stand."""
    return sql.SQL("SELECT to_jsonb(m)::TEXT FROM {} AS m ORDER BY 1").format(
        sql.Identifier(node["schema"], node["alias"])
    )


def damage(models: Path, nodes: dict[str, dict[str, Any]]) -> None:
    """Break two models and turn the columns of others round."""
    (summary,) = models.rglob("csv_import_summary.sql")
    summary.write_text("SELECT 1 AS nothing")
    (contractors,) = models.rglob("contractor_summary.sql")
    contractors.write_text(
        "{{ config(post_hook='SELECT 1 / 0') }} SELECT * FROM (" + contractors.read_text() + ") AS m WHERE true"
    )
    for name in REORDERED:
        (file,) = models.rglob(f"{name}.sql")
        columns = ", ".join(reversed(nodes[name]["columns"]))
        file.write_text(f"SELECT {columns} FROM ({file.read_text()}) AS m")


def described(url: str) -> dict[str, dict[str, Any]]:
    """Return what each view is, its rows aside."""
    with psycopg.connect(url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return {view["name"]: view for view in cursor.execute(_VIEWS)}


def test_nobody_finds_a_model_missing_or_other_rows_in_it(built: Built) -> None:
    assert built.wrong is None
    assert built.reads > 20


def test_a_model_that_fails_stands_as_before(built: Built) -> None:
    for name, reason in FAILING.items():
        assert reason in built.said
        stands = built.failed[name]
        # What it reads may have stepped aside for a new view of that name.
        read = re.sub(r"__\d+", "", stands["definition"])
        assert {**stands, "definition": read} == built.before[name]
    assert f"ERROR={len(FAILING)} " in built.said


def test_the_others_are_built_with_their_rights_and_comments(built: Built) -> None:
    for name, view in built.before.items():
        assert without_definition(built.failed[name]) == without_definition(view)
    for name in REORDERED:
        assert built.failed[name]["definition"] != built.before[name]["definition"]


def test_a_repaired_project_leaves_no_trace(built: Built) -> None:
    assert built.repaired == built.before


def without_definition(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name != "definition"}
