"""Writing what dbt knows of tables, views and columns as one page, and opening it: `make docs`."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from pathlib import Path

import click

from assets.errors import PipelineError
from orchestration import settings
from sandbox import temporary

PAGE = settings.ROOT / "target" / "static_index.html"


class DocsError(PipelineError):
    """dbt could not write its page; what it said stands above."""


def write() -> Path:
    """Write the page and return its path.

    Types and owners are those of the database that the settings name; without one, of a temporary one that dbt builds.

    Raises:
        SettingsError: When the settings name a database in a malformed way.
        DocsError: When dbt failed.
    """
    if "DATABASE_URL" in settings.read():
        _dbt(settings.database_url(), "docs", "generate", "--static")
    else:
        with temporary.migrated_database() as url:
            _dbt(url, "run")
            _dbt(url, "docs", "generate", "--static")
    return PAGE


def _dbt(url: str, *arguments: str) -> None:
    """Run dbt as its users do; it says what goes wrong, and nothing else."""
    command = [Path(sys.executable).with_name("dbt"), "--quiet", *arguments]
    environment = {**os.environ, "DATABASE_URL": url}
    if subprocess.run(command, cwd=settings.ROOT, env=environment, check=False).returncode != 0:  # noqa: S603 - ours
        raise DocsError(f"dbt {arguments[0]} failed: see above.")


def main() -> None:
    """Write the page, say where it is, and open it where there is a browser."""
    try:
        page = write()
    except PipelineError as error:
        sys.exit(f"make docs: {error}")
    click.echo(f"{page.relative_to(settings.ROOT)} holds it all: a file to open in a browser, here or elsewhere")
    webbrowser.open(page.as_uri())


if __name__ == "__main__":
    main()
