"""The measure of analytics: how long readers wait with everybody's long history, and dbt after a little more of it.

A time is the median of several, each in a transaction of its own, from the query until all its rows are with the
client; a contractor's are through row-level security, with the claims of its token. One hundredth of the work came
after dbt's last build, its usage events one at a time, so the rollup has a tail.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg

from benchmarks import contents, guide
from benchmarks.contents import Work
from benchmarks.guide import Subject
from benchmarks.measures import Bench, Row
from orchestration.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

Connection = psycopg.Connection[Any]
Contractors = tuple[Subject, Subject]
"""That of median size, and the largest."""

TIMES = 11
PAGE = 1_000
MANY = 10_000
"""Rows of an answer that nobody reads whole: its first page is measured as well."""
_SIGN_IN = "SELECT set_config('request.jwt.claims', %s, true), set_config('role', %s, true)"
_SUMMARY = "Get contractor's config with template count"
_IMPORTS = "SELECT * FROM csv_import_summary WHERE contractor_id = 'contractor-uuid' ORDER BY created_at DESC LIMIT 50"
_STATS = "SELECT * FROM get_contractor_template_stats('contractor-uuid')"
_USAGE = "SELECT * FROM template_usage_analytics ORDER BY template_id"
_BY_SIZE = """
    SELECT c.id::TEXT, c.contractor_name, c.contractor_email, i.largest::TEXT
    FROM mep_contractor_configs AS c
    INNER JOIN (
        SELECT
            contractor_config_id, sum(total_records_attempted) AS records,
            (array_agg(id ORDER BY total_records_attempted DESC))[1] AS largest
        FROM csv_imports GROUP BY contractor_config_id HAVING sum(total_records_attempted) > 0
    ) AS i ON c.id = i.contractor_config_id
    ORDER BY i.records
"""


def analytics(bench: Bench) -> list[Row]:
    """Measure the issue of every view, function and query example, and dbt's builds."""
    with bench.server.database() as url, psycopg.connect(url, autocommit=True, prepare_threshold=None) as conn:
        filling = _seconds(lambda: contents.fill(conn, Work(bench.work, 1, bench.work, 365)))
        bench.say(f"filled in {filling:.0f} s")
        _dbt(bench, url, "parse")
        full = _seconds(lambda: _dbt(bench, url, "build", "--full-refresh"))
        bench.say(f"dbt build --full-refresh: {full:.1f} s")
        contents.grow(conn, Work(bench.work, bench.work + 1, bench.work + max(1, bench.work // 100), 1 / 24))
        contractors = subjects(conn)
        asked = [_filled(conn, filling), *_by_contractor(conn, contractors), *_usage(conn)]
        asked += _examples(conn, contractors)
        again = _seconds(lambda: _dbt(bench, url, "build"))
        bench.say(f"dbt build: {again:.1f} s")
    took = f"{again / full:.0%}: {again:.1f} s against {full:.1f} s"
    return [*asked, Row("`dbt build` after 1% new data, against a full refresh", "≤ 15%", took)]


MEASURES = {"analytics": analytics}


def subjects(conn: Connection) -> Contractors:
    """Return the median of the contractors that have rows, and the largest, each with its largest import."""
    found = [Subject(*row) for row in conn.execute(_BY_SIZE.encode())]
    return found[len(found) // 2], found[-1]


def be(conn: Connection, subject: Subject | None) -> None:
    """Be a contractor until the transaction ends, as Supabase's API layer makes one of a token; or the service role."""
    claims = {"email": subject.email} if subject else {}
    conn.execute(_SIGN_IN, [json.dumps(claims), "authenticated" if subject else "service_role"])


def _filled(conn: Connection, seconds: float) -> Row:
    count: LiteralString = "SELECT count(*) FROM {}"
    counts = {table: _one(conn, count.format(table)) for table in ("mep_contractor_configs", *sorted(guide.LARGE))}
    size = _one(conn, "SELECT pg_database_size(current_database())") / 2**30
    shown = ", ".join(f"{number:,} {table}" for table, number in counts.items())
    return Row("what analytics look at below", "", f"{shown}; {size:.1f} GB, filled in {seconds:.0f} s")


def _by_contractor(conn: Connection, contractors: Contractors) -> list[Row]:
    questions = {
        "`contractor_summary` for one contractor": guide.queries()[_SUMMARY],
        "`csv_import_summary` for one contractor's last 50 imports": _IMPORTS,
        "`get_contractor_template_stats()` for one contractor": _STATS,
    }
    return [
        Row(f"{what}, as that contractor", "≤ 10 ms", _as_contractors(conn, contractors, query))
        for what, query in questions.items()
    ]


def _usage(conn: Connection) -> list[Row]:
    counted: list[Any] = []
    theirs = _seconds(lambda: counted.extend(_rows(conn, _naive()))) * 1000
    kept, ours = _rows(conn, _USAGE), _median(conn, _USAGE)
    tail = _one(conn, "SELECT count(*) FROM template_usage_changes")
    what = f"`template_usage_analytics`, whole, as service role, {tail:,} changes not in the rollup yet"
    shown = f"{ours:.0f} ms; all events aggregated take {theirs:,.0f} ms, {theirs / ours:,.0f} × as long"
    return [
        Row(what, "≤ 100 ms", shown),
        Row("its rows against those, to the last event", "equal", "equal" if kept == counted else "NOT EQUAL"),
    ]


def _examples(conn: Connection, contractors: Contractors) -> list[Row]:
    rows: list[Row] = []
    scanned: set[str] = set()
    _, largest = contractors
    for name, query in guide.queries().items():
        asked = largest.fill(query)
        found = len(_rows(conn, asked))
        is_list = found > MANY
        shown = f"service role {_median(conn, asked, times=1 if is_list else TIMES):.1f} ms ({found:,} rows)"
        if is_list:
            shown += f", its first {PAGE:,} {_median(conn, f'{asked} LIMIT {PAGE}'):.1f} ms"
        rows.append(Row(f"guide: {name}", "≤ 50 ms", f"{shown}; {_as_contractors(conn, contractors, query)}"))
        for subject in (None, *contractors):
            with conn.transaction():
                be(conn, subject)
                plan = guide.plan(conn, (subject or largest).fill(query))
            scanned |= {f"{table} ({name})" for table in guide.scanned(plan)}
    shown = ", ".join(sorted(scanned)) or "none"
    return [*rows, Row("large tables that one of these reads from end to end", "none", shown)]


def _as_contractors(conn: Connection, contractors: Contractors, query: str) -> str:
    median, largest = (f"{_median(conn, one.fill(query), one):.1f} ms" for one in contractors)
    return f"contractor of median size {median}, the largest {largest}"


def _median(conn: Connection, query: str, subject: Subject | None = None, times: int = TIMES) -> float:
    def once() -> float:
        with conn.transaction():
            be(conn, subject)
            return _seconds(lambda: conn.execute(query.encode()))

    once()
    return statistics.median(once() for _ in range(times)) * 1000


def _rows(conn: Connection, query: str) -> list[Any]:
    with conn.transaction():
        be(conn, None)
        return conn.execute(query.encode()).fetchall()


def _one(conn: Connection, query: str) -> Any:
    return (conn.execute(query.encode()).fetchone() or (0,))[0]


def _naive() -> str:
    """Return the query over all events that the migrations made the view of."""
    (file,) = (ROOT / "migrations").glob("002_*.sql")
    _, _, view = file.read_text(encoding="utf-8").partition("CREATE VIEW public.template_usage_analytics")
    query, _, _ = view.partition(" AS\n")[2].partition(";")
    return f"{query} ORDER BY template_id"


def _dbt(bench: Bench, url: str, *arguments: str) -> None:
    target = bench.folder / "dbt"
    program = Path(sys.executable).parent / "dbt"
    command = [program, *arguments, "--quiet", "--target-path", target, "--log-path", target]
    done = subprocess.run(command, cwd=ROOT, env={"DATABASE_URL": url}, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise SystemExit(f"dbt {' '.join(arguments)} failed: see above.")


def _seconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began
