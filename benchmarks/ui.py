"""The measure of the UI: how long people wait for its pages, when Dagster has a long history.

A page counts as open when it shows what people came for, and has the answers to all that it asks the webserver.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import requests
from playwright.sync_api import sync_playwright

from benchmarks import history
from benchmarks.measures import Bench, Row
from orchestration import stack_settings
from orchestration.settings import ROOT
from sandbox.postgres import free_port
from tests.coperniq_server import running_sandbox

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Page

CONTRACTORS = 500
RUNS = 10_000
TIMES = 5
START_SECONDS = 120
WAIT_SECONDS = 120
QUIET_MS = 1_500
"""After which no answer is expected that belongs to opening a page; later ones come by polling."""
ANSWERED = """() => Math.max(0, ...performance.getEntriesByType("resource")
    .filter(entry => entry.name.endsWith("/graphql")).map(entry => entry.responseEnd))"""
"""When the last question that the page asks had its answer, in milliseconds from when it was opened."""
PAGES = {
    "the asset graph": ("/asset-groups", ":text('coperniq')"),
    "an asset's page": ("/assets/csv_import_records", "img[src^='data:image/svg+xml']"),
    "an asset's partitions": (
        f"/assets/coperniq/contact?view=partitions&partition={history.SLUG}",
        "img[src^='data:image/svg+xml']",
    ),
    "the list of runs": ("/runs", ":text('Success')"),
}
"""What is opened, and what stands on it once it shows what people came for."""


def ui(bench: Bench) -> list[Row]:
    """Measure pages with a browser: at first, and as often again as people come back to them."""
    with bench.server.database() as url:
        with tempfile.TemporaryDirectory() as folder, running_sandbox(Path(folder) / "store.db") as coperniq:
            made = history.write(bench, url, coperniq, CONTRACTORS, RUNS)
        size = _size(url)
        with _webserver(url) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            rows = [_measured(bench, page, address, what, made) for what in PAGES]
            browser.close()
    return [*rows, Row(f"what Dagster keeps of {made:,} materializations", "", size)]


MEASURES = {"ui": ui}


def _measured(bench: Bench, page: Page, address: str, what: str, made: int) -> Row:
    path, content = PAGES[what]
    taken: list[float] = []
    for _ in range(TIMES + 1):
        page.goto("about:blank")
        began = time.perf_counter()
        page.goto(address + path, wait_until="commit")
        page.locator(content).first.wait_for(timeout=WAIT_SECONDS * 1000)
        seen = time.perf_counter() - began
        page.wait_for_timeout(QUIET_MS)
        taken.append(max(seen, page.evaluate(ANSWERED) / 1000))
        bench.say(f"{what}: {taken[-1]:.2f} s")
        page.screenshot(path=bench.folder.parent / f"{path.split('?')[0].strip('/').replace('/', '-')}.png")
    first, *again = taken
    return Row(
        f"opening {what}, with {CONTRACTORS:,} contractors, {RUNS:,} runs and {made:,} materializations",
        "≤ 3 s",
        f"{statistics.median(again):.1f} s (at most {max(again):.1f} s of {TIMES}); the first time {first:.1f} s",
    )


def _size(url: str) -> str:
    with psycopg.connect(url) as conn:
        (total, metadata) = conn.execute(
            """
            SELECT pg_total_relation_size('dagster.event_logs'),
                   (SELECT avg(octet_length(event)) FROM dagster.event_logs
                    WHERE dagster_event_type = 'ASSET_MATERIALIZATION')
            """
        ).fetchone() or (0, 0)
    return f"{total / 2**20:,.0f} MB of events, indexes included; {metadata:,.0f} bytes a materialization"


@contextlib.contextmanager
def _webserver(url: str) -> Generator[str]:
    """Run Dagster's webserver on the database; give its address once it answers."""
    port = free_port()
    environment = {**os.environ, **stack_settings.dagster_environment(url), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "dagster_webserver", "--workspace", "workspace.yaml", "--port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **quiet) as process:  # noqa: S603 - our own
        try:
            address = f"http://127.0.0.1:{port}"
            until = time.monotonic() + START_SECONDS
            while time.monotonic() < until:
                with contextlib.suppress(requests.RequestException):
                    if requests.get(f"{address}/server_info", timeout=5).ok:
                        break
                time.sleep(0.2)
            yield address
        finally:
            process.terminate()
