"""The measures of what is handed back: how long the report and the fix files of a large import take, and their size.

The rows are made by the server, as the pipeline leaves them (`reports.sql`), beside as many of another import. The
time is that of `mep report` without starting it: from asking to the file on the disk. Once before the server has
gathered statistics of the tables, as after a file that has only just come, and several times after.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID

from assets import sql
from assets.contractors import store as contractors
from assets.database import Database
from assets.outbox import handing_back, report
from benchmarks.measures import Bench, Row

if TYPE_CHECKING:
    import psycopg

TIMES = 3
SLUG = "report"
"""As `reports.sql` has it."""
MEGABYTE = 1_000_000


def reports(bench: Bench) -> list[Row]:
    """Measure the report of an import of `bench.rows` rows."""
    with bench.server.database() as url, Database(url).connect() as conn:
        began = time.perf_counter()
        import_id = fill(conn, bench.rows)
        bench.say(f"filled in {time.perf_counter() - began:.0f} s")
        bench.server.checkpoint()
        first, path = _written(bench, conn, import_id)
        conn.execute("VACUUM ANALYZE")
        later = [_written(bench, conn, import_id)[0] for _ in range(TIMES)]
    of = f"of an import of {bench.rows:,} rows"
    return [
        Row(f"report {of}, before the server knows its tables", "≤ 10 s", f"{first:.1f} s"),
        Row(f"report {of}", "≤ 10 s", f"{statistics.median(later):.1f} s"),
        Row("its size", "≤ 2 MB", f"{path.stat().st_size / MEGABYTE:.2f} MB"),
    ]


def fixes(bench: Bench) -> list[Row]:
    """Measure the fix files of imports of which one row in eight needs work: as CSV, and up to 50,000 as a workbook."""
    rows: list[Row] = []
    for size in (bench.rows * 2 // 5, bench.rows):
        with bench.server.database() as url, Database(url).connect() as conn, TemporaryDirectory() as outbox:
            fill(conn, size)
            conn.execute("VACUUM ANALYZE")
            bench.server.checkpoint()
            contractor = contractors.get(conn, SLUG)
            began = time.perf_counter()
            done = next(handing_back.hand_back(conn, contractor.id, SLUG, Path(outbox)))
            seconds = time.perf_counter() - began
            there = ", ".join(f"{path.name} {path.stat().st_size / MEGABYTE:.1f} MB" for path in done.paths)
        bench.say(f"{done.to_correct:,} rows handed back in {seconds:.1f} s")
        rows.append(Row(f"an import of {size:,} rows handed back, {done.to_correct:,} of them to correct", "",
                        f"{seconds:.1f} s: {there}"))  # fmt: skip
    return rows


MEASURES = {"report": reports, "fixes": fixes}


def fill(conn: psycopg.Connection[Any], rows: int) -> UUID:
    """Make two imports of so many rows, and give the id of the first."""
    with conn.transaction():
        for statement in sql.statements("benchmarks", "reports.sql"):
            conn.execute(statement, {"rows": rows})
    found = conn.execute("SELECT id FROM csv_imports ORDER BY import_name LIMIT 1").fetchone()
    return found[0] if found else UUID(int=0)


def _written(bench: Bench, conn: psycopg.Connection[Any], import_id: UUID) -> tuple[float, Path]:
    began, cpu = time.perf_counter(), bench.server.cpu()
    path = report.write(conn, import_id, bench.folder / "report")
    seconds = time.perf_counter() - began
    bench.say(f"report written in {seconds:.1f} s; CPU {bench.server.cpu() - cpu:.1f} s in PostgreSQL")
    return seconds, path
