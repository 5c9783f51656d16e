"""Runs whose process is gone fail, what they left is gone on with, and nobody else is touched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._grpc.server import GrpcServerProcess

from assets import leases
from assets.database import Database
from orchestration import reaping
from orchestration.definitions import defs
from sandbox.postgres import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.csv_imports.conftest import Office
    from tests.integration.runs.conftest import History


def look(history: History, url: str, cursor: str | None = None) -> tuple[Any, str | None]:
    """Evaluate the sensor once; give what it says, and its cursor."""
    sensor = defs.resolve_sensor_def("reap_dead_runs")
    resources = {"database": Database(url)}
    with dg.build_sensor_context(instance=history.instance, cursor=cursor, resources=resources) as context:
        return sensor(context), context.cursor


def tick(history: History, url: str) -> list[str | None] | str:
    """Evaluate the sensor twice; give for whom it starts runs then, or why for nobody."""
    _, cursor = look(history, url)
    said, _ = look(history, url, cursor)
    if isinstance(said, dg.SkipReason):
        return said.skip_message
    # A file may still be being written, also one that has the name of an import that was left.
    assert all(run.run_config["ops"]["csv_imports"]["config"]["only_go_on"] for run in said)
    return [run.partition_key for run in said]


def lease_of(office: Office, run_id: str, over: float) -> None:
    """Let a run hold the contractor, with a lease that has been over for so many seconds."""
    assert leases.take(office.conn, office.id, leases.by_run(run_id), 0.0) is not None
    office.conn.execute(
        "UPDATE contractor_leases SET expires_at = clock_timestamp() - make_interval(secs => %s)", [over]
    )


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run be silent for too long as soon as it says nothing."""
    monkeypatch.setattr(reaping, "SILENT_SECONDS", 0.0)


def test_a_run_that_does_not_renew_its_lease_is_dead(history: History, office: Office, migrated_database: str) -> None:
    run = history.started(office.slug, str(uuid4()))
    lease_of(office, run.run_id, reaping.OVERDUE_SECONDS - 10)
    tick(history, migrated_database)
    assert history.status(run) == "STARTED"
    lease_of_dead = "UPDATE contractor_leases SET expires_at = expires_at - interval '11 seconds'"
    office.conn.execute(lease_of_dead)
    said = tick(history, migrated_database)
    assert history.status(run) == "FAILURE"
    assert said == "1 dead run failed. No import was left that could be gone on with now."
    (event,) = history.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert "has not renewed its lease on the contractor for 1" in (event.message or event.user_message)


def test_a_run_that_could_not_renew_its_lease_for_once_is_alive(
    history: History, office: Office, migrated_database: str
) -> None:
    run = history.started(office.slug, str(uuid4()))
    lease_of(office, run.run_id, 60)
    _, cursor = look(history, migrated_database)
    office.conn.execute("UPDATE contractor_leases SET expires_at = clock_timestamp() + INTERVAL '10 seconds'")
    _, cursor = look(history, migrated_database, cursor)
    assert history.status(run) == "STARTED"
    lease_over = "UPDATE contractor_leases SET expires_at = clock_timestamp() - INTERVAL '60 seconds'"
    office.conn.execute(lease_over)
    _, cursor = look(history, migrated_database, cursor)
    assert history.status(run) == "STARTED"
    look(history, migrated_database, cursor)
    assert history.status(run) == "FAILURE"


@pytest.mark.usefixtures("silent")
def test_a_run_that_holds_its_lease_is_alive_however_silent(
    history: History, office: Office, migrated_database: str
) -> None:
    run = history.started(office.slug, str(uuid4()))
    lease_of(office, run.run_id, -10)
    tick(history, migrated_database)
    assert history.status(run) == "STARTED"


def test_a_run_that_holds_no_lease_is_dead_when_it_has_been_silent(
    history: History, office: Office, migrated_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = history.started(office.slug)
    history.instance.report_engine_event("at work", run)
    tick(history, migrated_database)
    assert history.status(run) == "STARTED"
    monkeypatch.setattr(reaping, "SILENT_SECONDS", 0.0)
    tick(history, migrated_database)
    assert history.status(run) == "FAILURE"


@pytest.fixture
def code_server() -> Iterator[dict[str, Any]]:
    """Run a code server; give its address as launched runs have it in a tag."""
    with dg.instance_for_test() as instance:
        origin = LoadableTargetOrigin(python_file=__file__.replace("test_reaping", "empty_location"))
        with GrpcServerProcess(
            instance_ref=instance.get_ref(), loadable_target_origin=origin, wait_on_exit=True
        ) as server:
            client = server.create_client()
            yield {"host": client.host, **({"port": client.port} if client.port else {"socket": client.socket})}


@pytest.mark.usefixtures("silent")
def test_a_code_server_is_asked_for_the_run_that_it_was_given(
    history: History, office: Office, migrated_database: str, code_server: dict[str, Any]
) -> None:
    forgotten, orphan = history.started(office.slug), history.started(office.slug)
    history.instance.add_run_tags(forgotten.run_id, {GRPC_INFO_TAG: json.dumps(code_server)})
    nobody = json.dumps({"host": "127.0.0.1", "port": free_port()})
    history.instance.add_run_tags(orphan.run_id, {GRPC_INFO_TAG: nobody})
    tick(history, migrated_database)
    assert (history.status(forgotten), history.status(orphan)) == ("FAILURE", "FAILURE")


@pytest.mark.parametrize("status", ["pending", "validating", "processing", "success"])
def test_an_import_that_was_left_is_gone_on_with_once(
    history: History, office: Office, migrated_database: str, status: str
) -> None:
    """Left as registered, as it was read, or read and not entered."""
    history.knows(office.slug)
    assert tick(history, migrated_database) == "No run is dead. No import was left that could be gone on with now."
    office.put("Contact.csv", "name,email\nAnn,a@b.co\n")
    if status == "success":
        office.run()
        office.conn.execute("UPDATE csv_imports SET entered_at = NULL")
    else:
        office.register()
        for reached in ["validating", "processing"][: ["pending", "validating", "processing"].index(status)]:
            office.conn.execute("UPDATE csv_imports SET status = %s", [reached])
    assert office.conn.execute("SELECT status::TEXT FROM csv_imports").fetchall() == [(status,)]
    run = history.started(office.slug, str(uuid4()))
    lease_of(office, run.run_id, -10)
    assert isinstance(tick(history, migrated_database), str)
    lease_of_dead = "UPDATE contractor_leases SET expires_at = expires_at - interval '100 seconds'"
    office.conn.execute(lease_of_dead)
    # What failed just now rests, as whatever fails does.
    assert tick(history, migrated_database) == "1 dead run failed. No import was left that could be gone on with now."
    history.instance.delete_run(run.run_id)
    assert tick(history, migrated_database) == [office.slug]
    history.waiting(office.slug)
    assert isinstance(tick(history, migrated_database), str)


def test_an_import_that_failed_or_is_entered_or_of_whom_is_not_served_is_let_be(
    history: History, office: Office, migrated_database: str
) -> None:
    history.knows(office.slug)
    office.put("Contact.csv", "name,email\nAnn,a@b.co\n")
    office.put("Other.csv", "a,b\n1,2\n")
    office.run()
    office.conn.execute("SELECT create_csv_import(%s, 'By hand.csv', 'Contact', 'somebody', 1, 'hash')", [office.id])
    assert isinstance(tick(history, migrated_database), str)
    office.conn.execute("UPDATE csv_imports SET entered_at = NULL WHERE import_name = 'Contact.csv'")
    assert tick(history, migrated_database) == [office.slug]
    office.conn.execute("UPDATE mep_contractor_configs SET is_active = FALSE")
    assert isinstance(tick(history, migrated_database), str)
