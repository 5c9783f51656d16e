"""What the chapters' pictures show: for each, how the page is opened and when it is ready to be taken.

A picture is as large as the window, the same each time, so that a new one takes the old one's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from playwright.sync_api import Page, ViewportSize

WINDOW: ViewportSize = {"width": 1280, "height": 860}
WIDE: ViewportSize = {"width": 1700, "height": 1000}
"""For tables whose cells are cut off in a narrower one."""
EXPORT = "contacts-hubspot.csv"
"""The file whose report is shown."""
PAGE_SECONDS = 120
REST_MILLISECONDS = 2_000
"""Until what moves on a page has come to rest."""


@dataclass(frozen=True)
class Sight:
    """What there is to see.

    Args:
        url: The UI's address.
        run: The contractor's latest run.
        outbox: The contractor's folder of what is handed back.
    """

    url: str
    run: str
    outbox: Path


def _ready(page: Page, *texts: str) -> None:
    for text in texts:
        page.get_by_text(text).filter(visible=True).first.wait_for()
    page.wait_for_timeout(REST_MILLISECONDS)


def _run(page: Page, sight: Sight) -> None:
    page.goto(f"{sight.url}/runs/{sight.run}")
    page.get_by_text("Success", exact=True).first.wait_for()
    # The whole height for the steps, each by its name: the buttons for that have none.
    page.get_by_role("button", name="Re-execute all").locator("xpath=preceding::button[1]").click()
    page.get_by_text("Hide not started steps").locator("xpath=preceding::button[3]").click()
    _ready(page, "csv_imports")


def _runs(page: Page, sight: Sight) -> None:
    page.set_viewport_size(WIDE)
    page.goto(f"{sight.url}/runs")
    _ready(page, "import_contractor_csvs")


def _asset(page: Page, sight: Sight) -> None:
    page.goto(f"{sight.url}/assets/csv_import_records")
    page.get_by_text("Latest check results").wait_for()
    page.get_by_text("Columns", exact=True).first.click()
    _ready(page, "Metadata", "duplicate")


def _checks(page: Page, sight: Sight) -> None:
    page.goto(f"{sight.url}/assets/csv_import_records?view=checks")
    _ready(page, "few_rows_are_rejected")


def _automation(page: Page, sight: Sight) -> None:
    page.goto(f"{sight.url}/automation")
    _ready(page, "inbox_arrivals", "Every 10 minutes")


def _daemons(page: Page, sight: Sight) -> None:
    page.goto(f"{sight.url}/deployment/daemons")
    _ready(page, "Scheduler", "Running")


def _report(page: Page, sight: Sight) -> None:
    _open_report(page, sight, "What was not sent, and why")


def _corrected(page: Page, sight: Sight) -> None:
    _open_report(page, sight, "Corrected by")


def _open_report(page: Page, sight: Sight, text: str) -> None:
    reports = sight.outbox.glob("*/report.html")
    (report,) = (path for path in reports if f"<title>{EXPORT} " in path.read_text(encoding="utf-8"))
    page.goto(report.as_uri())
    _ready(page, text)


PICTURES: Mapping[str, Callable[[Page, Sight], None]] = {
    "asset": _asset,
    "automation": _automation,
    "checks": _checks,
    "corrected": _corrected,
    "daemons": _daemons,
    "report": _report,
    "run": _run,
    "runs": _runs,
}
