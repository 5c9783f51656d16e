"""The measures: each gives rows of the table that goes into `docs/benchmarks.md`.

Ratios are by pairs that ran one after the other, ours first, and the median of the pairs stands for all.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks import bare, files
from orchestration.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.server import Server

SMALL_ROWS = 100
SMALL_TIMES = 10
PEER_GOALS = {"dlt": 5.0, "dlt-arrow": 2.0, "to_sql": 8.0, "csvsql": None}


@dataclass(frozen=True)
class Bench:
    """What a measure needs.

    Attributes:
        server: To make databases on.
        folder: For files.
        python: Of the environment of the other loaders.
        rows: Of the file that is measured against COPY.
        peer_rows: Of the file that the other loaders load.
        sizes: Of the files that show how cost grows.
        held: How many rows the table holds already for the last of them.
        pairs: How often each ratio is measured.
        send: How many contacts are sent.
        stock: How many records there are already, sent or waiting.
        plain: How many rows a plain loop sends.
        work: How many contractors analytics look at, and how many units of work.
        say: Takes a line of progress.
    """

    server: Server
    folder: Path
    python: Path
    rows: int
    peer_rows: int
    sizes: tuple[int, ...]
    held: int
    pairs: int
    send: int
    stock: int
    plain: int
    work: int
    say: Callable[[str], None]

    def load(self, url: str, file: Path, *options: str) -> dict[str, Any]:
        """Import a file in a process of its own."""
        loaded = run([sys.executable, "-m", "benchmarks.load", url, str(file), *options])
        first = loaded["loads"][0]
        self.say(f"{file.name}: {first['seconds']:.1f} s, {loaded['peak_mb']:.0f} MB at most")
        return loaded


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    measure: str
    goal: str
    measured: str


def copy(bench: Bench) -> list[Row]:
    """Measure an import against a bare COPY of its finished rows."""
    file = files.contacts(bench.folder, bench.rows)
    finished = bench.folder / "finished-rows"
    pairs: list[tuple[float, float]] = []
    # The first load of a server makes its WAL files, which later ones write over: it counts for nobody.
    with bench.server.database() as url:
        copied = bench.load(url, file)["loads"][0]["import"]
        bare.finished_rows(url, copied, finished)
    entering = 0.0
    for number in range(bench.pairs):
        last = number == bench.pairs - 1
        with bench.server.database() as url:
            loaded = bench.load(url, file, *(["--enter"] if last else []))["loads"][0]
            entering = loaded["entering"]
        with bench.server.database() as url:
            seconds = bare.copy(url, copied, finished)
        bench.say(f"bare COPY: {seconds:.1f} s")
        pairs.append((loaded["seconds"], seconds))
    finished.unlink()
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    return [
        Row(
            f"{bench.rows:,} contacts, 6 columns, 4% bad rows: registered, read, judged and committed, against a bare "
            "COPY of the finished rows",
            "≤ 0.75 ×",
            f"{_ratio(pairs)}: {ours:.1f} s against {theirs:.1f} s, {bench.rows / ours:,.0f} rows/s",
        ),
        Row("the same rows entered for sending, afterwards", "", f"{entering:.1f} s"),
    ]


def peers(bench: Bench) -> list[Row]:
    """Measure an import against loaders that neither judge nor audit."""
    file = files.contacts(bench.folder, bench.peer_rows)
    rows: list[Row] = []
    for name, goal in PEER_GOALS.items():
        pairs: list[tuple[float, float]] = []
        for _ in range(bench.pairs):
            with bench.server.database() as url:
                ours = bench.load(url, file)["loads"][0]["seconds"]
            with bench.server.database() as url:
                script = ROOT / "benchmarks" / "peers.py"
                theirs = run([str(bench.python), str(script), name, url, str(file)])["seconds"]
            bench.say(f"{name}: {theirs:.1f} s")
            pairs.append((theirs, ours))
        median = statistics.median(theirs for theirs, _ in pairs)
        rows.append(
            Row(
                f"rows/s against {name}, {bench.peer_rows:,} rows",
                f"≥ {goal:g} ×" if goal else "",
                f"{_ratio(pairs)}: {name} has {bench.peer_rows / median:,.0f} rows/s",
            )
        )
    return rows


def scale(bench: Bench) -> list[Row]:
    """Measure the cost of a row by the size of the file and of the table, and the memory that it takes."""
    costs: dict[str, float] = {}
    memory: dict[int, float] = {}
    for size in bench.sizes:
        with bench.server.database() as url:
            loaded = bench.load(url, files.contacts(bench.folder, size))
        costs[f"{size:,}"] = loaded["loads"][0]["seconds"] / size * 1e6
        memory[size] = loaded["peak_mb"]
    size = bench.rows
    with bench.server.database() as url:
        loaded = bench.load(url, files.contacts(bench.folder, size))
        bench.say(f"filling the table with {bench.held:,} rows")
        bare.fill(url, bench.held)
        bench.server.checkpoint()
        into = files.contacts(bench.folder, size, seed=2)
        held = bench.load(url, into)["loads"][0]["seconds"] / size * 1e6
    empty = loaded["loads"][0]["seconds"] / size * 1e6
    middle = statistics.median([*costs.values(), held])
    off = max(abs(cost / middle - 1) for cost in [*costs.values(), held])
    shown = ", ".join(f"{name} rows: {cost:.1f} µs" for name, cost in costs.items())
    return [
        Row("cost of a row by size", "± 20%", f"± {off:.0%}: {shown}"),
        Row(
            f"the same, {size:,} rows into a table of {bench.held:,}",
            "± 20%",
            f"{held:.1f} µs, into an empty one {empty:.1f} µs",
        ),
        _memory_row(memory),
    ]


def memory(bench: Bench) -> list[Row]:
    """Measure the most memory that an importing process holds, by the size of the file."""
    found: dict[int, float] = {}
    for size in bench.sizes[-2:]:
        with bench.server.database() as url:
            found[size] = bench.load(url, files.contacts(bench.folder, size))["peak_mb"]
    return [_memory_row(found)]


def _memory_row(found: dict[int, float]) -> Row:
    shown = ", ".join(f"{size:,} rows: {peak:.0f} MB" for size, peak in found.items())
    return Row("peak memory of the importing process, Dagster included", "≤ 400 MB", shown)


def small(bench: Bench) -> list[Row]:
    """Measure a small file in a process that has imported one before."""
    first = files.contacts(bench.folder, SMALL_ROWS)
    for number in range(1, SMALL_TIMES + 1):
        path = first.with_stem(f"{first.stem}-{number}")
        files.contacts(bench.folder, SMALL_ROWS, seed=number + 1).replace(path)
    with bench.server.database() as url:
        loaded = bench.load(url, first, "--again", str(SMALL_TIMES), "--enter")
    times = [(load["seconds"] + load["entering"]) * 1000 for load in loaded["loads"][1:]]
    shown = f"{statistics.median(times):.0f} ms (at most {max(times):.0f} ms of {SMALL_TIMES})"
    what = f"{SMALL_ROWS}-row file in a warm process: registered, read and entered for sending"
    return [Row(what, "≤ 150 ms", shown)]


MEASURES: dict[str, Callable[[Bench], list[Row]]] = {
    "copy": copy, "peers": peers, "scale": scale, "memory": memory, "small": small,
}  # fmt: skip


def _ratio(pairs: list[tuple[float, float]]) -> str:
    ratios = sorted(one / other for one, other in pairs)
    return f"{statistics.median(ratios):.2f} × ({ratios[0]:.2f}-{ratios[-1]:.2f}, {len(ratios)} pairs)"


def run(command: list[str]) -> dict[str, Any]:
    """Run a process to its end; give the JSON of its last line."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command[1:3])} failed: see above.")
    return json.loads(done.stdout.splitlines()[-1])
