"""The measure of the report: how long it takes to write that of a large import, and how large it is.

The rows are made by the server, as the pipeline leaves them (`reports.sql`), beside as many of another import. The
time is that of `mep report` without starting it: from asking to the file on the disk. Once before the server has
gathered statistics of the tables, as after a file that has only just come, and several times after.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from assets import sql
from assets.database import Database
from assets.outbox import report
from benchmarks.measures import Bench, Row

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

TIMES = 3
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


MEASURES = {"report": reports}


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
