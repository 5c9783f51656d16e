"""Sending through PgBouncer in transaction mode: leases, claims and limits hold where no session is anybody's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.database import Database
from tests.integration.coperniq import audit, undoer, worker
from tests.integration.coperniq.world import contacts, until_nothing_is_open

if TYPE_CHECKING:
    from tests.integration.coperniq.world import World
    from tests.pooler import Pooler

PEOPLE = 1200
REQUESTS = 15
"""Those that make the contacts and the sites of the test."""
ALL_DAY = 10_000


def sites() -> list[dict[str, object]]:
    return [{"fullAddress": f"{n} Main St", "clientId": f"person{n}@example.com"} for n in range(0, PEOPLE, 4)]


@pytest.fixture
def pooled(pgbouncer: Pooler, shared_database: str) -> str:
    """Give the URL of the world's database through PgBouncer."""
    return pgbouncer.url(shared_database)


def run_two(world: World, pooled: str, per_second: int, per_day: int) -> list[str]:
    """Let two runs work at once for one contractor, with one key; give what they said."""
    runs = [
        worker.start(world, pooled, types=["Contact", "Site"], limits=(per_second, per_day), lease=3.0)
        for _ in range(2)
    ]
    said: list[str] = []
    for run in runs:
        output, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors
        said.append(output)
    return said


def test_two_runs_at_once_send_each_record_once_at_the_speed_that_the_key_allows(world: World, pooled: str) -> None:
    world.bring("Contact.csv", *contacts(PEOPLE))
    world.bring("Site.csv", *sites())
    run_two(world, pooled, 5, ALL_DAY)
    assert len(world.held("Contact")) == PEOPLE
    assert len(world.held("Site")) == len(sites())
    made = [operation.at / 1_000_000 for operation in world.operations()]
    assert len(made) == REQUESTS
    assert max(made) - min(made) > (REQUESTS - 1) / 5 * 0.95
    (counted,) = world.query(
        "SELECT sum(r.requests) AS requests FROM coperniq_api_requests AS r INNER JOIN coperniq_api_keys AS k"
        " USING (key_hash) WHERE key_hash = encode(sha256(convert_to(%s, 'UTF8')), 'hex')",
        world.key,
    )
    assert counted["requests"] == REQUESTS
    assert not world.log(api_error_code="INTERRUPTED")
    audit.agrees(world)


def test_two_runs_at_once_share_what_is_left_of_the_day(world: World, pooled: str) -> None:
    world.bring("Contact.csv", *contacts(PEOPLE))
    said = run_two(world, pooled, 0, 7)
    assert len(world.operations()) == 7
    assert any("The day's requests are used up. 500 records wait until " in one for one in said)
    with Database(pooled).connect() as conn:
        world.conn, direct = conn, world.conn
        world.deliver("Contact")
        world.conn = direct
    assert len(world.held("Contact")) == PEOPLE
    audit.agrees(world)


def test_a_run_that_is_killed_is_settled_by_the_next(world: World, pooled: str) -> None:
    world.bring("Contact.csv", *contacts(PEOPLE))
    with worker.start(world, pooled, types=["Contact"], limits=(10, ALL_DAY)) as run:
        while len(world.operations()) < 3:
            assert run.poll() is None
        run.kill()
    with Database(pooled).connect() as conn:
        world.conn, direct = conn, world.conn
        until_nothing_is_open(world, world.deliver)
        world.conn = direct
    assert len(world.held("Contact")) == PEOPLE
    audit.agrees(world)


def test_an_import_is_rolled_back(world: World, pooled: str) -> None:
    import_id = world.bring("Contact.csv", *contacts(250))
    world.deliver()
    _, errors = undoer.start(world, pooled, import_id).communicate(timeout=100)
    assert (errors, world.held("Contact")) == ("", [])
    assert world.import_of(import_id)["status"] == "rolled_back"
