"""The sensor of the inbox: for whom a run is requested, with which files, and what it brings to Coperniq."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import s3fs

from orchestration import backoff, resources, sensors
from orchestration.definitions import IMPORT_JOB, build_defs
from tests.object_storage import BUCKET, client, running_storage
from tests.pipeline.inboxed import CONTACTS, STABLE, Inboxed


def test_what_arrives_is_in_coperniq_once_and_what_is_sent_again_runs_again(inboxed: Inboxed) -> None:
    inboxed.drop("acme")
    waiting = inboxed.tick()
    assert (waiting.run_requests, waiting.skip_message) == ([], "acme has files that may still be being written.")
    (request,) = inboxed.tick(later=STABLE).run_requests
    assert request.partition_key == "acme"
    config = {"files": ["acme/Contact.csv"], "retry": False, "only_go_on": False, "plan": ""}
    assert request.run_config == {"ops": {"csv_imports": {"config": config}}}
    inboxed.run(request)
    assert inboxed.sent() == ["Ada", "Bo"]
    assert inboxed.tick(later=STABLE).skip_message == "Nothing new in 1 folder."

    inboxed.drop("acme", CONTACTS + "Cy,cy@example.com\n")
    (again,) = inboxed.arrived()
    assert again.run_key != request.run_key
    inboxed.run(again)
    assert inboxed.sent() == ["Ada", "Bo", "Cy"]
    assert inboxed.tick(later=STABLE).run_requests == []


def test_a_run_is_given_what_is_new_and_no_more(inboxed: Inboxed, monkeypatch: pytest.MonkeyPatch) -> None:
    inboxed.drop("acme")
    inboxed.run(*inboxed.arrived())
    for name in ("Task.csv", "Site.csv", "Contact 2.csv", "notes.pdf"):
        inboxed.drop("acme", CONTACTS, name)
    monkeypatch.setattr(sensors, "FILES", 2)
    (request,) = inboxed.arrived()
    assert request.run_config["ops"]["csv_imports"]["config"]["files"] == ["acme/Contact 2.csv", "acme/Site.csv"]


def test_each_contractor_has_one_run_which_is_under_way(inboxed: Inboxed) -> None:
    inboxed.register("bolt")
    for slug in ("acme", "bolt"):
        inboxed.drop(slug)
        inboxed.drop(slug, "fullAddress\n1 Main St\n", "Site.csv")
    requests = inboxed.arrived()
    assert [request.partition_key for request in requests] == ["acme", "bolt"]
    inboxed.begin(requests[0], dg.DagsterRunStatus.NOT_STARTED)
    inboxed.begin(requests[1], dg.DagsterRunStatus.STARTED)
    inboxed.drop("acme", CONTACTS, "Contact 2.csv")
    inboxed.tick()
    assert inboxed.tick(later=STABLE).skip_message == "acme, bolt have a run queued or at work."


def test_a_failed_run_is_tried_again_after_a_rest_with_the_next_attempt(inboxed: Inboxed) -> None:
    inboxed.drop("acme")
    keys, run_ids = list[str | None](), list[str]()
    (request,) = inboxed.arrived()
    for _ in range(3):
        keys.append(request.run_key)
        run = inboxed.begin(request, dg.DagsterRunStatus.STARTED)
        run_ids.append(run.run_id)
        inboxed.instance.report_run_failed(run)
        inboxed.at = datetime.now(UTC)
        resting = inboxed.tick(later=1)
        assert resting.run_requests == []
        assert resting.skip_message.startswith("acme failed and will be tried again, the first at ")
        (request,) = inboxed.tick(later=backoff.LONGEST.total_seconds()).run_requests
    key, _, attempt = keys[0].rpartition(" ")
    assert (keys, attempt) == ([f"{key} 1", f"{key} 2", f"{key} 3"], "1")
    # Dagster starts no second run with a key: who removes an old run from the UI takes no attempt away.
    inboxed.instance.delete_run(run_ids[0])
    (request,) = inboxed.tick(later=backoff.LONGEST.total_seconds()).run_requests
    assert request.run_key == f"{key} 4"
    inboxed.run(request)
    assert inboxed.sent() == ["Ada", "Bo"]


def test_an_inactive_contractor_is_skipped_in_words(inboxed: Inboxed) -> None:
    inboxed.drop("acme")
    with inboxed.database.connect() as conn:
        conn.execute("UPDATE mep_contractor_configs SET is_active = FALSE")
    assert inboxed.arrived() == []
    assert inboxed.tick().skip_message == "Nothing new in 0 folders. acme is inactive."


def test_a_tick_requests_so_many_runs_and_the_next_one_goes_on(
    inboxed: Inboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensors, "REQUESTS", 2)
    slugs = ["a-b", "a", "acme", "bolt", "cool"]
    inboxed.register(*slugs)
    for slug in slugs:
        inboxed.drop(slug)
    inboxed.tick()
    inboxed.at += timedelta(seconds=STABLE)
    requested = []
    for _ in range(3):
        requests = inboxed.tick().run_requests
        requested.append([request.partition_key for request in requests])
        assert len(inboxed.cursor or "") < 100
    assert requested == [["a-b", "a"], ["acme", "bolt"], ["cool"]]
    assert [request.partition_key for request in inboxed.tick().run_requests] == ["a-b", "a"]  # from the beginning


def test_the_sensor_watches_by_itself_as_soon_as_the_stack_runs() -> None:
    sensor = build_defs().get_repository_def().get_sensor_def("inbox_arrivals")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == sensors.EVERY_SECONDS
    assert sensor.job_name == IMPORT_JOB


def test_a_file_in_s3_gets_to_coperniq(inboxed: Inboxed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_storage() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        monkeypatch.setenv("MEP_INBOX", f"s3://{BUCKET}/inbox")
        with dg.build_resources({"inbox": resources.inbox}) as built:
            inboxed.inbox = built.inbox
        client(environment).put_object(Bucket=BUCKET, Key="inbox/acme/Contact.csv", Body=CONTACTS)
        (request,) = inboxed.arrived()
        inboxed.run(request)
        assert inboxed.sent() == ["Ada", "Bo"]
        assert inboxed.tick(later=STABLE).skip_message == "Nothing new in 1 folder."
        assert list((tmp_path / "spool").iterdir()) == []
        s3fs.S3FileSystem.clear_instance_cache()
