"""Command line of the benchmarks."""

from __future__ import annotations

import argparse
import shutil
import sys
import time

from benchmarks import (
    analytics,
    arrival,
    duplicates,
    forms,
    growth,
    measures,
    rehearsals,
    report,
    reports,
    sending,
    server,
    templates,
    ui,
    upgrades,
    workers,
)
from benchmarks.measures import Bench
from orchestration.settings import ROOT

FOLDER = ROOT / ".mep" / "bench"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
RESULTS = ROOT / "benchmarks" / "results.json"
"""What the table of the document holds; it stands with it in the repository, so that any clone can measure a part."""
MEASURES = {
    **measures.MEASURES, **sending.MEASURES, **templates.MEASURES, **forms.MEASURES, **arrival.MEASURES, **ui.MEASURES,
    **workers.MEASURES, **growth.MEASURES, **analytics.MEASURES, **duplicates.MEASURES, **reports.MEASURES,
    **rehearsals.MEASURES, **upgrades.MEASURES,
}  # fmt: skip


def main() -> None:
    """Measure, and write what was found into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the file measured against COPY")
    parser.add_argument("--peer-rows", type=int, default=200_000, help="rows of the file that other loaders load")
    parser.add_argument(
        "--sizes", default="10000,100000,1000000,5000000", help="rows of files that show how cost grows"
    )
    parser.add_argument("--held", type=int, default=10_000_000, help="rows that a table holds already")
    parser.add_argument("--pairs", type=int, default=3, help="how often each ratio is measured")
    parser.add_argument("--send", type=int, default=100_000, help="contacts that are sent")
    parser.add_argument("--stock", type=int, default=1_000_000, help="records that were sent before, or wait")
    parser.add_argument("--plain", type=int, default=300, help="rows that a plain loop sends")
    parser.add_argument(
        "--work", type=int, default=10_000, help="contractors that analytics look at, each with a unit of contents.py"
    )
    usual = "copy,peers,scale,small,sending,queued,starting,templates,forms,arrival,ui,analytics,duplicates,report"
    parser.add_argument("--only", default=usual, help=f"measures, of {','.join(MEASURES)}")
    parser.add_argument("--dry", action="store_true", help="print the table; leave docs/benchmarks.md as it is")
    arguments = parser.parse_args()
    names = [name for name in arguments.only.split(",") if name]
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        parser.error(f"there is no measure {', '.join(unknown)}")
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {line}", file=sys.stderr, flush=True)

    files = FOLDER / "files"
    files.mkdir(parents=True, exist_ok=True)
    command = " ".join(["python -m benchmarks", *(word for word in sys.argv[1:] if word != "--dry")])
    results = FOLDER / "dry.json" if arguments.dry else RESULTS
    if arguments.dry:
        results.unlink(missing_ok=True)
    try:
        with server.running(FOLDER) as running:
            bench = Bench(
                running, files, ROOT / ".mep" / "bench-venv" / "bin" / "python", arguments.rows, arguments.peer_rows,
                tuple(int(size) for size in arguments.sizes.split(",")), arguments.held, arguments.pairs,
                arguments.send, arguments.stock, arguments.plain, arguments.work, say,
            )  # fmt: skip
            for name in names:
                report.keep(results, name, MEASURES[name](bench), command)
                if not arguments.dry:
                    report.write(DOCUMENT, report.read(results), list(MEASURES))
    finally:
        shutil.rmtree(files, ignore_errors=True)
    measured = report.read(results)
    for name in names:
        for row in measured[name]["rows"]:
            print(f"{row['measure']}: {row['measured']} (goal {row['goal'] or 'none'})")


if __name__ == "__main__":
    main()
