"""An inbox that the sensor watches, at times that the test sets, and a Coperniq for what its runs bring there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from assets.contractors import store as contractors
from assets.csv_imports.inbox import Inbox
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from orchestration import sensors, settings
from orchestration.definitions import IMPORT_JOB, build_defs
from orchestration.sensors import inbox_arrivals
from sandbox.coperniq.ledger import records
from tests.coperniq_server import SandboxHandle, running_sandbox

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
