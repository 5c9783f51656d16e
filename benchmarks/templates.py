"""The measures of syncing templates: many files at first, the same files again, and one of them changed."""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING

from assets.database import Database
from assets.templates import syncing
from benchmarks.measures import Bench, Row
from orchestration.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = 1_000


def templates(bench: Bench) -> list[Row]:
    """Measure the sync of copies of the samples, into a database without templates."""
    folder = bench.folder / "templates"
    shutil.rmtree(folder, ignore_errors=True)
    written = _copies(folder)
    with bench.server.database() as url, Database(url).connect() as conn:

        def sync() -> None:
            syncing.sync(conn, folder, lambda _: None)

        rows = [
            Row(f"{COUNT:,} templates synced at first", "≤ 10 s", _measured(bench, sync)),
            Row("the same again, unchanged", "≤ 1 s", _measured(bench, sync)),
        ]
        written[0].write_text(written[0].read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        rows.append(Row("and again, after one file was changed", "≤ 1 s", _measured(bench, sync)))
    return rows


def _copies(folder: Path) -> list[Path]:
    """Write the samples over and over, each under a name of its own."""
    samples = sorted((ROOT / "templates").rglob("*.yaml"))
    paths: list[Path] = []
    for number in range(COUNT):
        sample = samples[number % len(samples)]
        path = folder / sample.parent.name / f"{sample.stem}_{number}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = re.sub(r"(?m)^name: .*", f"name: {path.stem}", sample.read_text(encoding="utf-8"), count=1)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _measured(bench: Bench, work: Callable[[], None]) -> str:
    began, own, server = time.perf_counter(), time.process_time(), bench.server.cpu()
    work()
    seconds = time.perf_counter() - began
    own, server = time.process_time() - own, bench.server.cpu() - server
    return f"{seconds:.2f} s; CPU {own:.2f} s here, {server:.2f} s in PostgreSQL"


MEASURES = {"templates": templates}
