"""The sensor of the inbox, evaluated at times that the test sets, and what its runs bring to Coperniq."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
import s3fs

from assets.contractors import store as contractors
from assets.csv_imports import arrivals
from assets.csv_imports.inbox import Inbox, InboxUnreachable
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from assets.partitions import CONTRACTORS
from orchestration import backoff, resources, sensors, settings
from orchestration.alerting import tell_of_what_lasts
from orchestration.definitions import IMPORT_JOB, SENDING_JOB, build_defs
from orchestration.sensors import inbox_arrivals
from sandbox.coperniq.ledger import records
from tests.coperniq_server import SandboxHandle, running_sandbox
from tests.object_storage import BUCKET, client, running_storage

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTACTS = "name,emails\nAda,ada@example.com\nBo,bo@example.com\n"
STABLE = 60


@dataclass
class Inboxed:
    """An inbox that a sensor watches, and what its runs need.

    Attributes:
        at: The time, which passes when the test says so.
        cursor: What the last tick left.
    """

    instance: dg.DagsterInstance
    database: Database
    inbox: Inbox
    sandbox: SandboxHandle
    root: Path
    at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(minutes=10))
    cursor: str | None = None

    def register(self, *slugs: str) -> None:
        with self.database.connect() as conn:
            for slug in slugs:
                contractors.add(conn, slug, f"Firm {slug}", f"office@{slug}.example", ["hvac"])

    def drop(self, slug: str, text: str = CONTACTS, name: str = "Contact.csv") -> None:
        (self.root / slug).mkdir(exist_ok=True)
        (self.root / slug / name).write_text(text)

    def tick(self, later: float = 0.0) -> Any:
        """Evaluate the sensor; what it asks for is done to the instance as the daemon does it."""
        self.at += timedelta(seconds=later)
        defs = build_defs()
        sensor = inbox_arrivals(self.import_job, sensors.Clock(lambda: self.at, lambda _: None))
        with dg.build_sensor_context(
            instance=self.instance,
            instance_ref=self.instance.get_ref(),
            cursor=self.cursor,
            resources={"database": self.database, "inbox": self.inbox, "inbox_stable_seconds": STABLE},
            repository_def=defs.get_repository_def(),
        ) as context:
            found = sensor.evaluate_tick(context)
        self.cursor = found.cursor
        for request in found.dynamic_partitions_requests or ():
            self.instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
        return found

    def arrived(self) -> list[dg.RunRequest]:
        """Let a file become stable, and give what is requested then."""
        self.tick()
        return list(self.tick(later=STABLE).run_requests or ())

    @property
    def import_job(self) -> Any:
        return dg.define_asset_job(IMPORT_JOB, selection=dg.AssetSelection.assets("csv_imports"))

    def run(self, request: dg.RunRequest) -> None:
        """Run what was requested, to its end."""
        done = self.job.execute_in_process(
            instance=self.instance, partition_key=request.partition_key, run_config=request.run_config,
            tags={**request.tags, "dagster/run_key": request.run_key or ""},
        )  # fmt: skip
        assert done.success

    @property
    def job(self) -> dg.JobDefinition:
        return build_defs().resolve_job_def(IMPORT_JOB)

    def begin(self, request: dg.RunRequest, status: dg.DagsterRunStatus) -> dg.DagsterRun:
        """Make a run as the daemon does, which nobody carries out."""
        return self.instance.create_run_for_job(
            self.job, status=status, run_config=request.run_config, tags=request.tags,
        )  # fmt: skip

    def alerts(self) -> list[tuple[Any, ...]]:
        with self.database.connect() as conn:
            return conn.execute(
                "SELECT cause, subject_id, closed_at IS NULL, attempts FROM alerts ORDER BY subject_id"
            ).fetchall()

    def sent(self) -> list[str]:
        return sorted(str(one["name"]) for one in records(self.sandbox.store, "Contact", self.sandbox.company_id))


@pytest.fixture
def inboxed(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inboxed]:
    root = tmp_path / "inbox"
    root.mkdir()
    monkeypatch.setattr(settings, "STATE", tmp_path)
    with running_sandbox(tmp_path / "coperniq.sqlite") as sandbox, dg.instance_for_test() as instance:
        for name, value in {
            "DATABASE_URL": migrated_database, "COPERNIQ_API_URL": sandbox.url, "COPERNIQ_API_KEY": sandbox.key,
            "COPERNIQ_COMPANY_ID": str(sandbox.company_id), "MEP_INBOX": str(root), "MEP_OUTBOX": str(tmp_path / "out"),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        made = Inboxed(instance, Database(migrated_database), LocalInbox(root), sandbox, root)
        made.register("acme")
        yield made


def test_what_arrives_is_in_coperniq_once_and_what_is_sent_again_runs_again(inboxed: Inboxed) -> None:
    inboxed.drop("acme")
    waiting = inboxed.tick()
    assert (waiting.run_requests, waiting.skip_message) == ([], "acme has files that may still be being written.")
    (request,) = inboxed.tick(later=STABLE).run_requests
    assert request.partition_key == "acme"
    config = {"files": ["acme/Contact.csv"], "retry": False, "only_go_on": False}
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


def test_a_refused_file_is_told_and_taken_once_the_override_is_mended(
    inboxed: Inboxed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEP_MAPPINGS", str(tmp_path / "mappings"))
    override = tmp_path / "mappings" / "acme" / "Contact.yaml"
    override.parent.mkdir(parents=True)
    override.write_text("version: 1\ntype: Contact\ncolumns: [\n")
    inboxed.drop("acme")
    (request,) = inboxed.arrived()
    inboxed.run(request)
    ((cause, _, is_open, _),) = inboxed.alerts()
    assert (cause, is_open) == ("file_refused", True)
    evaluated = inboxed.instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(dg.AssetKey("csv_imports"), "every_file_was_read")]
    )
    assert [one.status.value for one in evaluated.values()] == ["FAILED"]
    inboxed.at = datetime.now(UTC)
    resting = inboxed.tick()
    assert (resting.run_requests, resting.skip_message) == (
        [], "Nothing new in 1 folder. acme has refused files that will be tried again.",
    )  # fmt: skip
    override.unlink()
    (again,) = inboxed.tick(later=65).run_requests
    assert again.run_key != request.run_key
    inboxed.run(again)
    assert inboxed.sent() == ["Ada", "Bo"]
    with inboxed.database.connect() as conn:
        tell_of_what_lasts(conn)
    ((_, _, is_open, _),) = inboxed.alerts()
    assert not is_open


def test_an_inbox_that_cannot_be_read_is_told_until_it_can_be(inboxed: Inboxed) -> None:
    missing = inboxed.inbox
    inboxed.inbox = LocalInbox(inboxed.root / "a file")
    (inboxed.root / "a file").write_text("no folder")
    for _ in range(2):
        with pytest.raises(InboxUnreachable, match="cannot be read"):
            inboxed.tick()
    assert inboxed.alerts() == [("inbox_unreadable", "inbox", True, 0)]
    inboxed.inbox = missing
    inboxed.tick()
    assert inboxed.alerts() == [("inbox_unreadable", "inbox", False, 0)]


def test_a_look_that_fails_unforeseen_is_told_without_its_words(
    inboxed: Inboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("Ann Lee")

    monkeypatch.setattr(sensors.arrivals, "look_around", fail)
    with pytest.raises(KeyError):
        inboxed.tick()
    with inboxed.database.connect() as conn:
        assert conn.execute("SELECT said FROM alerts").fetchall() == [("it met KeyError, which nobody foresaw.",)]


def test_an_import_that_lost_rows_is_sent_by_no_job_however_old_it_is(inboxed: Inboxed) -> None:
    inboxed.drop("acme")
    (request,) = inboxed.arrived()
    job = build_defs().resolve_job_def(IMPORT_JOB)
    read = [dg.AssetKey("csv_imports"), dg.AssetKey("csv_import_records")]
    registered = {"instance": inboxed.instance, "partition_key": "acme", "run_config": request.run_config}
    assert job.execute_in_process(**registered, asset_selection=read).success
    with inboxed.database.connect() as conn:
        conn.execute("SET session_replication_role = replica")  # A trigger would refuse it.
        conn.execute("""
            UPDATE csv_imports SET total_records_attempted = 3, created_at = created_at - INTERVAL '3 days',
                started_at = started_at - INTERVAL '3 days', completed_at = completed_at - INTERVAL '3 days'
            """)
    for name in (IMPORT_JOB, SENDING_JOB):
        done = build_defs().resolve_job_def(name).execute_in_process(
            instance=inboxed.instance, partition_key="acme", raise_on_error=False
        )  # fmt: skip
        assert not done.success
        broken = [check.check_name for check in done.get_asset_check_evaluations() if not check.passed]
        assert "every_record_has_one_status" in broken
    alone = build_defs().resolve_job_def(SENDING_JOB).execute_in_process(
        instance=inboxed.instance, partition_key="acme", raise_on_error=False,
        asset_selection=[dg.AssetKey(["coperniq", "contact"])],
    )  # fmt: skip
    assert "Contact.csv: it says 3 rows" in str(alone.get_step_failure_events()[0])
    assert inboxed.sent() == []
    with inboxed.database.connect() as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("UPDATE csv_imports SET total_records_attempted = 2")
    sending = build_defs().resolve_job_def(SENDING_JOB)
    assert sending.execute_in_process(instance=inboxed.instance, partition_key="acme").success
    assert inboxed.sent() == ["Ada", "Bo"]


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


def test_a_folder_of_no_contractor_raises_one_alert_until_it_is_one(inboxed: Inboxed) -> None:
    inboxed.drop("zeta")
    inboxed.drop("two\nlines")
    for _ in range(3):
        found = inboxed.tick(later=STABLE)
    assert found.skip_message == "Nothing new in 0 folders. two\\nlines, zeta are no contractors' folders."
    told = [("unknown_folder", "two\\nlines", True, 0), ("unknown_folder", "zeta", True, 0)]
    assert inboxed.alerts() == told
    inboxed.register("zeta")
    (request,) = inboxed.arrived()
    assert request.partition_key == "zeta"
    assert inboxed.instance.get_dynamic_partitions(CONTRACTORS.name or "") == ["zeta"]
    assert inboxed.alerts() == [told[0], ("unknown_folder", "zeta", False, 0)]


def test_every_folder_of_no_contractor_has_its_alert_however_many_there_are(inboxed: Inboxed) -> None:
    for number in range(30):
        inboxed.drop(f"zeta-{number:02}")
    inboxed.tick()
    inboxed.drop("alpha")
    inboxed.tick()
    assert [subject for _, subject, is_open, _ in inboxed.alerts() if is_open] == [
        "alpha", *(f"zeta-{number:02}" for number in range(30))
    ]  # fmt: skip


def test_folders_that_are_gone_are_told_of_no_more_where_no_look_is_whole(
    inboxed: Inboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "FOLDERS", 2)
    monkeypatch.setattr(arrivals, "LOOKING", timedelta(-1))
    names = ["a-b", "a", "b", "c", "d"]
    for name in names:
        inboxed.drop(name)

    def look(ticks: int) -> list[str]:
        for _ in range(ticks):
            inboxed.tick()
        return [subject for _, subject, is_open, _ in inboxed.alerts() if is_open]

    assert look(3) == sorted(names)
    for name in ("a", "c"):
        (inboxed.root / name / "Contact.csv").unlink()
        (inboxed.root / name).rmdir()
    inboxed.register("d")
    assert look(1) == ["a-b", "b", "c", "d"], "a lay within the two that it looked at"
    assert look(1) == ["a-b", "b"]


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
