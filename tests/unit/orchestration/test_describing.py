"""What the UI shows of assets before anything has run."""

from __future__ import annotations

import dagster as dg
import pytest

from assets import catalogue
from orchestration.definitions import build_defs


@pytest.fixture(scope="module")
def graph() -> dg.AssetGraph:
    return build_defs().resolve_asset_graph()


def test_every_asset_is_described(graph: dg.AssetGraph) -> None:
    faults = [
        f"{key.to_user_string()} has no {what}"
        for key in graph.get_all_asset_keys()
        for what, found in {
            "sentence": (graph.get(key).description or "").strip().endswith("."),
            "owner": graph.get(key).owners,
            "group": graph.get(key).group_name != "default",
            "kinds": graph.get(key).kinds,
            "columns": getattr(graph.get(key).metadata.get("dagster/column_schema"), "columns", None),
        }.items()
        if not found
    ]
    assert faults == []


def test_every_asset_has_the_one_owner(graph: dg.AssetGraph) -> None:
    owners = {owner for key in graph.get_all_asset_keys() for owner in graph.get(key).owners}
    assert len(owners) == 1
    assert owners.pop().startswith("team:")


def test_views_keep_the_columns_that_dbt_says(graph: dg.AssetGraph) -> None:
    columns = {
        column.name: column.description
        for column in graph.get(dg.AssetKey("csv_import_summary")).metadata["dagster/column_schema"].columns
    }
    assert "success_rate" in columns
    assert columns["contractor_id"] == "The contractor whose file it is."


def test_every_model_says_what_it_is_and_what_its_columns_are(graph: dg.AssetGraph) -> None:
    models = [node for node in graph.asset_nodes if node.group_name == "analytics"]
    assert len(models) > 20
    for node in models:
        assert node.kinds in ({"dbt", "postgres", "view"}, {"dbt", "postgres", "table"})
        assert node.owners
        columns = node.metadata["dagster/column_schema"].columns
        assert [column.name for column in columns if not column.description or column.type == "?"] == []


def test_a_type_has_the_fields_of_the_catalogue(graph: dg.AssetGraph) -> None:
    for record_type in catalogue.TYPES:
        columns = graph.get(dg.AssetKey(["coperniq", record_type.slug])).metadata["dagster/column_schema"].columns
        assert [column.name for column in columns] == [field.name for field in record_type.fields]
        assert [not column.constraints.nullable for column in columns] == [f.required for f in record_type.fields]
