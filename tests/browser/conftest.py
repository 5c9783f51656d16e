"""The stack that `mep up` runs, in a copy of the project of its own, and a browser to look at it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page

from sandbox.ui import CHROMIUM, chromium, serving
from tests.browser.ui import ProjectUi
from tests.pipeline.project import project_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE_SECONDS = 120
SCREENSHOTS = Path(__file__).parent / "screenshots"
"""Kept, for who wants to see what the tests saw; git ignores them."""


# Both end with this package: Playwright keeps an event loop running in the thread that it was opened in, and Dagster's
# own calls in that thread could not run one of theirs.
@pytest.fixture(scope="package")
def ui() -> Iterator[ProjectUi]:
    """Run `mep up` in a copy of the project, where nothing starts by itself; give its UI."""
    with project_copy() as project, serving(project) as served:
        found = ProjectUi(served.url, project)
        found.stop_automation()
        yield found


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: install it, e.g. `apt-get install chromium`, as .ci/run does")
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a tab."""
    opened = browser.new_page(viewport={"width": 1600, "height": 1200})
    opened.set_default_timeout(PAGE_SECONDS * 1000)
    yield opened
    opened.close()
