"""The one `Definitions` object: which assets there are, and in which order a run makes them."""

from __future__ import annotations

import ast

import dagster as dg
import pytest

from assets import catalogue
from assets.partitions import CONTRACTORS
from orchestration import settings
from orchestration.definitions import IMPORT_JOB, build_defs


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs()


def test_the_import_job_is_partitioned_by_contractor(defs: dg.Definitions) -> None:
    assert defs.resolve_job_def(IMPORT_JOB).partitions_def == CONTRACTORS


def test_every_type_has_an_asset_after_its_parents(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for record_type in catalogue.TYPES:
        upstream = graph.get(dg.AssetKey(["coperniq", record_type.slug])).parent_keys
        parents = {dg.AssetKey(["coperniq", parent.slug]) for parent in catalogue.parents(record_type)}
        assert upstream == {dg.AssetKey("csv_import_records"), dg.AssetKey("form_exports"), *parents}


def test_the_views_are_assets_with_descriptions(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for view in ("contractor_summary", "template_usage_analytics", "form_funnel", "csv_import_summary"):
        node = graph.get(dg.AssetKey(view))
        assert node.description
        assert node.group_name == "analytics"


def test_only_settings_reads_the_environment() -> None:
    """`os.environ` is read in one place; `runs` writes what Dagster reads, the package what polars does."""
    readers = set()
    for folder in ("assets", "orchestration"):
        for path in (settings.ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
                    readers.add(str(path.relative_to(settings.ROOT)))
    assert readers == {"orchestration/settings.py", "orchestration/runs.py", "orchestration/__init__.py"}
