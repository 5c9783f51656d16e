"""Runs as processes: killed at any moment, racing each other, and Coperniq itself gone for a while."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from assets import catalogue
from assets.database import Database
from tests.coperniq_server import running_sandbox
from tests.integration.coperniq import audit, worker
from tests.integration.coperniq.test_seven_types import FILES, bring_all
from tests.integration.coperniq.world import World, before_writing, contacts, until_nothing_is_open

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.coperniq.proxy import Proxy

PEOPLE = 1200


def sites() -> list[dict[str, object]]:
    return [{"fullAddress": f"{n} Main St", "clientId": f"person{n}@example.com"} for n in range(0, PEOPLE, 3)]


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_each_record_is_sent_once(world: World, shared_database: str, seed: int) -> None:
    """The runs are killed after about as long as a few batches take; the last one is left to end."""
    chance = random.Random(seed)
    world.bring("Contact.csv", *contacts(PEOPLE))
    world.bring("Site.csv", *sites())
    for _ in range(4):
        run = worker.start(world, shared_database, types=["Contact", "Site"])
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.02, 0.45))
        run.kill()
        run.communicate()
    until_nothing_is_open(world, world.deliver)
    assert len(world.held("Contact")) == PEOPLE
    assert len(world.held("Site")) == len(sites())
    assert set(world.states("Contact").values()) | set(world.states("Site").values()) == {"synced"}
    audit.agrees(world)


@pytest.mark.parametrize("after", ["Create", "Find"])
def test_killed_while_a_request_is_under_way(world: World, shared_database: str, proxy: Proxy, after: str) -> None:
    world.bring("Contact.csv", *contacts(250))
    proxy.script("Create", "pass", "late 0.4")
    proxy.script("Find", "delay 0.4")
    for operation in ("Create", "Find")[: 1 + (after == "Find")]:
        run = worker.start(world, shared_database, types=["Contact"], settle=0)
        while len(proxy.requests(operation)) < (2 if operation == "Create" else 1):
            time.sleep(0.005)
        run.kill()
        run.communicate()
    time.sleep(0.5)
    world.deliver()
    assert len(world.held("Contact")) == 250
    # The tail of the file is under way with the batch before it.
    assert 1 <= len(world.log(api_error_code="INTERRUPTED")) <= 2
    audit.agrees(world)


def test_two_runs_at_once_send_each_record_once(world: World, shared_database: str) -> None:
    bring_all(world)
    world.bring("Contact 2.csv", *contacts(PEOPLE))
    runs = [worker.start(world, shared_database) for _ in range(2)]
    for run in runs:
        _, errors = run.communicate(timeout=60)
        assert run.returncode == 0, errors
    counts = {record_type.name: len(world.held(record_type.name)) for record_type in catalogue.TYPES}
    assert counts == {name: len(rows) for name, rows in FILES.items()} | {"Contact": PEOPLE + len(FILES["Contact"])}
    assert not world.log(api_error_code="INTERRUPTED")
    audit.agrees(world)


def test_an_outage_leaves_the_rows_waiting_and_the_next_run_sends_them(
    world: World, tmp_path: Path, shared_database: str
) -> None:
    store = tmp_path / "own.db"
    with Database(shared_database).connect() as conn:
        with running_sandbox(store) as server:
            own = World(conn, server.url, server.key, server.company_id, store, tmp_path)
            imports = bring_all(own)
            own.deliver("Contact")
            server.kill()
            stopped = own.deliver()
        assert (
            stopped["Site"].stopped == "Coperniq cannot be reached (ConnectionError). 3 records wait for the next run."
        )
        for name in FILES:
            expected = "synced" if name == "Contact" else "pending"
            assert own.import_of(imports[name])["coperniq_sync_status"] == expected
        assert {row["api_response_status"] for row in own.log(status="failed")} == {None}
        assert not {"unknown", "rejected", "in_flight"} & {
            state for name in FILES for state in own.states(name).values()
        }
        port = int(server.url.rsplit(":", 1)[1].split("/")[0])
        with running_sandbox(store, port=port) as server:
            own.deliver()
            assert [len(own.held(name)) for name in FILES] == [len(rows) for rows in FILES.values()]
            audit.agrees(own)


def test_a_server_that_is_killed_again_and_again_gets_each_record_once(
    world: World, tmp_path: Path, shared_database: str
) -> None:
    store, chance, port = tmp_path / "own.db", random.Random(3), 0
    with Database(shared_database).connect() as conn:
        own = World(conn, "", "sandbox-key", 112, store, tmp_path)
        own.bring("Contact.csv", *contacts(PEOPLE))
        for life in range(4):
            with running_sandbox(store, port=port) as server:
                port = int(server.url.rsplit(":", 1)[1].split("/")[0])
                own.url = own.direct = server.url
                run = worker.start(own, shared_database, types=["Contact"], settle=0.1)
                assert run.stdout is not None
                assert run.stdout.readline() == "ready\n"
                if life < 3:
                    time.sleep(chance.uniform(0.05, 0.3))
                    server.kill()
                    run.kill()
                run.communicate()
        assert len(own.held("Contact")) == PEOPLE
        audit.agrees(own)


def test_a_lost_database_leaves_nothing_half_written(world: World, shared_database: str) -> None:
    """The server ends the run's session in the middle of everything, as a failover does."""
    world.bring("Contact.csv", *contacts(300))
    with Database(shared_database).connect() as conn:
        delivery = world.delivery("Contact", conn=conn, threads=1)
        turns = iter(range(3))

        def lose(_: Any) -> None:
            if next(turns) == 1:
                backend = conn.info.backend_pid
                world.conn.execute("SELECT pg_terminate_backend(%s)", [backend])

        before_writing(delivery, lose)
        with pytest.raises(psycopg.OperationalError):
            delivery.run()
        delivery.client.close()
    world.deliver()
    assert len(world.held("Contact")) == 300
    audit.agrees(world)
