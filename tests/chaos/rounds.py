"""Rounds of chaos: imports under faults, runs and PostgreSQL killed at random moments, and what must hold after each.

A round is chosen by its seed alone; when exactly a kill meets a process is not. What belongs here: playing a round and
judging it. What does not: the office's files (`office`), and the run that is killed (`run`).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg

from orchestration import migrations
from sandbox.postgres import Cluster, embedded_binaries
from tests.chaos.office import NAMED_BY, Office
from tests.conftest import MIGRATIONS, ROOT
from tests.coperniq_server import SandboxHandle, running_sandbox
from tests.integration.coperniq import audit
from tests.integration.coperniq.world import World

if TYPE_CHECKING:
    from collections.abc import Generator

# What is committed must outlive a killed server; the machine itself does not fail here.
SETTINGS = ("fsync=off", "full_page_writes=off", "max_connections=50")
PEOPLE = (60, 200)
KILLS = 3
REQUESTS_DECIDE, MOST_REQUESTS, LONGEST_SECONDS = 0.7, 12, 10.0
"""How often a kill comes with the n-th request, up to which one, and for how long that is waited for."""
QUIET_RUNS = 8
FAULTS: tuple[dict[str, Any], ...] = (
    {"fault": "throttle"}, {"fault": "throttle", "retry_after": 1},
    {"fault": "throttle", "retry_after": 1, "as_date": True}, {"fault": "throttled"},
    {"fault": "bad_gateway"}, {"fault": "drop"}, {"fault": "bad_gateway_after"}, {"fault": "drop_after"},
    {"fault": "hang_after", "seconds": 3}, {"fault": "late", "seconds": 0.4},
    {"fault": "truncate"}, {"fault": "short", "number": 3}, {"fault": "reorder"}, {"fault": "foreign", "number": 2},
    {"fault": "reject", "number": 2, "on": "mutation create", "count": 2}, {"fault": "expired_key", "count": 1},
    {"fault": "day_used_up", "retry_after": 1, "count": 1},
)  # fmt: skip


@dataclass
class Figures:
    """What happened in all rounds so far; `doubled` and `lost` are what must stay 0."""

    rounds: int = 0
    runs: int = 0
    killed_runs: int = 0
    killed_servers: int = 0
    requests: int = 0
    records: int = 0
    waiting: int = 0
    rejected: int = 0
    doubled: int = 0
    lost: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])

    def line(self) -> str:
        """Say it in one line."""
        counts = ", ".join(
            f"{name.replace('_', ' ')} {value:,}" for name, value in vars(self).items() if name != "faults"
        )
        return f"{counts}; faults: {', '.join(f'{kind} {times}' for kind, times in sorted(self.faults.items()))}"


@dataclass
class Arena:
    """A PostgreSQL and a Coperniq for all rounds, each of which has a contractor and a company of its own."""

    cluster: Cluster
    server: SandboxHandle
    database: str
    folder: Path
    seed: int
    figures: Figures = field(default_factory=Figures)

    def play(self, number: int) -> None:
        """Play one round, and check what it left.

        Raises:
            AssertionError: When something is doubled, lost or not on record; it names the round.
        """
        chance = Random(f"{self.seed}:{number}")
        with self._connected() as conn:
            world = self._world(conn, number)
        office = Office.furnish(chance, chance.randint(*PEOPLE))
        self.server.set_faults(_script(chance))
        self._disturb(world, office, chance, kills_server=number % 5 == 4)
        self.figures.faults.update(self.server.injected())
        self.figures.requests += sum(self.server.requests().values())
        self.server.set_faults({})
        with self._connected() as world.conn:
            self._calm(world)
            _judge(world, office, self.figures)
        self.figures.rounds += 1

    def _world(self, conn: psycopg.Connection[Any], number: int) -> World:
        inbox = self.folder / f"inbox-{number}"
        inbox.mkdir()
        return World(conn, self.server.url, f"key-{number}", number + 1, self.server.store, inbox)

    def _disturb(self, world: World, office: Office, chance: Random, *, kills_server: bool) -> None:
        """Let files come and runs begin, and kill them, until every file has come."""
        come = 0
        for attempt in range(KILLS):
            more = len(office.files) if attempt == KILLS - 1 else chance.randint(come, len(office.files))
            for number in range(come, more):
                office.write(world.inbox, number)
            come = more
            with self._run(world) as run:
                self._wait(run, chance)
                if kills_server and attempt == 1:
                    self._kill_server()
                # One that was done before is none that was killed.
                self.figures.killed_runs += run.poll() is None
                run.kill()
        with self._run(world) as run:
            run.communicate(timeout=120)

    def _wait(self, run: subprocess.Popen[str], chance: Random) -> None:
        """Wait for the moment of a kill: some time, or until some requests more have come; or until the run is over."""
        until = time.monotonic() + chance.uniform(0.0, 2.5)
        if chance.random() < REQUESTS_DECIDE:
            until = time.monotonic() + LONGEST_SECONDS
        more = sum(self.server.requests().values()) + chance.randint(1, MOST_REQUESTS)
        while time.monotonic() < until and run.poll() is None:
            if sum(self.server.requests().values()) >= more:
                return
            time.sleep(0.01)

    def _calm(self, world: World) -> None:
        """Run in peace until nothing is left to do."""
        for _ in range(QUIET_RUNS):
            with self._run(world) as run:
                said, errors = run.communicate(timeout=120)
            if run.returncode == 0 and not world.query(
                """
                SELECT FROM coperniq_records
                WHERE contractor_config_id = %s AND state IN ('ready', 'in_flight', 'unknown') LIMIT 1
                """,
                world.contractor,
            ):
                return
        raise AssertionError(f"not done after {QUIET_RUNS} runs in peace: {said[-500:]} {errors[-500:]}")

    @contextlib.contextmanager
    def _run(self, world: World) -> Generator[subprocess.Popen[str], None, None]:
        given = {
            "database": self.cluster.url(self.database), "contractor": str(world.contractor), "inbox": str(world.inbox),
            "url": self.server.url, "key": world.key, "company": world.company,
        }  # fmt: skip
        self.figures.runs += 1
        with subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.run", json.dumps(given)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as run:  # fmt: skip
            assert run.stdout is not None
            run.stdout.readline()
            yield run

    def _kill_server(self) -> None:
        os.kill(int((self.cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        self.cluster.start()
        self.figures.killed_servers += 1

    @contextlib.contextmanager
    def _connected(self) -> Generator[psycopg.Connection[Any], None, None]:
        with psycopg.connect(self.cluster.url(self.database), autocommit=True) as conn:
            yield conn


@contextlib.contextmanager
def arena(folder: Path, seed: int, rounds: int) -> Generator[Arena, None, None]:
    """Start the servers for so many rounds, and stop them at the end."""
    cluster = Cluster(folder / "postgres", embedded_binaries(), SETTINGS)
    keys = {f"key-{number}": number + 1 for number in range(rounds)}
    cluster.start()
    try:
        with running_sandbox(folder / "coperniq.sqlite", keys=keys) as server:
            with psycopg.connect(cluster.ensure_database("chaos") and cluster.url("chaos")) as conn:
                migrations.up(conn, MIGRATIONS)
            yield Arena(cluster, server, "chaos", folder, seed)
    finally:
        cluster.stop()


def _script(chance: Random) -> dict[str, Any]:
    """Choose which faults a round has, and how often."""
    chosen = [fault for fault in FAULTS if chance.random() < 0.4]
    rules = [{"probability": round(chance.uniform(0.02, 0.15), 3), **fault} for fault in chosen]
    return {"seed": chance.randrange(2**31), "latency_ms": chance.choice([0, 0, 20]), "rules": rules}


def _judge(world: World, office: Office, figures: Figures) -> None:
    """Check that each record is in Coperniq exactly once with its values and its parent, and that the books agree."""
    without = _refused_by_coperniq(world)
    expected, orphans = _reachable(office, without)
    ids: dict[tuple[str, str], list[str]] = {}
    held = {name: world.held(name) for name in NAMED_BY}
    for type_name, nodes in held.items():
        for node in nodes:
            ids.setdefault((type_name, str(node[NAMED_BY[type_name]])), []).append(node["id"])
    doubled = sorted(who for who, nodes in ids.items() if len(nodes) > 1)
    lost = sorted(set(expected) - set(ids))
    figures.doubled += len(doubled)
    figures.lost += len(lost)
    assert not doubled, f"in Coperniq more than once: {doubled[:5]}"
    assert not lost, f"not in Coperniq: {lost[:5]}"
    assert set(ids) <= set(expected), f"in Coperniq, and not expected: {sorted(set(ids) - set(expected))[:5]}"
    for type_name, nodes in held.items():
        for node in nodes:
            record = expected[type_name, str(node[NAMED_BY[type_name]])]
            assert {name: node[name] for name in record.values} == record.values
            assert {name: [node[name]] for name in record.parents} == {
                name: ids[of] for name, of in record.parents.items()
            }
    waiting = sum(state == "waiting" for name in NAMED_BY for state in world.states(name).values())
    assert waiting == office.waiting + orphans
    _rows_add_up(world, office)
    audit.agrees(world)
    figures.records += len(ids)
    figures.waiting += waiting
    figures.rejected += len(without)


def _refused_by_coperniq(world: World) -> set[tuple[str, str]]:
    """Name the records that Coperniq refused for good, each with the reason on its row."""
    rows = world.query(
        """
        SELECT c.coperniq_type, r.mapped_data, r.error_message
        FROM coperniq_records AS c INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id
        WHERE c.contractor_config_id = %s AND c.state = 'rejected'
        """,
        world.contractor,
    )
    assert all("rejected by the sandbox's script of faults" in row["error_message"] for row in rows)
    return {(row["coperniq_type"], row["mapped_data"][NAMED_BY[row["coperniq_type"]]]) for row in rows}


def _reachable(office: Office, without: set[tuple[str, str]]) -> tuple[dict[tuple[str, str], Any], int]:
    """Return what can be in Coperniq when some records were refused, and how many wait for these."""
    reachable: dict[tuple[str, str], Any] = {}
    orphans = 0
    for type_name in NAMED_BY:
        for name, record in office.expected.get(type_name, {}).items():
            if (type_name, name) in without:
                continue
            if all(parent in reachable for parent in record.parents.values()):
                reachable[type_name, name] = record
            else:
                orphans += 1
    return reachable, orphans


def _rows_add_up(world: World, office: Office) -> None:
    """Check that each row of each file is there once, with a final status, and a reason where it was not sent."""
    (counted,) = world.query(
        """
        SELECT
            count(*) AS records,
            count(*) FILTER (WHERE r.status IN ('error', 'duplicate')) AS refused,
            count(*) FILTER (WHERE r.status IN ('error', 'duplicate', 'skipped') AND r.error_message IS NULL) AS silent,
            count(DISTINCT m.id) FILTER (WHERE m.status IN ('success', 'partial_success')) AS imports
        FROM csv_imports AS m INNER JOIN csv_import_records AS r ON m.id = r.csv_import_id
        WHERE m.contractor_config_id = %s
        """,
        world.contractor,
    )
    files = [rows for _, rows in office.files if rows]
    assert counted == {
        "records": sum(map(len, files)), "refused": office.refused, "silent": 0, "imports": len(files)
    }  # fmt: skip
