"""dbt from the command line: what works without a database, and what it says when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.analytics.conftest import Dbt

from tests.integration.analytics.conftest import finished


def test_parsing_needs_no_database(dbt: Dbt) -> None:
    # Nor does it warn of anything, such as what a later dbt will refuse.
    finished(dbt(None, "parse", "--warn-error-options", '{"error": "all"}'))


def test_connecting_without_a_database_names_the_setting(dbt: Dbt) -> None:
    process = dbt(None, "run")
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "DATABASE_URL-is-not-set" in output
