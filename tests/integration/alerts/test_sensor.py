"""The sensor: runs that fail are told once, with their reason where it is safe to tell; nothing is passed over."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from psycopg import Connection

from assets.alerts import store
from assets.alerts.webhook import Webhook
from assets.analytics.project import DbtFailed
from assets.contractors import store as contractors
from assets.coperniq.deliver import KeyRefused
from assets.coperniq.replies import Outcome, Reply
from assets.csv_imports.inbox import InboxError
from assets.database import Database, DatabaseUnreachable
from assets.partitions import PARTITION_TAG
from orchestration import alerting
from orchestration.definitions import build_defs
from tests.integration.alerts.receiver import SECRET, Receiver


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def fail(
    instance: dg.DagsterInstance,
    error: Exception,
    slug: str | None = None,
    *,
    tests: dict[str, int] | None = None,
) -> str:
    """Run a job that fails with an error, after data tests that failed with so many rows; return the run's id."""

    @dg.multi_asset_check(specs=[dg.AssetCheckSpec(name, asset="a_view") for name in (tests or {"fine": 0})])
    def a_step() -> Iterator[dg.AssetCheckResult]:
        for name, rows in (tests or {}).items():
            metadata = {"rows that break the rule": dg.MetadataValue.int(rows)}
            yield dg.AssetCheckResult(check_name=name, passed=False, metadata=metadata)
        raise error

    job = dg.Definitions(
        assets=[dg.AssetSpec("a_view")],
        asset_checks=[a_step],
        jobs=[dg.define_asset_job("a_job", selection=dg.AssetSelection.checks(a_step))],
        executor=dg.in_process_executor,
    ).resolve_job_def("a_job")
    tags = {PARTITION_TAG: slug} if slug else None
    return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False).run_id


class Ticking:
    """The sensor with its cursor, as the daemon keeps it."""

    def __init__(self, instance: dg.DagsterInstance, url: str, webhook: str | None) -> None:
        self.instance = instance
        self.cursor: str | None = None
        self.resources = {
            "database": Database(url), "alert_webhook": Webhook(webhook) if webhook else None,
            "ui_url": "http://ui.example:3000", "outbox_folder": Path("/nowhere"),
        }  # fmt: skip

    def tick(self) -> str:
        sensor = build_defs().resolve_sensor_def("raise_alerts")
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor, resources=self.resources) as context:
            said = sensor.evaluate_tick(context).skip_message
            self.cursor = context.cursor
        return said or ""


@pytest.fixture
def ticking(instance: dg.DagsterInstance, shared_database: str, receiver: Receiver, conn: Connection[Any]) -> Ticking:
    return Ticking(instance, shared_database, receiver.url)


def test_a_failed_run_is_told_once_with_its_link(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver, conn: Connection[Any]
) -> None:
    contractors.add(conn, "acme", "Acme", "office@acme.example", [])
    run = fail(instance, InboxError("contacts.csv is no longer there: ask ann@example.com."), "acme")
    fail(instance, InboxError("contacts.csv is no longer there: ask ann@example.com."), "acme")
    assert ticking.tick() == "1 alert told, 0 to be told."
    assert receiver.texts == ["A run failed: a_job: contacts.csv is no longer there: ask …"]
    assert f"<http://ui.example:3000/runs/{run}|open the run>" in receiver.posts[0]["blocks"][1]["text"]["text"]
    assert "*acme*" in receiver.posts[0]["blocks"][1]["text"]["text"]
    fail(instance, InboxError("contacts.csv is no longer there: ask ann@example.com."), "acme")
    assert ticking.tick() == "0 alerts told, 0 to be told."
    fail(instance, InboxError("contacts.csv is no longer there."), "nobody registered")
    fail(instance, InboxError("contacts.csv is no longer there."))
    assert ticking.tick() == "2 alerts told, 0 to be told."


def test_an_error_that_nobody_foresaw_is_told_without_its_words(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver
) -> None:
    fail(instance, KeyError("Ann Lee"))
    ticking.tick()
    assert receiver.texts == ["A run failed: a_job: it met KeyError, which nobody foresaw."]


def test_a_run_that_died_is_told_with_what_dagster_says(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver
) -> None:
    run = instance.create_run_for_job(dg.Definitions(jobs=[_nothing()]).resolve_job_def("nothing"))
    instance.report_run_failed(run, "Exceeded maximum runtime of 14400 seconds.")
    ticking.tick()
    assert receiver.texts == ["A run failed: nothing: Exceeded maximum runtime of 14400 seconds."]


def test_a_refused_key_is_one_alert_for_all_contractors(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver
) -> None:
    for slug in ("acme", "other"):
        fail(instance, KeyRefused(Reply(Outcome.UNAUTHORISED, 401, 1, code="401")), slug)
    ticking.tick()
    assert receiver.texts == [
        "Coperniq refuses the API key: Coperniq refuses the API key (401): set COPERNIQ_API_KEY to a valid one."
    ]


def test_failed_data_tests_are_named_and_counted(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver
) -> None:
    fail(instance, DbtFailed("dbt build failed"), tests={"unique_id": 3, "not_null_id": 4})
    ticking.tick()
    assert receiver.texts == ["Data tests failed: 2 data tests failed: unique_id, not_null_id."]
    assert "7 rows" in receiver.posts[0]["blocks"][1]["text"]["text"]
    fail(instance, DbtFailed("dbt build failed: no disk"))
    ticking.tick()
    assert receiver.texts[1:] == ["A run failed: a_job: dbt build failed: no disk"]


def test_a_run_that_a_blocking_check_ended_says_nothing_more(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver
) -> None:
    @dg.asset_check(asset="an_asset", blocking=True)
    def a_check() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False)

    job = dg.Definitions(
        assets=[dg.AssetSpec("an_asset")],
        asset_checks=[a_check],
        jobs=[dg.define_asset_job("blocked", selection=dg.AssetSelection.checks(a_check))],
        executor=dg.in_process_executor,
    ).resolve_job_def("blocked")
    assert not job.execute_in_process(instance=instance, raise_on_error=False).success
    assert ticking.tick() == "0 alerts told, 0 to be told."


def test_a_failure_that_could_not_be_kept_is_looked_at_again(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticking.tick()
    fail(instance, KeyError("x"))
    with monkeypatch.context() as patched:
        patched.setattr(store, "raise_alerts", _refuse)
        with pytest.raises(DatabaseUnreachable):
            ticking.tick()
    assert ticking.tick() == "1 alert told, 0 to be told."
    assert len(receiver.posts) == 1


def test_more_failures_than_a_tick_looks_at_are_the_next_ticks(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerting, "FAILURES", 2)
    for slug in ("a", "b", "c"):
        fail(instance, KeyError("x"), slug)
    assert [ticking.tick() for _ in range(3)] == [
        "2 alerts told, 0 to be told.", "1 alert told, 0 to be told.", "0 alerts told, 0 to be told.",
    ]  # fmt: skip


def test_the_tables_are_asked_every_ten_minutes(ticking: Ticking, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(alerting, "tell_of_what_happened", lambda _, since: asked.append(since))
    ticking.tick()
    ticking.tick()
    assert len(asked) == 1
    monkeypatch.setattr(alerting, "LOOK_EVERY", alerting.LOOK_EVERY * 0)
    ticking.tick()
    now = datetime.now(UTC)
    assert [round((now - since) / timedelta(hours=1)) for since in asked] == [24, 1], "first a day, then what is new"


def test_without_a_webhook_alerts_are_kept(
    instance: dg.DagsterInstance, shared_database: str, conn: Connection[Any]
) -> None:
    fail(instance, KeyError("x"))
    ticking = Ticking(instance, shared_database, None)
    assert ticking.tick() == "1 alert to be told, but MEP_ALERT_WEBHOOK is not set: see `mep alerts`."
    (kept,) = store.every(conn, closed=False, most=9)
    assert (kept.cause, kept.attempts) == ("run_failed", 0)


def test_a_webhook_that_fails_fails_no_tick_and_its_address_is_not_told(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers = [500]
    fail(instance, KeyError("x"))
    assert ticking.tick() == "0 alerts told, 1 to be told."
    assert caplog.text
    assert SECRET not in f"{caplog.text} {ticking.cursor}"


def test_a_pause_that_the_webhook_asks_for_holds_for_every_alert(
    ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver
) -> None:
    receiver.answers, receiver.headers = [429], {"Retry-After": "600"}
    fail(instance, KeyError("x"))
    assert ticking.tick() == "0 alerts told, 1 to be told."
    fail(instance, KeyRefused(Reply(Outcome.UNAUTHORISED, 401, 1, code="401")))
    assert ticking.tick() == "2 alerts to be told, after the pause that the webhook has asked for."
    assert len(receiver.posts) == 1
    held = datetime.fromisoformat(json.loads(ticking.cursor or "")["silent_until"])
    assert timedelta(seconds=590) < held - datetime.now(UTC) < timedelta(seconds=601)
    ticking.cursor = json.dumps({**json.loads(ticking.cursor or ""), "silent_until": datetime.now(UTC).isoformat()})
    ticking.tick()
    assert receiver.texts[-1].startswith("Coperniq refuses the API key"), "the first one has a pause of its own"


def test_a_pause_is_an_hour_at_most(ticking: Ticking, instance: dg.DagsterInstance, receiver: Receiver) -> None:
    receiver.answers, receiver.headers = [503], {"Retry-After": "Sat, 01 Jan 9999 00:00:00 GMT"}
    fail(instance, KeyError("x"))
    ticking.tick()
    held = datetime.fromisoformat(json.loads(ticking.cursor or "")["silent_until"])
    assert held - datetime.now(UTC) < timedelta(hours=1)


def _nothing() -> dg.JobDefinition:
    @dg.job
    def nothing() -> None:
        pass

    return nothing


def _refuse(*_: object) -> None:
    raise psycopg.OperationalError("gone")
