"""`make walkthrough`: plays the chapters, and writes what was printed and seen into `docs/walkthrough/`."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import click

from assets.errors import PipelineError
from sandbox.copies import ProjectCopy, project_copy
from sandbox.ui import chromium, serving
from sandbox.walkthrough import chapters
from sandbox.walkthrough.pictures import PAGE_SECONDS, WINDOW
from sandbox.walkthrough.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Browser


@contextlib.contextmanager
def opened(browser: Browser, pictures: Path) -> Generator[Stage, None, None]:
    """Give a stage: a copy of the project, its stack, and a tab to look at it.

    Args:
        browser: To open the tab in.
        pictures: The folder for pictures.

    Raises:
        UiError: When the UI does not answer.
    """
    with project_copy(ProjectCopy) as project, serving(project) as ui:
        page = browser.new_page(viewport=WINDOW)
        page.set_default_timeout(PAGE_SECONDS * 1000)
        yield Stage(project, ui, page, pictures)


def main() -> None:
    """Play all chapters in their order; each is written when it is over."""
    try:
        with chromium() as browser, opened(browser, chapters.FOLDER / "pictures") as stage:
            for name in chapters.names():
                click.echo(f"· playing {name}")
                played = chapters.play(chapters.read(name), stage)
                (chapters.FOLDER / name).write_text(played, encoding="utf-8")
    except PipelineError as error:
        sys.exit(f"make walkthrough: {error}")


if __name__ == "__main__":
    main()
