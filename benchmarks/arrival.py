"""The measure of arrival: a file is dropped into the inbox of a running stack; until when are its rows in Coperniq?

The stack is `mep up` as anybody runs it, in a copy of the project. Nothing is told of the file but the folder; what
PostgreSQL and Dagster wrote down meanwhile says where the time went.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from dotenv import dotenv_values

from benchmarks.measures import Bench, Row
from sandbox.coperniq.ledger import records
from sandbox.postgres import free_port
from tests.pipeline.project import COMPANY, Project, project_copy

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

SLUGS = ("abc-heating", "sunrise-solar")
ROWS = 100
DROPS = 5
GOAL_SECONDS = 20
PATIENCE_SECONDS = 180
_TIMES = """
    SELECT
        extract(epoch FROM f.seen_at),
        extract(epoch FROM r.create_timestamp AT TIME ZONE 'UTC'),
        extract(epoch FROM max(e.at) FILTER (WHERE e.type = 'PIPELINE_STARTING')),
        extract(epoch FROM max(e.at) FILTER (WHERE e.type = 'PIPELINE_START')),
        extract(epoch FROM max(e.at) FILTER (WHERE e.type = 'STEP_SUCCESS' AND e.step_key = 'csv_import_records'))
    FROM inbox_files AS f, dagster.runs AS r
    INNER JOIN (
        SELECT run_id, step_key, dagster_event_type AS type, timestamp AT TIME ZONE 'UTC' AS at FROM dagster.event_logs
    ) AS e ON e.run_id = r.run_id
    WHERE f.source_path = %s AND r.partition = %s AND r.create_timestamp > %s
    GROUP BY f.seen_at, r.run_id, r.create_timestamp
    ORDER BY r.create_timestamp LIMIT 1
"""


@dataclass(frozen=True)
class Stages:
    """Seconds from a stage of a file's way to the next."""

    first_look: float
    stable: float
    queued: float
    process: float
    read: float
    sent: float

    @property
    def whole(self) -> float:
        """Seconds from the drop to the last row in Coperniq."""
        return self.first_look + self.stable + self.queued + self.process + self.read + self.sent


def arrival(bench: Bench) -> list[Row]:
    """Drop files of a hundred rows, one after the other, and follow each to Coperniq."""
    with project_copy() as project, tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder)
        for slug in SLUGS:
            (inbox / slug).mkdir()  # where there is a folder, the samples are not copied
        running = project.start(["up", "--port", str(free_port())], {"MEP_INBOX": str(inbox)})
        try:
            _wait_for_ui(running)
            url = dotenv_values(project.state / "local.env")["DATABASE_URL"] or ""
            stages = []
            for number in range(DROPS):
                stages.append(_follow(project, url, inbox, number))
                bench.say(f"arrival {number + 1}: {stages[-1].whole:.1f} s")
        finally:
            running.terminate()
            running.communicate(timeout=PATIENCE_SECONDS)
    return _rows(stages)


def _wait_for_ui(running: subprocess.Popen[str]) -> None:
    assert running.stdout is not None  # noqa: S101 - it is a pipe
    for line in running.stdout:
        if "the Dagster UI is on" in line:
            return
    raise RuntimeError(f"the stack did not start: {running.communicate()[1]}")


def _follow(project: Project, url: str, inbox: Path, number: int) -> Stages:
    name = f"Contact {number}.csv"
    text = "name,emails\n" + "".join(f"Person {row},p{number}-{row}@example.com\n" for row in range(ROWS))
    dropped = time.time()
    (inbox / SLUGS[0] / name).write_text(text)
    _until(lambda: len(records(project.store, "Contact", COMPANY)) >= ROWS * (number + 1))
    there = time.time()
    since = datetime.fromtimestamp(dropped, UTC).replace(tzinfo=None)
    with psycopg.connect(url) as connection:
        row = connection.execute(_TIMES, [f"{SLUGS[0]}/{name}", SLUGS[0], since]).fetchone()
        assert row is not None  # noqa: S101 - a run brought the rows
        times: list[Any] = [dropped, *map(float, row), there]
        _until(lambda: connection.execute("SELECT FROM dagster.runs WHERE status <> 'SUCCESS'").fetchone() is None)
    return Stages(*(later - earlier for earlier, later in pairwise(times)))


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise RuntimeError(f"nothing came within {PATIENCE_SECONDS} s")
        time.sleep(0.1)


def _rows(stages: list[Stages]) -> list[Row]:
    whole = [one.whole for one in stages]
    said = {
        "until the sensor sees it": "first_look", "until it is stable and a run is requested": "stable",
        "in the queue": "queued", "until the run's process is at work": "process", "registered and read": "read",
        "sent": "sent",
    }  # fmt: skip
    parts = [f"{statistics.median(getattr(one, name) for one in stages):.1f} s {words}" for words, name in said.items()]
    title = f"{ROWS}-row file dropped into the inbox of a running stack, until it is in Coperniq"
    measured = f"{statistics.median(whole):.1f} s ({min(whole):.1f}-{max(whole):.1f}, {len(whole)} files)"
    return [
        Row(title, f"≤ {GOAL_SECONDS} s", measured),
        Row("where that time goes, median of each part", "", ", ".join(parts)),
    ]


MEASURES = {"arrival": arrival}
