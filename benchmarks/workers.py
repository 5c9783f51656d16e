"""What two workers carry against one: `--only workers`, as root, on hosts that are network namespaces.

All runs wait for a worker before the first one is started, so what it costs to begin a run counts for nobody. The hosts
share this machine's cores, and share them with PostgreSQL, the sandbox and the runs' own processes: two workers carry
more than one only as long as what is waited for is something else, which here is Coperniq.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measures import Bench, Row
from tests.machines.fleet import Fleet, running_fleet
from tests.machines.network import NEEDED, is_possible, running_network
from tests.machines.services import REDIS, REDIS_NEEDED, running_services
from tests.pipeline.project import project_copy

SLUGS = [f"office-{letter}" for letter in "abcdefgh"]
PEOPLE = 300
SLOW_MS = 8_000
STEPS_AT_ONCE = 2
UNLIMITED = {"COPERNIQ_REQUESTS_PER_SECOND": "0", "COPERNIQ_REQUESTS_PER_DAY": "0"}


def workers(bench: Bench) -> list[Row]:
    """Measure the same work with one worker and with two, where Coperniq is waited for and where it is not."""
    if not is_possible() or REDIS is None:
        raise SystemExit(NEEDED if REDIS else REDIS_NEEDED)
    rows: list[Row] = []
    for latency, goal, limit in (
        (SLOW_MS, "≥ 1.7 ×", "what is waited for is Coperniq"),
        (0, "", "the limit is this machine's cores, which both workers, PostgreSQL and the sandbox share"),
    ):
        one, two = (_seconds(bench, latency, number) for number in (1, 2))
        what = f"{len(SLUGS)} contractors, {2 * PEOPLE} rows each, with {latency:,} ms of latency"
        of_each = f"workers of {STEPS_AT_ONCE} steps at once"
        rows.append(
            Row(
                f"{what}: what two {of_each} carry against one ({limit})",
                goal,
                f"{one / two:.2f} ×: {two:.0f} s against {one:.0f} s",
            )
        )
    return rows


MEASURES = {"workers": workers}


def _seconds(bench: Bench, latency: int, number: int) -> float:
    """Give the seconds from the first step that a worker takes to the last that ends."""
    given = {**UNLIMITED, "MEP_RUNS_AT_ONCE": str(len(SLUGS))}
    with (
        tempfile.TemporaryDirectory(prefix="mep-bench-", ignore_cleanup_errors=True) as folder,
        project_copy() as project,
        running_network(number) as network,
        running_services(Path(folder), network, {"latency_ms": latency}) as services,
        running_fleet(project, network, services, given) as fleet,
    ):
        fleet.bring(SLUGS, "rows", PEOPLE)
        fleet.wait_until(lambda: len(fleet.waiting_runs()) == len(SLUGS))
        for host in network.hosts:
            fleet.start_worker(host, STEPS_AT_ONCE)
        fleet.wait_until(fleet.is_done)
        seconds = _worked(fleet)
    bench.say(f"{number} workers, {latency} ms: {seconds:.0f} s")
    return seconds


def _worked(fleet: Fleet) -> float:
    (found,) = fleet.query("""
        SELECT extract(EPOCH FROM max(timestamp) FILTER (WHERE dagster_event_type = 'STEP_SUCCESS')
            - min(timestamp) FILTER (WHERE dagster_event_type = 'STEP_START'))::FLOAT AS seconds
        FROM dagster.event_logs
        """)
    return found["seconds"]
