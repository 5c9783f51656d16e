"""A deployment's own user plans an import: what it needs for that is a right on temporary tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.contractors import store as contractors
from assets.coperniq.client import CoperniqClient
from assets.coperniq.limits import Allowance
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from assets.planning import forecasting
from tests.roles import url_of

if TYPE_CHECKING:
    from pathlib import Path


def test_the_pipelines_user_plans(database: str, tmp_path: Path) -> None:
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "Contact.csv").write_text("name,email\nAnn,ann@example.com\nBob,\n")
    (tmp_path / "abc" / "Site.csv").write_text("fullAddress,clientId\n1 Main St,ann@example.com\n")
    client = CoperniqClient("https://127.0.0.1:9/graphql", "key", 112)
    with Database(url_of("mep_pipeline", database)).connect() as conn:
        contractors.add(conn, "abc", "ABC", "office@abc.example", ["hvac"])
        wanted = forecasting.Wanted(
            contractors.get(conn, "abc").id, LocalInbox(tmp_path), ["abc/Contact.csv", "abc/Site.csv"], retry=False,
            date_order=None, mappings=tmp_path / "mappings",
        )  # fmt: skip
        planned = forecasting.forecast(conn, wanted, client, Allowance(), print)
    client.close()
    assert {name: rows for name, rows in planned.totals().items() if rows} == {"created": 2, "rejected": 1}
