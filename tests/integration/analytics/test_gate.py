"""`dbt test` as the gate in CI: open on a database as migrations and dbt make it, shut where a rule is broken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg

from tests.integration.analytics.conftest import finished, seed

if TYPE_CHECKING:
    from tests.integration.analytics.conftest import Dbt

# Both say a time; the database itself would refuse the first to be missing.
BROKEN = """
    SET session_replication_role = replica;
    UPDATE csv_imports SET completed_at = NULL WHERE completed_at IS NOT NULL;
"""


def test_dbt_test_passes_on_a_fresh_database_and_not_on_a_broken_one(migrated_database: str, dbt: Dbt) -> None:
    finished(dbt(migrated_database, "build"))
    assert passed(finished(dbt(migrated_database, "test"))) > 100
    seed(migrated_database)
    with psycopg.connect(migrated_database) as connection:
        connection.execute(BROKEN.encode(), prepare=False)
    process = dbt(migrated_database, "test", "--select", "csv_import_summary,test_type:data")
    said, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "completed_at_once_finished" in said


def passed(said: str) -> int:
    """Return how many tests passed, when none failed and none warned."""
    counted = re.search(r"PASS=(\d+) WARN=0 ERROR=0 SKIP=0", said)
    assert counted, said
    return int(counted[1])
