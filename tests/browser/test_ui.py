"""The Dagster UI that `mep up` serves shows the assets, the job and the contractors."""

from __future__ import annotations

import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import Browser, sync_playwright

from sandbox.postgres import free_port
from tests.pipeline.project import project_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_SECONDS = 120


@pytest.fixture(scope="module")
def ui() -> Iterator[str]:
    """Run `mep up` in a copy of the project; give the UI's address."""
    port = free_port()
    with project_copy() as project, project.start(["up", "--port", str(port)]) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/server_info")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            left = project.leftovers()
        assert left == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: install it, e.g. `apt-get install chromium`, as .ci/run does")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


def _wait_for(url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(1)
    raise TimeoutError(f"{url} does not answer")


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("/jobs", ["import_contractor_csvs", "rebuild_analytics"]),
        ("/assets/csv_imports?view=partitions", ["abc-heating", "sunrise-solar"]),
        ("/assets/coperniq/financial_document?view=overview", ["FinancialDocuments in Coperniq"]),
        ("/assets/csv_import_summary?view=checks", ["not_null"]),
    ],
)
def test_a_page_shows(ui: str, browser: Browser, path: str, texts: list[str]) -> None:
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.goto(ui + path)
    for text in texts:
        page.get_by_text(text).first.wait_for(timeout=30_000, state="attached")
    page.close()
