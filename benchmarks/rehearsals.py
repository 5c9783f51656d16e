"""The measures of what only looks: `mep plan` of a file, and `mep replay` of an import, by how many rows they have.

Each is the command itself, from its start to its end, Dagster included; nothing answers for Coperniq, for nothing is
asked of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from assets.contractors import store as contractors
from assets.database import Database
from benchmarks import files
from benchmarks.load import SLUG
from benchmarks.measures import Bench, Row
from orchestration.console import LEFT
from orchestration.settings import NAMES, ROOT
from sandbox.copies import MEP

SIZES = (20_000, 200_000)
ANOTHER = "version: 1\ntype: Contact\ncolumns:\n  - {header: title, field: null}\n  - {header: notes, field: title}\n"
"""A mapping by which every row that is sent differs."""


@dataclass(frozen=True)
class Taken:
    """What a command took.

    Attributes:
        seconds: From its start to its end.
        peak_mb: The most memory that its process held.
    """

    seconds: float
    peak_mb: float

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"{self.seconds:.1f} s, {self.peak_mb:.0f} MB"


def plans(bench: Bench) -> list[Row]:
    """Measure the plan of a file of new contacts, next to its import on one connection."""
    rows: list[Row] = []
    for size in (*SIZES, bench.rows):
        file = files.contacts(bench.folder, size)
        with bench.server.database() as url:
            with Database(url).connect() as conn:
                contractors.add(conn, SLUG, SLUG, f"{SLUG}@example.com", ["hvac"])
            planned = _mep(url, "plan", SLUG, str(file))
        with bench.server.database() as url:
            loaded = bench.load(url, file, "--enter")["loads"][0]
        seconds = loaded["seconds"] + loaded["entering"]
        bench.say(f"plan of {size:,} rows: {planned}")
        rows.append(Row(f"`mep plan` of {size:,} contacts", "", f"{planned}; their import takes {seconds:.1f} s"))
    return rows


def replays(bench: Bench) -> list[Row]:
    """Measure a look at an import's stored rows, where none of them would differ, and where all would."""
    rows: list[Row] = []
    for size in SIZES:
        file = files.contacts(bench.folder, size)
        with bench.server.database() as url, tempfile.TemporaryDirectory() as folder:
            mapping = Path(folder) / "Contact.yaml"
            mapping.write_text(ANOTHER, encoding="utf-8")
            loaded = bench.load(url, file, "--enter")["loads"][0]["import"]
            none = _mep(url, "replay", loaded)
            all_ = _mep(url, "replay", loaded, "--mapping", str(mapping))
        bench.say(f"replay of {size:,} rows: {none}, and {all_}")
        rows.append(
            Row(f"`mep replay` of {size:,} contacts", "", f"none differs: {none}; all that are sent do: {all_}")
        )
    return rows


MEASURES = {"plans": plans, "replays": replays}


def _mep(url: str, *arguments: str) -> Taken:
    """Run a command against a database; its answer goes nowhere."""
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in NAMES}
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "DATABASE_URL": url, "COPERNIQ_API_URL": "http://127.0.0.1:9/graphql", "COPERNIQ_API_KEY": "none",
            "COPERNIQ_COMPANY_ID": "1", "MEP_INBOX": folder, "MEP_PLANS": folder, "MEP_MAPPINGS": folder,
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-c", MEP, *arguments, "--json"], env=kept | settings, cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, LEFT):
        raise SystemExit(f"mep {arguments[0]} ended with {process.returncode}.")
    return Taken(seconds, used.ru_maxrss / 1024)
