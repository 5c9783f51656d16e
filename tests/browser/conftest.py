"""The stack that `mep up` runs, in a copy of the project of its own, and a browser to look at it."""

from __future__ import annotations

import contextlib
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from sandbox.postgres import free_port
from tests.browser.ui import Ui
from tests.pipeline.project import project_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_SECONDS = 240
SAMPLES = ("abc-heating", "sunrise-solar")
PAGE_SECONDS = 120
SCREENSHOTS = Path(__file__).parent / "screenshots"
"""Kept, for who wants to see what the tests saw; git ignores them."""


# Both end with this package: Playwright keeps an event loop running in the thread that it was opened in, and Dagster's
# own calls in that thread could not run one of theirs.
@pytest.fixture(scope="package")
def ui() -> Iterator[Ui]:
    """Run `mep up` in a copy of the project, where nothing starts by itself; give its UI."""
    port = free_port()
    with project_copy() as project, contextlib.ExitStack() as running:
        for slug in SAMPLES:
            # A folder that is there is left as it is: nothing arrives before the sensor is stopped.
            (project.root / "inbox" / slug).mkdir(parents=True)
        process = running.enter_context(project.start(["up", "--port", str(port)]))
        try:
            _wait_for(f"http://127.0.0.1:{port}/server_info")
            served = Ui(f"http://127.0.0.1:{port}", project)
            served.stop_automation()
            yield served
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            left = project.leftovers()
        assert left == []


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: install it, e.g. `apt-get install chromium`, as .ci/run does")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a tab."""
    opened = browser.new_page(viewport={"width": 1600, "height": 1200})
    opened.set_default_timeout(PAGE_SECONDS * 1000)
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
