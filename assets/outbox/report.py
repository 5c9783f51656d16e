"""The report of an import: one page that needs nothing else, in English and Spanish, for who sent the file.

What belongs here: the page's file and what holds for every text on it. What does not: what it says (`report_pages`),
and its figures (`report_figures`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assets.outbox import paths, report_figures, report_pages, writing
from assets.outbox.report_words import LANGUAGES
from assets.text import minute, visible

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from psycopg import Connection

    from assets.outbox.report_figures import Figures

LABEL_CHARACTERS = 42
"""Of a bar's label: what a phone has room for beside its number."""
DOUBTS = 20
_FOOTER = re.compile(r"<footer .*?</footer>", re.DOTALL)
"""Says when a report was written; nothing that a cell holds begins like it, as markup is escaped."""


def write(conn: Connection[Any], import_id: UUID, folder: Path) -> Path:
    """Write the report of an import afresh; return its path.

    Args:
        conn: In autocommit mode; it is only read from.
        import_id: The import.
        folder: Of the import in the outbox; its fix file, where it is there, is linked.

    Raises:
        UnknownImport: When there is no such import.
    """
    return _put(_page(conn, import_id, folder), folder / paths.REPORT)


def renew(conn: Connection[Any], import_id: UUID, folder: Path) -> Path:
    """Write the report of an import as `write` does, unless the one that is there says the same but for its time."""
    page, path = _page(conn, import_id, folder), folder / paths.REPORT
    if path.is_file() and _without_time(path.read_text(encoding="utf-8")) == _without_time(page):
        return path
    return _put(page, path)


def render(figures: Figures, fixes: list[str]) -> str:
    """Return the page that says figures, with links to the files of corrections that lie beside it."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        figures=figures,
        of=figures.of,
        short_id=str(figures.of.id)[: report_pages.SHORT_ID],
        fixes=fixes,
        languages=LANGUAGES,
        pages=[report_pages.page(figures, language) for language in LANGUAGES],
        doubts=DOUBTS,
        minute=minute,
        number="{:,}".format,
        style=Markup(style),  # noqa: S704 - the project's own
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )


def _page(conn: Connection[Any], import_id: UUID, folder: Path) -> str:
    return render(report_figures.gather(conn, import_id), [file.name for file in _fixes(folder)])


def _put(page: str, path: Path) -> Path:
    with writing.replacing(path) as file:
        file.write(page.encode())
    return path


def _without_time(page: str) -> str:
    return _FOOTER.sub("", page)


def _fixes(folder: Path) -> list[Path]:
    return [path for path in (folder / paths.FIX_FILE, folder / paths.FIX_WORKBOOK) if path.is_file()]


@cache
def _style() -> str:
    return resources.files("assets.outbox").joinpath("report.css").read_text(encoding="utf-8")


@cache
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("assets.outbox", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_shown,
    )  # fmt: skip
    environment.filters["shortened"] = partial(_shortened, most=LABEL_CHARACTERS)
    return environment.get_template("report.html.jinja")


def _shown(value: Any) -> Any:
    """Show what cannot be seen in any text that comes onto the page: it cannot turn the words around it about."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _shortened(text: str, most: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"
