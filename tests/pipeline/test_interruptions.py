"""A demo that is killed anywhere is completed by the next one, and no record is in Coperniq twice."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.pipeline.project import Project, doubled, project_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(900)  # a whole stack starts

SENT = 642
"""Sendable rows of the samples (716) less those that wait for a parent which no sendable row has (83), the 5 sites that
only files of contacts hold, and the records of the 4 approved forms."""


@pytest.fixture
def project() -> Iterator[Project]:
    with project_copy() as copied:
        yield copied


def run_until(project: Project, seconds: float, number: signal.Signals) -> tuple[int, str]:
    """Start a demo, send its process a signal after some seconds, and give its exit code and errors.

    A demo that ends before is as good.
    """
    with project.start(["demo"]) as process:
        time.sleep(seconds)
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=120)
        return process.returncode, errors


def assert_complete(project: Project) -> None:
    finished = project.mep("demo")
    assert finished.returncode == 0, finished.stderr
    sent = project.sent()
    assert not any(doubled(records) for records in sent.values())
    assert sum(map(len, sent.values())) == SENT
    assert project.leftovers() == []


@pytest.mark.parametrize("seed", range(3))
def test_a_demo_killed_again_and_again_is_completed(project: Project, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(2):
        run_until(project, chance.uniform(0.5, 9.0), signal.SIGKILL)
    assert_complete(project)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_an_interrupted_demo_stops_what_it_started_and_says_so(project: Project, number: signal.Signals) -> None:
    code, errors = run_until(project, 6.0, number)
    assert project.leftovers() == []
    assert (code, errors.splitlines()[-1]) == (130, "mep: stopped; run the same command again to go on")
    assert "Traceback" not in errors


def test_a_postgresql_that_goes_away_is_one_line(project: Project) -> None:
    with project.start(["demo"]) as process:
        while not (project.state / "local.env").exists() or "importing" not in (process.stdout or "").readline():
            time.sleep(0.05)
        os.kill(int((project.cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("mep: PostgreSQL ")
    assert_complete(project)


def test_a_dead_server_is_found_out(project: Project) -> None:
    with project.start(["demo"]) as process:
        while not (project.state / "local.env").exists():
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    postmaster = int((project.cluster.data / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    assert_complete(project)
