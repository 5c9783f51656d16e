"""The report of an import in a browser: on a desk, on a phone and on paper, in two languages, whatever a file holds."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from assets.database import Database
from assets.outbox import report
from tests.browser.conftest import SCREENSHOTS
from tests.conftest import ROOT
from tests.integration.csv_imports.conftest import make_office
from tests.reports import EVERY, HOSTILE, MIXED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1000, "height": 1400}
PAGES = re.compile(rb"/Type\s*/Page[^s]")
MOST_PAGES = 2
SLUGS = ("abc-heating", "sunrise-solar")
UGLY = "contacts of <b>everybody<b>.csv"


class Seen:
    """What a tab did that a report must not: requests, dialogs and complaints."""

    def __init__(self, tab: Page) -> None:
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.complaints: list[str] = []
        tab.on("request", lambda request: self.requests.append(request.url))
        tab.on("console", lambda message: self.complaints.append(message.text))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


def hostile_file() -> str:
    """Write contacts whose every cell and header is hostile; some rows are good, the others are not."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["name", "email", "phone", *(f"{HOSTILE} {n}" for n in range(40))])
    for n in range(40):
        email = f"a{n}@b.co" if n % 2 else f"{HOSTILE} {n}"
        writer.writerow([f"{HOSTILE} {n}", email, f"303-555-{n:04} x12", *[HOSTILE] * 40])
    return written.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a report for every way in which an import ends."""
    made = tmp_path_factory.mktemp("reports")
    for name, figures in EVERY.items():
        (made / f"{name}.html").write_text(report.render(figures, ["fix.csv", "fix.xlsx"] if figures.causes else []))
    return made


@pytest.fixture
def imported(migrated_database: str, tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Import the samples and a hostile file; give the report of each file."""
    with Database(migrated_database).connect() as conn:
        office = make_office(conn, tmp_path / "inbox", "abc")
        (tmp_path / "inbox").mkdir()
        for path in (path for slug in SLUGS for path in (ROOT / "samples" / "inbox" / slug).iterdir()):
            office.put(path.name, path.read_bytes())
        office.put(UGLY, hostile_file())
        found = office.run().items()
        yield {name: report.write(conn, made, tmp_path / "out" / str(made)) for name, made in found if made}


def pages(tab: Page) -> list[int]:
    """Print a page on paper as it is used in Europe and America; give how many sheets it takes."""
    return [len(PAGES.findall(tab.pdf(format=size))) for size in ("A4", "Letter")]


@pytest.mark.parametrize("name", EVERY)
def test_it_is_read_on_a_desk_on_a_phone_and_on_paper(folder: Path, browser: Browser, name: str) -> None:
    tab = browser.new_page(viewport=PHONE)
    seen = Seen(tab)
    address = (folder / f"{name}.html").as_uri()
    tab.goto(address)
    for language in ("en", "es"):
        tab.locator(f"label[for={language}]").click()
        tab.set_viewport_size(PHONE)
        assert tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        tab.screenshot(path=SCREENSHOTS / f"report-{name}-phone-{language}.png")
        tab.set_viewport_size(DESK)
        tab.screenshot(path=SCREENSHOTS / f"report-{name}-desk-{language}.png", full_page=name != "ugliest")
        assert max(pages(tab)) <= MOST_PAGES
    tab.close()
    assert (seen.requests, seen.dialogs, seen.complaints) == ([address], [], [])


def test_one_language_is_shown_at_a_time(folder: Path, page: Page) -> None:
    page.goto((folder / "mixed.html").as_uri())
    english = page.get_by_role("heading", name="What became of the rows")
    spanish = page.get_by_role("heading", name="Qué pasó con las filas")
    assert (english.count(), spanish.count()) == (1, 0)
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    assert (english.count(), spanish.count()) == (0, 1)
    page.locator("label[for=en]").click()
    assert (english.count(), spanish.count()) == (1, 0)


def test_what_is_more_than_a_glance_is_behind_a_summary(folder: Path, page: Page) -> None:
    page.goto((folder / "ugliest.html").as_uri())
    hidden = page.locator("article.en td", has_text="999,999,980")
    assert not hidden.first.is_visible()
    page.locator("article.en summary").first.click()
    assert hidden.first.is_visible()


def test_charts_have_names_and_tables_have_captions_for_who_listens(folder: Path, page: Page) -> None:
    page.goto((folder / "mixed.html").as_uri())
    for name in ("What became of the rows", "Rows to correct, by cause", "Rows by quality score"):
        assert page.get_by_role("img", name=name).count() == 1
    said = [caption for caption in page.locator("article.en caption").all_inner_texts() if caption]
    assert page.get_by_role("table").count() == len(said)


def test_a_hostile_import_is_text(imported: dict[str, Path], page: Page) -> None:
    seen = Seen(page)
    address = imported[UGLY].as_uri()
    page.goto(address)
    assert page.locator("h1").first.inner_text() == UGLY
    shown = page.locator("body").inner_text()
    assert HOSTILE.replace("\u202e", "\\u202e") in shown
    assert "\u202e" not in shown
    assert page.locator("script, img, b").count() == 0
    assert (seen.requests, seen.dialogs, seen.complaints) == ([address], [], [])


def test_the_report_of_every_sample_prints_on_two_pages(imported: dict[str, Path], page: Page) -> None:
    sheets: dict[str, list[int]] = {}
    for name, path in imported.items():
        page.goto(path.as_uri())
        sheets[name] = pages(page)
    assert {name: used for name, used in sheets.items() if max(used) > MOST_PAGES} == {}


def test_it_follows_the_night(folder: Path, browser: Browser) -> None:
    tab = browser.new_page(viewport=DESK, color_scheme="dark")
    tab.goto((folder / "mixed.html").as_uri())
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 25, 31)"
    tab.screenshot(path=SCREENSHOTS / "report-mixed-dark.png")
    tab.close()


def test_it_says_the_numbers_that_it_was_given(folder: Path, page: Page) -> None:
    page.goto((folder / "mixed.html").as_uri())
    shown = page.locator("article.en dl.tiles dd").all_inner_texts()
    assert shown == [str(sum(MIXED.outcomes.values())), "382", "21", "41", "6"]
