"""The pipeline spread over hosts: the code server and the daemon on this machine, workers on the hosts.

What belongs here: starting them as `deploy/` does, bringing files, and what the event log of the runs says. What does
not: what must hold afterwards.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from assets.contractors import store as contractors
from orchestration import settings
from sandbox.postgres import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from tests.machines.network import Host, Network
    from tests.machines.services import Services
    from tests.pipeline.project import Project

MEP = [sys.executable, "-c", "from orchestration.cli import main; main()"]
START_SECONDS = 240
PATIENCE_SECONDS = 400
TAKEN = "dagster_event_type = 'ENGINE_EVENT' AND strpos(event, 'in celery worker') > 0"
WORKER = "substring(event, 'mep-[0-9]+@[^\"]+')"


@dataclass
class Fleet:
    """A deployment on several machines.

    Attributes:
        project: The copy of the code that all of them have.
        environment: Of all of its processes.
        workers: Those that run, by host.
        people: Whose contacts, and a site of each, are to be in Coperniq.
    """

    project: Project
    network: Network
    services: Services
    environment: Mapping[str, str]
    workers: dict[Host, subprocess.Popen[bytes]] = field(default_factory=dict[Any, Any])
    people: list[str] = field(default_factory=list[str])

    def bring(self, slugs: Sequence[str], name: str, people: int) -> None:
        """Register contractors, and put a file of contacts, and one with a site of each, into their inboxes.

        The daemon finds them there, and begins a run for each contractor.
        """
        with psycopg.connect(self.services.database_url, autocommit=True, prepare_threshold=None) as conn:
            for slug in slugs:
                contractors.add(conn, slug, slug, f"office@{slug}.example", ["hvac"])
        for slug in slugs:
            box = self.project.root / "inbox" / slug
            box.mkdir(parents=True, exist_ok=True)
            who = [f"{name}-{number}@{slug}.example" for number in range(people)]
            self.people += who
            contacts = ["name,email", *(f"{email},{email}" for email in who)]
            sites = ["fullAddress,clientId", *(f"{email} St,{email}" for email in who)]
            (box / f"{name} contacts.csv").write_text("\n".join(contacts))
            (box / f"{name} sites.csv").write_text("\n".join(sites))

    def start_worker(self, host: Host, steps_at_once: int) -> None:
        """Start a worker on a host."""
        command = [*MEP, "serve", "worker", "--concurrency", str(steps_at_once)]
        with (self.project.root.parent / f"{host.name}.log").open("ab") as log:
            self.workers[host] = host.start(
                command, self.environment, self.project.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill_worker(self, host: Host) -> None:
        """End a host's worker with all its processes, as `kill -9` or a power cut does."""
        host.kill_all()
        self.workers.pop(host).wait()

    def query(self, statement: str, *parameters: object) -> list[dict[str, Any]]:
        """Ask the database, where Dagster keeps its tables, too."""
        with psycopg.connect(self.services.database_url, row_factory=dict_row, prepare_threshold=None) as connection:
            return connection.execute(statement, parameters or None).fetchall()

    def runs(self) -> list[dict[str, Any]]:
        """Return contractor, status and id of each run, the oldest first."""
        return self.query("""
            SELECT run_id, status, partition AS contractor, run_body::JSON ->> 'parent_run_id' AS parent
            FROM dagster.runs WHERE partition IS NOT NULL ORDER BY id
            """)

    def waiting_runs(self) -> set[str]:
        """Return the contractors' runs that have handed a step to the workers."""
        handed = self.query("""
            SELECT run_id FROM dagster.event_logs INNER JOIN dagster.runs USING (run_id)
            WHERE runs.partition IS NOT NULL AND strpos(event, 'Handed to the workers') > 0
            """)
        return {row["run_id"] for row in handed}

    def is_done(self) -> bool:
        """Say whether everything that was brought is settled, and no contractor's run is under way any more."""
        (found,) = self.query("""
            SELECT count(*) AS records, (
                SELECT count(*) FROM dagster.runs WHERE status NOT IN ('SUCCESS', 'FAILURE') AND partition IS NOT NULL
            ) AS under_way
            FROM public.coperniq_records WHERE state = 'synced'
            """)
        return not found["under_way"] and found["records"] >= 2 * len(self.people)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds of the fleet.

        Raises:
            AssertionError: When it does not within minutes; a run begins within seconds, and within a minute where
                many processes share the cores.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < until, self.runs()
            time.sleep(0.2)

    def name_of(self, host: Host) -> str:
        """Return what the worker on a host calls itself."""
        return f"mep-{self.workers[host].pid}@{socket.gethostname()}"

    def steps_of_workers(self) -> dict[str, set[str]]:
        """Return the runs of which each worker executed a step."""
        found: dict[str, set[str]] = {}
        for row in self.query(f"SELECT run_id, {WORKER} AS worker FROM dagster.event_logs WHERE {TAKEN}"):
            found.setdefault(row["worker"], set()).add(row["run_id"])
        return found

    def is_sending(self, host: Host) -> bool:
        """Say whether a worker has a step in hand that sends contacts or sites, some of which are on their way."""
        return bool(
            self.query(
                f"""
                SELECT FROM dagster.event_logs AS taken WHERE {TAKEN} AND {WORKER} = %s
                AND step_key IN ('coperniq__contact', 'coperniq__site')
                AND EXISTS (
                    SELECT FROM public.coperniq_records AS sent
                    INNER JOIN public.mep_contractor_configs AS contractor ON contractor.id = sent.contractor_config_id
                    INNER JOIN dagster.runs ON runs.partition = contractor.slug
                    WHERE runs.run_id = taken.run_id AND sent.state = 'in_flight'
                )
                AND NOT EXISTS (
                    SELECT FROM dagster.event_logs AS ended
                    WHERE ended.run_id = taken.run_id AND ended.step_key = taken.step_key
                    AND ended.dagster_event_type IN ('STEP_SUCCESS', 'STEP_FAILURE')
                )
                """,
                self.name_of(host),
            )
        )

    def lost_workers(self) -> set[str]:
        """Return the workers that runs gave up, because they did not answer."""
        said = self.query(
            "SELECT substring(event, 'worker (mep-[^ ]+) has not answered') AS worker FROM dagster.event_logs"
            " WHERE dagster_event_type = 'STEP_FAILURE'"
        )
        return {row["worker"] for row in said if row["worker"]}


@contextlib.contextmanager
def running_fleet(
    project: Project, network: Network, services: Services, given: Mapping[str, str]
) -> Generator[Fleet, None, None]:
    """Run the code server and the daemon while the context lasts, and whatever workers are started in it."""
    port = free_port()
    own = {
        "DATABASE_URL": services.database_url,
        "COPERNIQ_API_URL": services.coperniq.url,
        "COPERNIQ_API_KEY": services.coperniq.key,
        "COPERNIQ_COMPANY_ID": str(services.coperniq.company_id),
        "MEP_EXECUTOR": "celery",
        "MEP_CELERY_BROKER": services.broker,
        "MEP_CODE_SERVER": f"{HOST}:{port}",
    }
    around = {name: value for name, value in os.environ.items() if name not in settings.NAMES}
    environment = {**around, "PYTHONPATH": str(project.root), "PYTHONWARNINGS": "ignore", **own, **given}
    fleet = Fleet(project, network, services, environment)
    with contextlib.ExitStack() as running:
        running.callback(_end, fleet)
        running.enter_context(_serving(fleet, "code-server", "--port", str(port)))
        _wait_for(port)
        running.enter_context(_serving(fleet, "daemon"))
        yield fleet


@contextlib.contextmanager
def _serving(fleet: Fleet, *arguments: str) -> Generator[None, None, None]:
    with (
        (fleet.project.root.parent / f"{arguments[0]}.log").open("w") as log,
        subprocess.Popen(
            [*MEP, "serve", *arguments], cwd=fleet.project.root, env=fleet.environment, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, start_new_session=True,
        ) as process,
    ):  # fmt: skip
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        assert time.monotonic() < until, "the code server did not start"
        time.sleep(0.1)


def _end(fleet: Fleet) -> None:
    for host in list(fleet.workers):
        fleet.kill_worker(host)
