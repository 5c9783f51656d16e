"""The guide's query examples, and questions about marts as long as a table, read what they ask about and no more.

The database is the benchmark's, smaller; contractors are many for what they did, so that none has a large share of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from benchmarks import analytics, contents, guide
from tests.conftest import _database
from tests.integration.analytics.conftest import finished, starter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster

Connection = psycopg.Connection[Any]

WORK = contents.Work(contractors=2_000, first=1, last=200, days=365)
CALLERS = ("service_role", "contractor", "largest contractor")
SUMMARY = "Get contractor's config with template count"
# What a person asks of the marts that are made of every record.
OF_RECORDS = {
    "lineage of an import": "SELECT * FROM record_lineage WHERE csv_import_id = 'import-uuid'",
    "lineage of a key": """
        SELECT * FROM record_lineage WHERE contractor_id = 'contractor-uuid' AND record_key = 'ann.1@7.example'
    """,
    "cells of a record": "SELECT * FROM record_cells WHERE csv_import_id = 'import-uuid' AND record_number = 1",
    "requests of a record": """
        SELECT * FROM record_requests WHERE csv_import_id = 'import-uuid' AND record_number = 1
    """,
    "requests of an import": "SELECT * FROM record_requests WHERE csv_import_id = 'import-uuid'",
    "quality of an import": "SELECT * FROM data_quality_by_import WHERE csv_import_id = 'import-uuid'",
    "causes of a contractor's errors": "SELECT * FROM import_error_causes WHERE contractor_id = 'contractor-uuid'",
}
QUERIES = guide.queries() | OF_RECORDS
# What an index of migration 021 is for, or finds again without the statistics that it takes away, and who asks.
NEEDED = [
    ("idx_form_submissions_submitted_at", SUMMARY, "largest contractor"),
    ("idx_coperniq_sync_log_failed", "Find failed syncs", "service_role"),
    ("idx_coperniq_sync_log_completed", "Check API performance", "service_role"),
    ("idx_data_lineage_low_quality", "Find data with low quality scores", "largest contractor"),
    ("idx_form_submissions_waiting", "View query plan", "largest contractor"),
    ("idx_form_submissions_submitted_at", "Get contractor's recent submissions", "largest contractor"),
    ("data_lineage_one_per_record", "Trace data flow from CSV to Coperniq", "largest contractor"),
]


@pytest.fixture(scope="module")
def database(postgres: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a database with a long history and dbt's views."""
    with _database(postgres, template=migrated_template) as (_, url):
        with psycopg.connect(url, autocommit=True) as conn:
            contents.fill(conn, WORK)
            finished(starter(tmp_path_factory.mktemp("dbt"))(url, "run", "--full-refresh"))
            conn.execute("ANALYZE")
        yield url


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    """Give a connection in a transaction that is rolled back after the test."""
    with psycopg.connect(database) as connection:
        yield connection
        connection.rollback()


def planned(conn: Connection, name: str, caller: str) -> dict[str, Any]:
    """Explain a query for a caller, who asks about itself; the service role asks about the largest."""
    contractor, largest = analytics.subjects(conn)
    subject = contractor if caller == "contractor" else largest
    analytics.be(conn, None if caller == "service_role" else subject)
    plan = guide.plan(conn, subject.fill(QUERIES[name]))
    conn.execute("RESET ROLE")
    return plan


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", QUERIES)
def test_no_large_table_is_read_from_end_to_end(conn: Connection, name: str, caller: str) -> None:
    assert guide.scanned(planned(conn, name, caller)) == set()


@pytest.mark.parametrize(("index", "name", "caller"), NEEDED)
def test_a_query_uses_the_index_made_for_it(conn: Connection, index: str, name: str, caller: str) -> None:
    assert index in guide.indexes(planned(conn, name, caller))


def test_without_such_an_index_a_table_is_read_from_end_to_end(conn: Connection) -> None:
    conn.execute("DROP INDEX idx_coperniq_sync_log_failed, idx_coperniq_sync_log_completed")
    for name in ("Find failed syncs", "Check API performance"):
        assert "coperniq_sync_log" in guide.scanned(planned(conn, name, "service_role"))


@pytest.mark.parametrize("caller", CALLERS)
def test_submissions_are_counted_from_an_index_alone(conn: Connection, caller: str) -> None:
    kinds = [
        node["Node Type"]
        for node in guide.nodes(planned(conn, SUMMARY, caller))
        if node.get("Relation Name") == "mep_form_submissions"
    ]
    assert kinds == ["Index Only Scan"]
