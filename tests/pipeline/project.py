"""A copy of the project in a folder of its own, and the command line run in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from orchestration import migrations
from orchestration.settings import NAMES
from sandbox.coperniq.ledger import records
from sandbox.postgres import Cluster, embedded_binaries
from sandbox.processes import Background
from tests.conftest import MIGRATIONS, ROOT
from tests.coperniq_server import running_sandbox
from tests.pooler import POOLED, running_pooler
from tests.roles import PASSWORDS, make_roles, url_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".mep", ".env", "__pycache__", ".*_cache", "target", "logs", "*.png")
MEP = "from orchestration.cli import main; main()"
COMPANY = 112


@dataclass(frozen=True)
class Project:
    """A copy of the project, with a state folder of its own, and settings for all that is run in it."""

    root: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def state(self) -> Path:
        return self.root / ".mep"

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.state / "postgres", embedded_binaries())

    @property
    def store(self) -> Path:
        return self.state / "coperniq.sqlite"

    def start(self, arguments: Sequence[str], settings: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start `mep` with the copy's code; the environment's own settings are left out."""
        environment = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in NAMES}
        environment |= {"PYTHONPATH": str(self.root), **self.settings, **(settings or {})}
        if POOLED and "DATABASE_URL" in environment:
            environment["DAGSTER_DATABASE_URL"] = url_of("mep_dagster", environment["DATABASE_URL"])
        return subprocess.Popen(
            [sys.executable, "-c", MEP, *arguments], cwd=self.root, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def mep(self, *arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `mep` to its end."""
        with self.start(arguments, settings) as process:
            out, err = process.communicate(timeout=240)
            return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def sent(self) -> dict[str, list[dict[str, object]]]:
        """Return the values of every record in the sandbox, by type."""
        return {
            name: [
                {field: value for field, value in record.items() if field not in ("id", "createdAt", "updatedAt")}
                for record in records(self.store, name, COMPANY)
            ]
            for name in ("Contact", "Site", "Asset", "System", "Task", "ServicePlanInstance", "FinancialDocument")
        }

    def leftovers(self) -> list[str]:
        """Name what still runs of this copy's stack."""
        running = [name for name in ("coperniq", "dagster") if Background(name, self.state).find() is not None]
        if (self.cluster.data / "PG_VERSION").exists() and self.cluster.running():
            running.append("postgres")
        return running

    def stop(self) -> None:
        """End what still runs of this copy's stack."""
        for name in ("coperniq", "dagster"):
            Background(name, self.state).stop()
        if self.cluster.folder.exists():
            self.cluster.stop()


@contextlib.contextmanager
def project_copy() -> Generator[Project, None, None]:
    """Give a copy of the project's files, without what git ignores; what runs of its stack at the end is stopped.

    Not in pytest's own folder: as root the server runs as nobody, whom a second session of pytest would lock out.
    """
    with tempfile.TemporaryDirectory(prefix="mep-test-project-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "mep"
        shutil.copytree(ROOT, root, ignore=LEFT_OUT)
        copied = Project(root)
        try:
            yield copied
        finally:
            copied.stop()


@contextlib.contextmanager
def demo_project() -> Generator[Project, None, None]:
    """Give a copy of the project for demos: with a local stack, or with PgBouncer before the database (`POOLED`)."""
    with project_copy() as copied:
        if not POOLED:
            yield copied
            return
        copied.cluster.start()
        url = copied.cluster.ensure_database("mep")
        with psycopg.connect(url, prepare_threshold=None) as connection:
            migrations.up(connection, MIGRATIONS)
        make_roles(url)
        with running_pooler(url, users=PASSWORDS) as pooler, running_sandbox(copied.store) as sandbox:
            yield replace(copied, settings={
                "DATABASE_URL": pooler.url(url), "COPERNIQ_API_URL": sandbox.url, "COPERNIQ_API_KEY": sandbox.key,
                "COPERNIQ_COMPANY_ID": str(COMPANY), "COPERNIQ_REQUESTS_PER_SECOND": "0",
                "COPERNIQ_REQUESTS_PER_DAY": "0",
            })  # fmt: skip


def doubled(records_of_type: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the records that are there more than once, with all their values the same."""
    counted = Counter(repr(sorted(record.items(), key=lambda item: item[0])) for record in records_of_type)
    return [record for record, count in counted.items() if count > 1]
