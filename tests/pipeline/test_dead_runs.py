"""A run that is killed does not stay STARTED, whoever started it; its work is done by another, and nothing twice."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from sandbox.postgres import free_port
from tests.pipeline.project import Project, doubled, project_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PEOPLE = 12_000
WAIT_SECONDS = 240.0


@pytest.fixture
def stack() -> Iterator[Project]:
    """Run `mep up` in a copy of the project, with an inbox of one contractor, one file and many rows."""
    with project_copy() as project:
        put(project.root / "inbox" / "abc-heating", "Contact.csv", "a")
        (project.root / "inbox" / "sunrise-solar").mkdir()
        with project.start(["up", "--json", "--port", str(free_port())]) as process:
            try:
                yield project
            finally:
                process.send_signal(signal.SIGTERM)
                said, _ = process.communicate(timeout=60)
        # Where the UI is, and how it ended.
        assert [set(document) for document in documents(said)] == [{"ui", "log"}, {"error", "exit_code"}]


def documents(text: str) -> Iterator[Any]:
    """Read the documents of JSON that stand one after the other."""
    while text.strip():
        document, end = json.JSONDecoder().raw_decode(text.lstrip())
        yield document
        text = text.lstrip()[end:]


def put(folder: Any, name: str, letter: str) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{letter} {number},{letter}{number}@example.com" for number in range(PEOPLE)]
    (folder / name).write_text("\n".join(["name,email", *rows, ""]))
    return folder / name


def ask(project: Project, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(project.cluster.url("mep"), prepare_threshold=None) as conn:
        return conn.execute(query, parameters).fetchall()


def until(found: Callable[[], Sequence[Any]]) -> Any:
    """Wait until something is found; give the first of it."""
    latest = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < latest:
        try:
            if rows := found():
                return rows[0]
        except (OSError, psycopg.OperationalError, psycopg.errors.UndefinedTable):
            pass  # the stack is still coming up
        time.sleep(0.05)
    raise TimeoutError("It did not happen.")


READING = "EXISTS (SELECT FROM csv_imports WHERE contractor_config_id = m.id AND status = 'processing')"
SENDING = "EXISTS (SELECT FROM coperniq_records WHERE contractor_config_id = m.id AND state = 'in_flight')"


def at_work(project: Project, slug: str, doing: str) -> str:
    """Wait until a run has the contractor and is in the middle of something; give the run's id."""
    return until(
        lambda: ask(
            project,
            f"""
            SELECT r.run_id FROM dagster.runs AS r
            INNER JOIN contractor_leases AS l ON l.taken_by = 'mep-pipeline run ' || left(r.run_id, 8)
            INNER JOIN mep_contractor_configs AS m ON m.id = l.contractor_config_id
            WHERE m.slug = %s AND l.expires_at > now() AND r.status = 'STARTED' AND {doing}
            """,
            slug,
        )
    )[0]


def process_of(project: Project, run_id: str) -> int:
    events = ask(project, "SELECT event FROM dagster.event_logs WHERE run_id = %s ORDER BY id", run_id)
    for (event,) in events:
        if found := re.search(r"pid: ([0-9]+)\)", json.dumps(event)):
            return int(found[1])
    raise AssertionError(events)


def status(project: Project, run_id: str) -> str:
    return ask(project, "SELECT status FROM dagster.runs WHERE run_id = %s", run_id)[0][0]


@pytest.mark.timeout(600)
def test_killed_runs_fail_and_their_records_are_sent_once(stack: Project) -> None:
    """One that the daemon started dies as it sends, one of `mep import` as it reads."""
    launched = at_work(stack, "abc-heating", SENDING)
    os.kill(process_of(stack, launched), signal.SIGKILL)
    file = put(stack.root / "elsewhere", "Contact.csv", "s")
    command = stack.start(["import", "sunrise-solar", str(file)])
    by_hand = at_work(stack, "sunrise-solar", READING)
    command.kill()
    command.communicate()

    until(lambda: [1] if status(stack, launched) == "FAILURE" else [])
    # Dagster itself begins another, from where this one was.
    until(
        lambda: ask(
            stack,
            "SELECT run_id FROM dagster.run_tags WHERE key = 'dagster/parent_run_id' AND value = %s",
            launched,
        )
    )
    until(lambda: [1] if status(stack, by_hand) == "FAILURE" else [])
    assert ask(
        stack,
        "SELECT count(*) FROM dagster.event_logs WHERE run_id = %s AND dagster_event_type = 'PIPELINE_FAILURE'"
        " AND event LIKE '%%has not renewed its lease on the contractor%%'",
        by_hand,
    ) == [(1,)]

    # No two runs of a contractor at once, and each record once, though the first runs died as they were.
    until(
        lambda: ask(
            stack,
            "SELECT 1 FROM coperniq_records HAVING count(*) = %s AND bool_and(state = 'synced')",
            2 * PEOPLE,
        )
    )
    sent = stack.sent()["Contact"]
    assert len(sent) == 2 * PEOPLE
    assert not doubled(sent)
