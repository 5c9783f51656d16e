"""The migration guide's query examples, as they stand in the guide, and what their plans read from end to end.

The measure of analytics times them, and a test of their plans holds what makes them fast. What writes is left out, and
what asks PostgreSQL about itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.integration.database.test_guide import RUNNABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

LARGE = {
    "csv_import_records", "csv_imports", "coperniq_sync_log", "data_lineage", "mep_form_submissions",
    "mep_template_usage",
}  # fmt: skip
_STATEMENT = re.compile(r"^-- ([^\n]+)\n(?:EXPLAIN ANALYZE\n)?(SELECT\b(?!\s+log_coperniq_sync).*?);$", re.M | re.S)
_FIRST, _LAST = "Contractor Setup", "Audit Logging"


@dataclass(frozen=True)
class Subject:
    """Whom and what a query asks about.

    Attributes:
        contractor: Id of the contractor.
        name: Its name.
        email: Its sign-in.
        csv_import: Id of one of its imports.
    """

    contractor: str
    name: str
    email: str
    csv_import: str

    def fill(self, query: str) -> str:
        """Put real values in the place of the guide's placeholders."""
        for placeholder in ("ABC Heating & Cooling", "ABC Heating"):
            query = query.replace(f"'{placeholder}'", f"'{self.name}'")
        for placeholder in ("contractor-uuid", "id"):
            query = query.replace(f"'{placeholder}'", f"'{self.contractor}'")
        return query.replace("'import-uuid'", f"'{self.csv_import}'")


def queries() -> dict[str, str]:
    """Return the query examples, each under the comment that the guide gives it."""
    headings = [block.heading for block in RUNNABLE]
    chosen = RUNNABLE[headings.index(_FIRST) : headings.index(_LAST) + 1]
    return {
        name: query
        for block in chosen
        for name, query in _STATEMENT.findall(block.sql)
        if "pg_stat_user_indexes" not in query
    }


def plan(conn: Connection[Any], query: str, *, analyze: bool = False) -> dict[str, Any]:
    """Explain a query; with `analyze`, run it and say which buffers it touched."""
    options = "FORMAT json, ANALYZE, BUFFERS" if analyze else "FORMAT json"
    ((found,),) = conn.execute(f"EXPLAIN ({options}) {query}".encode()).fetchall()
    return found[0]["Plan"]


def nodes(of: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a node of a plan and all below it."""
    yield of
    for below in of.get("Plans", []):
        yield from nodes(below)


def scanned(of: dict[str, Any]) -> set[str]:
    """Return the large tables that a plan reads from end to end."""
    return {
        node["Relation Name"]
        for node in nodes(of)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE
    }


def indexes(of: dict[str, Any]) -> set[str]:
    """Return the indexes that a plan uses."""
    return {node["Index Name"] for node in nodes(of) if "Index Name" in node}
