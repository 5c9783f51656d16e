"""`mep alerts`: what is open, what is over, and whether it was told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from assets.alerts import store
from assets.alerts.causes import Alert, Cause
from orchestration.commands.alerts import alerts

if TYPE_CHECKING:
    from psycopg import Connection

WAITING = Alert(Cause.WAITING, "import", "x", "Site.csv: waiting for a Contact that no sendable row has (3)", 3)


@pytest.fixture
def listed(shared_database: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DATABASE_URL", shared_database)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(alerts, arguments, catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    return run


def test_open_alerts_are_listed_with_what_to_do_and_whether_they_were_told(conn: Connection[Any], listed: Any) -> None:
    assert listed() == "No alert is open.\n"
    store.keep_current(conn, Cause.WAITING, [WAITING])
    head, said, to_do = listed().splitlines()
    assert head.endswith("UTC  Rows wait for longer than a day: not told, tried 0 times")
    assert said == "    Site.csv: waiting for a Contact that no sendable row has (3) (3 rows)"
    assert to_do.startswith("    Import what they wait for;")
    (kept,) = store.claim(conn, 9)
    store.mark_sent(conn, [kept.id])
    assert ": told 2" in listed()
    store.keep_current(conn, Cause.WAITING, [])
    assert listed() == "No alert is open.\n"
    assert "UTC, over since 2" in listed("--all")


def test_the_latest_come_first_and_as_json_with_everything(conn: Connection[Any], listed: Any) -> None:
    for name in ("a.csv", "b.csv"):
        store.raise_alerts(conn, [Alert(Cause.IMPORT_FAILED, "import", name, f"{name}: it is empty")])
    (one,) = json.loads(listed("--json", "--most", "1"))
    assert (one["cause"], one["subject"], one["sent_at"], one["closed_at"]) == ("import_failed", "b.csv", None, None)
