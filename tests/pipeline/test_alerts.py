"""From a contractor's bad file to one message: the whole run by the command line, the daemon's sensor, a webhook."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import psycopg
import pytest

from assets.alerts.webhook import Webhook
from assets.database import Database
from orchestration import runs
from orchestration.definitions import build_defs
from sandbox.coperniq.ledger import records
from tests.integration.alerts.receiver import Receiver, running_receiver
from tests.pipeline.test_commands import CONTACTS, SLUG, Stack, copied, stack

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["copied", "stack"]

HALF_BAD = "name,emails\nAda,ada@example.com\nBo,no address\nCy,cy@example.com\nDi,none either\n"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


@contextmanager
def ticks(stack: Stack, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.SensorEvaluationContext]:
    """Open Dagster's instance of the stack, and what the sensor is given."""
    monkeypatch.setattr(runs.os, "environ", dict(runs.os.environ))
    monkeypatch.setattr(runs.settings, "STATE", stack.project.state)
    resources = {
        "database": Database(stack.database), "alert_webhook": Webhook(receiver.url),
        "ui_url": "http://localhost:3000", "outbox_folder": Path("/nowhere"),
    }  # fmt: skip
    with (
        runs.instance(stack.database) as instance,
        dg.build_sensor_context(instance=instance, resources=resources) as context,
    ):
        yield context


def test_too_many_rejected_rows_are_one_message_and_the_next_run_says_nothing_more(
    stack: Stack, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.drop(Contact=HALF_BAD)
    sensor = build_defs().resolve_sensor_def("raise_alerts")
    assert stack.mep("import", SLUG).returncode == 0
    listed = stack.mep("alerts").stdout
    assert f"Too many rows were rejected, {SLUG}: not told" in listed
    with ticks(stack, receiver, monkeypatch) as context:
        receiver.answers = [500]
        assert "0 alerts told" in (sensor.evaluate_tick(context).skip_message or "")
        stack.rows("UPDATE alerts SET next_attempt_at = now() RETURNING 1")
        assert "1 alert told" in (sensor.evaluate_tick(context).skip_message or "")
        stack.drop(contacts_2=CONTACTS)
        assert stack.mep("import", SLUG).returncode == 0
        sensor.evaluate_tick(context)
        (run,) = {run.run_id for run in context.instance.get_runs() if run.run_id in str(receiver.posts)}
    failed, told = receiver.posts
    assert failed == told
    section = told["blocks"][1]["text"]["text"]
    assert section.startswith(
        f"*{SLUG}*: Contact.csv: 2 of 4 rows were rejected, 50.0 %; the threshold is 10 %\n2 rows"
    )
    assert f"<http://localhost:3000/runs/{run}|open the run>" in section
    assert not any(word in str(told) for word in ("Ada", "example.com", "no address"))


def test_lost_rows_keep_the_run_from_sending_and_are_one_message(
    stack: Stack, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.drop(Contact=CONTACTS)
    assert stack.mep("import", SLUG).returncode == 0
    with psycopg.connect(stack.database) as conn:
        conn.execute("ALTER TABLE csv_import_records DISABLE TRIGGER USER")
        conn.execute("DELETE FROM csv_import_records WHERE record_number = 1")
        conn.execute("ALTER TABLE csv_import_records ENABLE TRIGGER USER")
    stack.drop(contacts_2="name,emails\nCy,cy@example.com\n")
    assert stack.mep("import", SLUG).returncode == 1
    assert len(records(stack.sandbox.store, "Contact", stack.sandbox.company_id)) == 2
    with ticks(stack, receiver, monkeypatch) as context:
        build_defs().resolve_sensor_def("raise_alerts").evaluate_tick(context)
    assert [text.partition(":")[0] for text in receiver.texts] == ["An import does not add up"]
    assert stack.mep("contractor", "set", SLUG, "--rejected-share", "0.25").returncode == 0
    assert "more than 25.0% of an import are rejected" in stack.mep("contractor", "show", SLUG).stdout
