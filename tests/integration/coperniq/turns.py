"""A process whose threads take turns of a key: `python -m tests.integration.coperniq.turns JSON`.

It prints a line for each turn: the time at which the request may leave, by the clock that all processes of the machine
share, as it was when that was decided; or `used up` and the time at which one is free again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from assets.coperniq.limits import KeyLimits
from assets.database import Database

ROOT = Path(__file__).resolve().parents[3]


def start(database: str, key: str, **given: int) -> subprocess.Popen[str]:
    """Start a process; `per_second`, `per_day`, `threads`, and `turns` for each thread."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.coperniq.turns", json.dumps({**given, "url": database, "key": key})],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def taken(processes: list[subprocess.Popen[str]]) -> tuple[list[float], list[str]]:
    """Wait for processes; return the times of the turns that they took, in order, and what the others were told."""
    lines = [line for process in processes for line in process.communicate(timeout=120)[0].splitlines()]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return (
        sorted(float(line) for line in lines if not line.startswith("used up")),
        [line.removeprefix("used up ") for line in lines if line.startswith("used up")],
    )


def main() -> None:
    given = json.loads(sys.argv[1])
    looked = threading.local()

    def clock() -> float:
        looked.at = time.monotonic()
        return looked.at

    limits = KeyLimits(Database(given["url"]), given["key"], given["per_second"], given["per_day"], clock=clock)

    def take() -> None:
        for _ in range(given["turns"]):
            free = limits.take()
            sys.stdout.write(f"{looked.at}\n" if free is None else f"used up {free.isoformat()}\n")
            sys.stdout.flush()

    threads = [threading.Thread(target=take) for _ in range(given["threads"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    limits.close()


if __name__ == "__main__":
    main()
