"""Runs through the REST API as processes, killed as `kill -9` does: what the next run finds, it settles."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.coperniq import worker
from tests.integration.coperniq.rest import books
from tests.integration.coperniq.world import until_nothing_is_open

if TYPE_CHECKING:
    import subprocess

    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.rest.conftest import RestWorld

PEOPLE = 12
KILLS = 3
START_SECONDS = 60


def start(world: RestWorld, database: str) -> subprocess.Popen[str]:
    configured = world.configured
    given = (configured.work_order_template, configured.catalog_item)
    return worker.start(world, database, rest=given, settle=0.3, types=list(books.KINDS))


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_moment_each_record_is_made_once(
    remote_world: RestWorld, sandbox: SandboxHandle, shared_database: str, seed: int
) -> None:
    """The runs are killed when some requests more have come; a record takes up to three of them."""
    chance, world = random.Random(seed), remote_world
    books.bring(world, PEOPLE)
    sandbox.set_faults({"latency_ms": 10})
    for _ in range(KILLS):
        until = sum(sandbox.requests().values()) + chance.randint(3, 25)
        with start(world, shared_database) as run:
            began = time.monotonic()
            while sum(sandbox.requests().values()) < until and run.poll() is None:
                assert time.monotonic() - began < START_SECONDS
                time.sleep(0.002)
            run.kill()
    sandbox.set_faults({})
    assert world.log(api_error_code="INTERRUPTED") or "in_flight" in {
        state for name in books.KINDS for state in world.states(name).values()
    }, "no run was killed while a request was under way"
    until_nothing_is_open(world, world.deliver)
    books.agree(world, PEOPLE)


def test_two_runs_at_once_make_each_record_once(remote_world: RestWorld, shared_database: str) -> None:
    books.bring(remote_world, PEOPLE)
    runs = [start(remote_world, shared_database) for _ in range(2)]
    for run in runs:
        _, errors = run.communicate(timeout=100)
        assert run.returncode == 0, errors
    books.agree(remote_world, PEOPLE)
