"""Where the outbox has what is handed back of an import: `<outbox>/<contractor>/<import>/`.

What belongs here: paths. What does not: what stands in the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

FIX_FILE = "fix.csv"
"""The rows to correct and send again."""
FIX_WORKBOOK = "fix.xlsx"
"""The same as a workbook, with the faulty cells marked."""
REPORT = "report.html"
ROLLBACK = "rollback.csv"
"""What a rollback left in Coperniq, and why."""
NAMES = (FIX_FILE, FIX_WORKBOOK, REPORT, ROLLBACK)


def folder(outbox: Path, slug: str, import_id: UUID) -> Path:
    """Return the folder of an import's results."""
    return outbox / slug / str(import_id)


def address(url: str, outbox: Path, path: Path) -> str:
    """Return the address of a file of the outbox, which is served at a URL without a slash at its end."""
    return f"{url}/{quote(path.relative_to(outbox).as_posix())}"


def handed_back(outbox: Path, slug: str, import_id: UUID) -> list[Path]:
    """Return the files of an import that are there."""
    of_import = folder(outbox, slug, import_id)
    return [path for name in (FIX_FILE, FIX_WORKBOOK, REPORT) if (path := of_import / name).is_file()]
