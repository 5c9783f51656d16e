"""The measure of an upgrade: how long each migration of this release takes, where many rows are.

A migration holds its locks to its end, so that nobody waits longer for it. The rows are those of the report's measure
(`reports.sql`): of two imports of `bench.rows` rows each, one in ten is an error, and one in 55 was refused.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from benchmarks import reports
from benchmarks.measures import Bench, Row
from orchestration import migrations
from orchestration.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = ROOT / "migrations"
RELEASED = 22
"""The last migration of the release before this one."""
LONG_SECONDS = 0.5
"""Shorter ones share a line."""


def upgrades(bench: Bench) -> list[Row]:
    """Measure the migrations that came since the last release, where two imports have `bench.rows` rows each."""
    with bench.server.database() as url, psycopg.connect(url, autocommit=True, prepare_threshold=None) as conn:
        migrations.down(conn, FOLDER, to=RELEASED)
        reports.fill(conn, bench.rows)
        conn.execute("VACUUM ANALYZE")
        bench.server.checkpoint()
        taken: dict[str, float] = {}
        for folder in _grown():
            began = time.perf_counter()
            (applied,) = migrations.up(conn, folder)
            taken[f"{applied.version}_{applied.name}"] = time.perf_counter() - began
            bench.say(f"{applied.version}_{applied.name}: {time.perf_counter() - began:.2f} s")
    rows = [
        Row(f"migration {name}, over {2 * bench.rows:,} rows", "", f"{seconds:.1f} s")
        for name, seconds in taken.items()
        if seconds >= LONG_SECONDS
    ]
    short = [seconds for seconds in taken.values() if seconds < LONG_SECONDS]
    return [*rows, Row(f"each of the {len(short)} others since {RELEASED:03}", "", f"≤ {max(short):.2f} s")]


MEASURES = {"upgrades": upgrades}


def _grown() -> Iterator[Path]:
    """Give a folder of migrations again and again, each time with one more of them than before."""
    with tempfile.TemporaryDirectory(prefix="mep-bench-migrations-") as made:
        folder = Path(made) / "migrations"
        folder.mkdir()
        shutil.copy(FOLDER / "shim.sql", folder)
        for number, file in enumerate(sorted(FOLDER.glob("[0-9]*.sql")), start=1):
            shutil.copy(file, folder)
            if number > RELEASED:
                yield folder
