"""One import in a process of its own, as `python -m benchmarks.load URL FILE`: prints what it took, as JSON.

The process imports what a run of the pipeline imports, Dagster included, so that its memory is a run's.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import orchestration.definitions  # noqa: F401 - for the memory that it takes
from assets.contractors import store as contractors
from assets.csv_imports import importing, registering, settling, store
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database

SLUG = "bench"


def main() -> None:
    """Import a file as a contractor's, and print seconds, peak memory and the import."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("file", type=Path)
    parser.add_argument("--again", type=int, default=0, help="import so many more files of this name, numbered from 1")
    parser.add_argument("--enter", action="store_true", help="enter the rows for sending, too")
    arguments = parser.parse_args()
    database = Database(arguments.url)
    with database.connect() as conn:
        contractors.add(conn, SLUG, SLUG, f"{SLUG}@example.com", ["hvac"])
        contractor = contractors.get(conn, SLUG).id
        warm_up(database, conn)
        loads = [load(database, conn, contractor, arguments.file, enter=arguments.enter)]
        for number in range(1, arguments.again + 1):
            path = arguments.file.with_stem(f"{arguments.file.stem}-{number}")
            loads.append(load(database, conn, contractor, path, enter=arguments.enter))
    print(json.dumps({"loads": loads, "peak_mb": peak_memory()}))


def warm_up(database: Database, conn: Any) -> None:
    """Import a few rows first: a run's process lives for all of a contractor's files."""
    contractors.add(conn, "warm", "warm", "warm@example.com", ["hvac"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.csv"
        # The same content would be the same import, where a process has loaded into this database before.
        rows = f"name,email,phone\nAnn,{time.time_ns()}@b.co,(212) 555-0100\nBob,b@@b.co,\n"
        path.write_text(rows, encoding="utf-8")
        load(database, conn, contractors.get(conn, "warm").id, path, enter=True)


def load(database: Database, conn: Any, contractor: Any, path: Path, *, enter: bool) -> dict[str, Any]:
    """Import one file; `seconds` is from before it is registered until all of its rows stand, settled."""
    settled = 0.0
    entering = settling.enter

    def timed(*arguments: Any, **named: Any) -> None:
        nonlocal settled
        settled = time.perf_counter()
        if enter:
            entering(*arguments, **named)

    settling.enter = timed
    began = time.perf_counter()
    (registered,) = registering.register_files(conn, contractor, LocalInbox(path.parent), [path], "bench", retry=False)
    (found,) = [one for one in store.unfinished(conn, contractor) if one.id == registered.import_id]
    contents = importing.read_import(conn, contractor, LocalInbox(path.parent), found, lambda _: None, database.connect)
    ended = time.perf_counter()
    settling.enter = entering
    if contents.failure:
        raise SystemExit(contents.failure)
    return {
        "import": str(found.id), "records": contents.records, "seconds": settled - began, "entering": ended - settled,
    }  # fmt: skip


def peak_memory() -> float:
    """Return the most memory that this process ever held (VmHWM), in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
