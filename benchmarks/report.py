"""The results as a table in `docs/benchmarks.md`: what was measured stands until it is measured again."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from benchmarks.measures import Row

BEGIN = "<!-- results of `make bench` -->"
END = "<!-- end of results -->"


def keep(results: Path, measure: str, rows: list[Row], command: str) -> None:
    """Keep the rows of a measure, in place of what it gave before."""
    kept = read(results)
    kept[measure] = {
        "rows": [asdict(row) for row in rows],
        "command": command,
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load": f"{os.getloadavg()[1]:.1f}",
    }
    _write(results, json.dumps(kept, indent=1, ensure_ascii=False))


def read(results: Path) -> dict[str, Any]:
    """Return what is kept, by measure."""
    return json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}


def write(document: Path, kept: dict[str, Any], order: list[str]) -> None:
    """Write the table into the document, between its marks or at its end."""
    text = document.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    _write(document, f"{before.rstrip()}\n\n{BEGIN}\n{_table(kept, order)}{END}\n{after.lstrip()}")


def _table(kept: dict[str, Any], order: list[str]) -> str:
    header = ["| measure | goal | measured | command | when, load |", "|---|---|---|---|---|"]
    lines = [f"Machine: {machine()}.", "", *header]
    for measure in order:
        for row in kept.get(measure, {}).get("rows", []):
            found = kept[measure]
            when = f"{found['at']}, {found['load']}"
            cells = (row["measure"], row["goal"], row["measured"], f"`{found['command']}`", when)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def machine() -> str:
    """Say what this runs on."""
    names = [line.split(":")[1].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    memory = psutil.virtual_memory().total / 2**30
    python = platform.python_version()
    return f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), {memory:.0f} GB, Python {python}"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
