"""People work in the Dagster UI: they launch by clicking, follow what happens, and see what it came to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import dagster as dg
import pytest
from dotenv import dotenv_values

from assets.analytics.project import manifest
from assets.database import Database
from assets.reporting import CHART, ERRORS
from orchestration.definitions import ANALYTICS_JOB, IMPORT_JOB, TEMPLATES_JOB, build_defs
from sandbox import forms
from sandbox.ui import ENDED, until
from tests.browser.conftest import SCREENSHOTS
from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.ui import ProjectUi

pytestmark = pytest.mark.timeout(1800)  # a whole stack starts, and its runs have their own limits
CLICKED = "clicked-heating"
FILES_OF = {"abc-heating": "abc-heating", CLICKED: "abc-heating", "sunrise-solar": "sunrise-solar"}
PICTURE = "data:image/svg+xml"
MOST_CHARACTERS = 5_000
"""Of a materialization's metadata; a hundred thousand of them take 500 MB at most."""


@pytest.fixture(scope="module")
def ready(ui: ProjectUi) -> ProjectUi:
    """Give a stack with templates and filled forms, and with a contractor whose files nobody has imported."""
    ui.add_contractor(CLICKED)
    for slug, files_of in FILES_OF.items():
        ui.bring_files(slug, files_of)
    ui.run_job(TEMPLATES_JOB)
    url = dotenv_values(ui.project.state / "local.env")["DATABASE_URL"]
    with Database(url or "").connect() as connection:
        forms.fill(connection, ROOT / "samples" / "forms.json")
    return ui


@pytest.fixture(scope="module")
def runs(ready: ProjectUi) -> list[Any]:
    """Give the runs of a backfill over all contractors, after which the views were rebuilt."""
    launched = ready.backfill(IMPORT_JOB, list(FILES_OF))
    ready.run_job(ANALYTICS_JOB)
    return launched


def test_a_contractor_is_imported_by_clicking(ready: ProjectUi, page: Page) -> None:
    page.goto(f"{ready.url}/asset-groups")
    page.get_by_text("imports", exact=True).last.wait_for()
    page.goto(f"{ready.url}/locations/__repository__@mep_pipeline/jobs/{IMPORT_JOB}")
    page.get_by_role("button", name="Materialize all").click()
    page.get_by_role("dialog").get_by_text("Select a partition").click()
    page.locator(".bp5-menu-item, [role=menuitem]").filter(has_text=CLICKED).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Launch 1 run").click()
    run, *_ = until(lambda: ready.runs_of(CLICKED), bool)
    page.goto(f"{ready.url}/runs/{run['runId']}")
    until(lambda: ready.run(run["runId"]), lambda found: found["status"] in ENDED)
    page.get_by_text("Success", exact=True).first.wait_for()
    page.screenshot(path=SCREENSHOTS / "run.png")

    page.goto(f"{ready.url}/assets/csv_import_records")
    page.get_by_text("Latest check results").wait_for()
    page.get_by_text("Columns", exact=True).first.click()
    page.get_by_text(ERRORS).first.wait_for()
    valid = page.locator("tr").filter(has=page.get_by_text("valid", exact=True)).locator("td").last
    assert int(valid.inner_text()) > 0
    chart = page.locator(f"img[src^='{PICTURE}']").first
    chart.scroll_into_view_if_needed()
    assert chart.evaluate("image => image.complete && image.naturalWidth > 0 && image.naturalHeight > 0")
    page.screenshot(path=SCREENSHOTS / "asset.png")
    page.goto(f"{ready.url}/assets/csv_import_records?view=checks")
    for check in build_defs().resolve_asset_graph().get(dg.AssetKey("csv_import_records")).check_keys:
        page.get_by_text(check.name).first.wait_for()
    page.get_by_text("Passed", exact=True).first.wait_for()
    page.screenshot(path=SCREENSHOTS / "checks.png")


def test_a_backfill_brings_every_contractor(ready: ProjectUi, runs: list[Any]) -> None:
    assert sorted(run["tags"]["mep/contractor"] for run in runs) == sorted(FILES_OF)
    assert {run["status"] for run in runs} == {"SUCCESS"}
    tags = {run["tags"]["dagster/partition"]: run["tags"] for run in runs}
    for slug, files_of in FILES_OF.items():
        for file in (ROOT / "samples" / "inbox" / files_of).iterdir():
            assert file.name in tags[slug]["mep/files"]
        assert {"Contact", "Site", "Asset"} <= set(tags[slug]["mep/types"].split(", "))
    assert ready.project.sent()["Contact"]


def test_every_asset_says_what_its_run_did(ready: ProjectUi, runs: list[Any]) -> None:
    said = _materializations(ready)
    graph = build_defs().resolve_asset_graph()
    assert said.keys() == {key.to_user_string() for key in graph.materializable_asset_keys}
    models = json.loads(manifest(ROOT).read_text())["nodes"].values()
    # As long as a table: to count it at each run would take too long.
    uncounted = {model["name"] for model in models if "counted_by" not in model["config"]["meta"]}
    for asset, materializations in said.items():
        if asset.rpartition("/")[2] in uncounted:
            assert all("seconds" in one for one in materializations), asset
            continue
        # A contractor that has nothing of a type has nothing to draw.
        richest = max(materializations, key=lambda one: PICTURE in one[CHART])
        if asset in ("stuck_imports", "possible_duplicates"):  # No import is stuck, and no two customers are alike.
            assert richest[CHART] == "none"
            continue
        assert PICTURE in richest[CHART], asset
        assert ERRORS in richest, asset
        assert sum(isinstance(value, int) for value in richest.values()) >= 2, asset
        assert any(label.endswith(" per second") for label in richest), asset
        for one in materializations:
            assert len(json.dumps(one)) < MOST_CHARACTERS, asset


def test_the_graph_is_shown_whole(ready: ProjectUi, runs: list[Any], page: Page) -> None:
    page.set_viewport_size({"width": 2000, "height": 2700})
    # The views are too many to be read beside all others; their group stands for them, and is opened by itself.
    opened = ("contractors", "coperniq", "forms", "imports", "review", "templates")
    groups = [f"global@global:{group}" for group in opened]
    page.goto(f"{ready.url}/asset-groups?{urlencode({'expanded': ','.join(groups)})}")
    page.get_by_text("Hide navigation").click()
    for asset in ("csv_imports", "financial_document", "form_exports", "analytics"):
        page.get_by_text(asset).last.wait_for(state="attached")
    page.wait_for_timeout(2_000)  # the picture comes to rest
    page.screenshot(path=SCREENSHOTS / "asset-graph.png")
    page.goto(f"{ready.url}/locations/mep_pipeline/asset-groups/analytics/list")
    for asset in ("contractor_summary", "form_funnel", "stg_contractors"):
        page.get_by_text(asset).last.wait_for(state="attached")
    page.screenshot(path=SCREENSHOTS / "analytics.png")


def _materializations(ui: ProjectUi) -> dict[str, list[dict[str, Any]]]:
    """Give what the materializations of every asset say, by its key."""
    found = ui.graphql(
        """
        query {
          assetNodes {
            assetKey { path }
            isMaterializable
            assetMaterializations(limit: 10) {
              metadataEntries {
                label
                ... on IntMetadataEntry { intValue }
                ... on FloatMetadataEntry { floatValue }
                ... on TextMetadataEntry { text }
                ... on MarkdownMetadataEntry { mdStr }
                ... on JsonMetadataEntry { jsonString }
              }
            }
          }
        }
        """
    )["assetNodes"]
    return {
        "/".join(node["assetKey"]["path"]): [
            {entry["label"]: next(iter(list(entry.values())[1:]), None) for entry in one["metadataEntries"]}
            for one in node["assetMaterializations"]
        ]
        for node in found
        if node["isMaterializable"]
    }
