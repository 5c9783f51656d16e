"""What grows with contractors and with rows: what a tick asks, what a view costs, how large a row is, and partitioning.

Rows are made in SQL. A question's time is the least of several, so that other work on the machine counts little.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, LiteralString

import dagster as dg
import psycopg
from dagster._core.instance.ref import InstanceRef

from assets import catalogue
from assets.contractors import store as contractors
from assets.coperniq import store as sending
from assets.forms import exports
from assets.partitions import CONTRACTORS
from benchmarks import records
from benchmarks.measures import Bench, Row
from orchestration import migrations
from orchestration.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = (1_000, 10_000, 100_000)
RECORDS_EACH = 10
TIMES = 5
LOOKED_UP = 1_000
TABLES = (
    "csv_import_records", "data_lineage", "coperniq_records", "coperniq_record_names", "coperniq_sync_log",
)  # fmt: skip

_CONTRACTORS: LiteralString = """
    INSERT INTO mep_contractor_configs (contractor_name, contractor_email, slug, trades)
    SELECT 'Contractor ' || n, 'office@' || n || '.example', 'contractor-' || n, '{hvac}'
    FROM generate_series(%(from)s::INTEGER, %(to)s::INTEGER) AS n
"""
_RECORDS: LiteralString = """
    INSERT INTO coperniq_records (contractor_config_id, coperniq_type, record_key, state, coperniq_id)
    SELECT m.id, 'Contact', n::TEXT, CASE WHEN n = 1 AND row_number() OVER () %% 100 = 0 THEN 'ready' ELSE 'synced' END
        ::delivery_state, gen_random_uuid()
    FROM mep_contractor_configs AS m, generate_series(1, %(each)s::INTEGER) AS n
    WHERE NOT EXISTS (SELECT FROM coperniq_records AS c WHERE c.contractor_config_id = m.id)
"""
_IMPORTS: LiteralString = """
    INSERT INTO csv_imports (contractor_config_id, import_name, coperniq_type, file_hash, status, completed_at)
    SELECT m.id, 'Contact.csv', 'Contact', md5(m.id::TEXT), 'failed', now()
    FROM mep_contractor_configs AS m
    WHERE NOT EXISTS (SELECT FROM csv_imports AS i WHERE i.contractor_config_id = m.id)
"""


def growth(bench: Bench) -> list[Row]:
    """Measure what every tick of the daemon asks, and what readers ask, by the number of contractors."""
    took: dict[str, list[float]] = {}
    with bench.server.database() as url, psycopg.connect(url, autocommit=True) as conn:
        instance = _instance(bench, url)
        there = 0
        for number in NUMBERS:
            _hold(conn, there, number)
            names = [contractor.slug for contractor in contractors.every(conn)]
            instance.add_dynamic_partitions(CONTRACTORS.name or "", names[:])
            there = number
            for what, ask in _questions(conn, instance).items():
                took.setdefault(what, []).append(_least(ask))
            bench.say(f"{number:,} contractors: {', '.join(f'{one[-1] * 1000:.0f}' for one in took.values())} ms")
        instance.dispose()
    shown = (
        ", ".join(f"{number:,}: {seconds * 1000:.1f} ms" for number, seconds in zip(NUMBERS, each, strict=True))
        for each in took.values()
    )
    return [Row(f"by contractors: {what}", "", each) for what, each in zip(took, shown, strict=True)]


def partitioning(bench: Bench) -> list[Row]:
    """Measure what a row takes on the disk, and partitioning a database of that many rows that were sent."""
    with bench.server.database() as url, psycopg.connect(url, autocommit=True, prepare_threshold=None) as conn:
        contractors.add(conn, "stock", "stock", "stock@example.com", ["hvac"])
        records.add(conn, contractors.get(conn, "stock").id, "Contact", "synced", bench.stock)
        conn.execute("VACUUM ANALYZE")
        sizes = {table: _size(conn, table) for table in TABLES}
        whole = _looked_up(conn)
        applied = _seconds(lambda: migrations.up(conn, ROOT / "migrations", ["partitioning"]))
        bench.say(f"partitioned in {applied:.1f} s")
        parted = _looked_up(conn)
        last = sum(1 for state in migrations.status(conn, ROOT / "migrations") if state.version < "900")
        undone = _seconds(lambda: migrations.down(conn, ROOT / "migrations", to=last))
    each = {table: (heap + indexes) / bench.stock for table, (heap, indexes) in sizes.items()}
    return [
        Row(
            f"bytes on the disk for a contact that was sent, indexes included, of {bench.stock:,}",
            "",
            f"{sum(each.values()):,.0f}: {', '.join(f'{table} {size:,.0f}' for table, size in each.items())}",
        ),
        Row(f"partitioning {bench.stock:,} rows with their lineage and log, offline", "", f"{applied:.1f} s"),
        Row("the same undone", "", f"{undone:.1f} s"),
        Row(
            f"{LOOKED_UP:,} rows looked up by their id alone, and by id and import",
            "",
            f"whole table {whole[0]:.1f} and {whole[1]:.1f} ms; partitions {parted[0]:.1f} and {parted[1]:.1f} ms",
        ),
    ]


MEASURES = {"growth": growth, "partitioning": partitioning}


def _instance(bench: Bench, url: str) -> dg.DagsterInstance:
    storage = {"storage": {"postgres": {"postgres_url": url.replace("postgresql:", "postgresql+psycopg2:")}}}
    (bench.folder / "dagster.yaml").write_text(json.dumps(storage), encoding="utf-8")
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(bench.folder)))


def _hold(conn: psycopg.Connection[Any], there: int, number: int) -> None:
    with conn.transaction():
        conn.execute(_CONTRACTORS, {"from": there + 1, "to": number})
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(_IMPORTS, {})
        conn.execute(_RECORDS, {"each": RECORDS_EACH})
    conn.execute("VACUUM ANALYZE")


def _questions(conn: psycopg.Connection[Any], instance: dg.DagsterInstance) -> dict[str, Callable[[], object]]:
    now = datetime.now(UTC)
    view: LiteralString = "SELECT count(*), sum(length(row::TEXT)) FROM {} AS row"
    return {
        "who has something to send (resume_sending)": lambda: sending.due(conn, now, list(catalogue.TYPES)),
        "who has approved forms (resume_sending)": lambda: exports.due(conn),
        "the list of contractors": lambda: contractors.every(conn),
        "Dagster's list of partitions": lambda: instance.get_dynamic_partitions(CONTRACTORS.name or ""),
        "all of contractor_summary": lambda: conn.execute(view.format("contractor_summary").encode()).fetchall(),
        "all of csv_import_summary": lambda: conn.execute(view.format("csv_import_summary").encode()).fetchall(),
    }


def _looked_up(conn: psycopg.Connection[Any]) -> tuple[float, float]:
    rows = conn.execute(
        "SELECT id, csv_import_id FROM csv_import_records TABLESAMPLE SYSTEM (1) LIMIT %s", [LOOKED_UP]
    ).fetchall()
    ids, imports = [row[0] for row in rows], [row[1] for row in rows]
    by_id: LiteralString = """
        SELECT count(r.record_key) FROM unnest(%s::UUID[], %s::UUID[]) AS u (id, import)
        CROSS JOIN LATERAL (SELECT record_key FROM csv_import_records AS r WHERE r.id = u.id OFFSET 0) AS r
    """
    both = by_id.replace("WHERE r.id = u.id", "WHERE r.id = u.id AND r.csv_import_id = u.import")
    alone = _least(lambda: conn.execute(by_id, [ids, imports]).fetchall())
    pruned = _least(lambda: conn.execute(both.encode(), [ids, imports]).fetchall())
    return alone * 1000, pruned * 1000


def _size(conn: psycopg.Connection[Any], table: str) -> tuple[int, int]:
    found = conn.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table]).fetchone()
    return found or (0, 0)


def _least(ask: Callable[[], object]) -> float:
    return min(_seconds(ask) for _ in range(TIMES))


def _seconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began
