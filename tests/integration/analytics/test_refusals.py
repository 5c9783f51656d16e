"""What `dbt run` would rather fail for than do: drop what is not its own, or make everybody wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from tests.integration.analytics import views

if TYPE_CHECKING:
    from tests.integration.analytics.conftest import Dbt

IN_THE_WAY = """
    DROP VIEW contractor_summary, csv_import_summary;
    CREATE TABLE contractor_summary AS SELECT 1 AS precious;
    CREATE VIEW csv_import_summary AS SELECT 1 AS precious;
    CREATE VIEW somebody_elses AS SELECT * FROM csv_import_summary;
"""


def test_nothing_is_dropped_and_nobody_waits(migrated_database: str, dbt: Dbt) -> None:
    with psycopg.connect(migrated_database) as reader:
        reader.execute(IN_THE_WAY.encode(), prepare=False)
        reader.commit()
        before = _held(migrated_database)
        reader.execute("SELECT FROM template_usage_analytics")
        process = dbt(migrated_database, "run")
        output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert '"contractor_summary" is not a view' in output
    assert "other objects depend on it" in output
    assert "canceling statement due to lock timeout" in output
    assert _held(migrated_database) == before


def _held(url: str) -> list[dict[str, Any]]:
    """Return what stands in dbt's way: the table, the view below another, and the one that is being read."""
    defined = views.defined(url)
    return [defined[name] for name in ("contractor_summary", "csv_import_summary", "template_usage_analytics")]
