"""`make docs`: one file that shows every view with its columns, to whoever opens it, and asks nobody for anything."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from orchestration.settings import NAMES
from tests.browser.conftest import SCREENSHOTS
from tests.pipeline.project import project_copy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

MODEL = "#!/model/model.mep_pipeline.contractor_summary"


@pytest.fixture(scope="module")
def written() -> Iterator[tuple[Path, str]]:
    """Run the command where no database is set; give the file, and what the browser was told to open."""
    environment = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in NAMES}
    with project_copy() as project:
        opened = project.root / "opened"
        browser = project.root / "browser"
        browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
        browser.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.docs"], cwd=project.root, check=False, capture_output=True, text=True,
            env={**environment, "PYTHONPATH": str(project.root), "BROWSER": f"{browser} %s"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        assert done.stdout.startswith("target/static_index.html ")
        yield project.root / "target" / "static_index.html", opened.read_text().strip()


def test_it_is_opened(written: tuple[Path, str]) -> None:
    page, opened = written
    assert opened == page.as_uri()


def test_it_shows_a_view_with_its_columns_and_asks_nobody(
    written: tuple[Path, str], page: Page, tmp_path: Path
) -> None:
    # One file alone is enough.
    moved = written[0].rename(tmp_path / "docs.html").as_uri()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(moved + MODEL)
    page.get_by_text("One row for each contractor").first.wait_for()
    row = page.locator("tr").filter(has_text="last_submission_at").first
    row.get_by_text("timestamp with time zone").wait_for()
    page.get_by_text("Key; the contractor").first.wait_for()
    page.screenshot(path=SCREENSHOTS / "docs.png")
    asked_of = {urlsplit(url)[:2] for url in asked}
    assert asked_of <= {("file", ""), ("data", "")}
