"""Usage of templates is counted to the last event at every moment, however events come and go and are rolled up."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.conftest import _database, template_on
from tests.integration.analytics import usage, usage_damage
from tests.integration.analytics.conftest import finished, starter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from sandbox.postgres import Cluster
    from tests.integration.analytics.conftest import Dbt

MODEL = "int_template_usage_rollup"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
READS = 30
QUEUED = "SELECT count(*) FROM template_usage_changes"


@pytest.fixture(scope="session")
def postgres(any_postgres: Cluster) -> Cluster:
    return any_postgres


@pytest.fixture(scope="session")
def migrated_template(postgres: Cluster) -> Iterator[str]:
    yield from template_on(postgres)


@pytest.fixture(scope="module")
def built(postgres: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[usage.Built]:
    """Build the views, and take what dbt ran from where it writes that."""
    folder = tmp_path_factory.mktemp("usage")
    dbt = starter(folder)
    with _database(postgres, template=migrated_template) as (name, url):
        with psycopg.connect(url) as connection:
            query = "SELECT pg_get_viewdef('template_usage_analytics'::regclass)"
            ((naive,),) = connection.execute(query).fetchall()
        finished(dbt(url, "run", "--select", "+template_usage_analytics", "+form_funnel"))
        roll_up = written(folder, name)
        finished(dbt(url, "run", "--select", MODEL, "--full-refresh"))
        yield usage.Built(postgres, name, naive.rstrip(";"), (roll_up,), (written(folder, name),))


def written(folder: Path, database: str) -> str:
    """Return what dbt ran for the rollup last, for a database of any name."""
    *_, last = sorted(folder.glob("target-*"))
    (path,) = last.glob(f"run/**/{MODEL}.sql")
    return path.read_text().replace(f'"{database}".', "")


def first_wrong(built: usage.Built, seed: int, steps: int = 120) -> int | None:
    """Play a random history, and return the first step after which somebody saw something else than the events."""
    rng = random.Random(seed)
    with (
        built.clone() as url,
        usage.observing(url, built.naive) as observers,
        usage.writing(url, [rng] * 4) as writers,
    ):
        for step in range(steps):
            writer = rng.choice(writers)
            what = rng.random()
            if what < 0.15:
                usage.run(url, *(built.roll_up if what < 0.1 else built.refresh), between=writers[0].commit_one)
            else:
                writer.write()
            if not all(each.is_right() for each in (*observers, usage.Counted(writer.connection, built.naive))):
                return step
    return None


@pytest.mark.parametrize("seed", range(4))
def test_all_agree_after_every_step(built: usage.Built, seed: int) -> None:
    assert first_wrong(built, seed) is None


@pytest.mark.parametrize("rule", usage_damage.BROKEN)
def test_a_broken_rule_is_seen(built: usage.Built, rule: str) -> None:
    broken = usage_damage.BROKEN[rule](built)
    assert any(first_wrong(broken, seed) is not None for seed in range(4))


def overlapping(built: usage.Built, url: str, pair: tuple[UUID, UUID]) -> list[BaseException | None]:
    """Hold up a full refresh at one pair, add events of all the others, and roll up meanwhile; give what went wrong."""
    with (
        psycopg.connect(url) as holder,
        psycopg.connect(url, autocommit=True) as watcher,
        ThreadPoolExecutor(2) as pool,
    ):
        held = "SELECT FROM template_usage_rollup WHERE (contractor_config_id, template_id) = (%s, %s) FOR UPDATE"
        assert holder.execute(held, pair).rowcount == 1
        refresh = pool.submit(usage.run, url, *built.refresh)
        wait_until(lambda: watcher.execute(WAITING).fetchone() == (1,))
        watcher.execute(
            "INSERT INTO mep_template_usage (contractor_config_id, template_id, action)"
            " SELECT contractor_config_id, template_id, 'viewed' FROM template_usage_rollup"
            " WHERE (contractor_config_id, template_id) <> (%s, %s)",
            pair,
        )
        roll_up = pool.submit(usage.run, url, *built.roll_up)
        wait_until(lambda: watcher.execute(WAITING).fetchone() == (2,) or roll_up.done())
        holder.rollback()
        return [refresh.exception(), roll_up.exception()]


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def all_right_after_overlaps(built: usage.Built) -> bool:
    """Let a full refresh and a roll-up overlap at each pair in turn."""
    with built.clone() as url, usage.observing(url, built.naive) as observers:
        for contractor, template in product(usage.CONTRACTORS, usage.TEMPLATES):
            usage.run(url, f"SELECT record_template_usage('{template}', '{contractor}', 'viewed')")
        usage.run(url, *built.roll_up)
        for pair in product(usage.CONTRACTORS, usage.TEMPLATES):
            if any(overlapping(built, url, pair)) or not all(each.is_right() for each in observers):
                return False
    return True


def test_a_full_refresh_and_a_roll_up_do_not_overlap(built: usage.Built) -> None:
    assert all_right_after_overlaps(built)
    assert not all_right_after_overlaps(usage_damage.changed(built, "pg_advisory_xact_lock", "abs"))


def late_use_is_seen(built: usage.Built, counting: tuple[str, ...]) -> bool:
    """Take all events of a pair away and count, while another is written that is committed only then."""
    one = f"SELECT record_template_usage('{usage.TEMPLATES[0]}', '{usage.CONTRACTORS[0]}', 'viewed')"
    with built.clone() as url, usage.observing(url, built.naive) as observers, psycopg.connect(url) as writer:
        usage.run(url, one, *built.roll_up)
        writer.execute(one.encode())
        usage.run(url, "DELETE FROM mep_template_usage", *counting)
        writer.commit()
        return all(each.is_right() for each in observers)


def test_a_use_is_seen_that_commits_after_all_others_went(built: usage.Built) -> None:
    forgetting = usage_damage.forgetting(built)
    assert [late_use_is_seen(built, each) for each in (built.roll_up, built.refresh)] == [True, True]
    assert [late_use_is_seen(built, each) for each in (forgetting.roll_up, forgetting.refresh)] == [False, False]


def test_nobody_waits_and_everybody_sees_all_while_it_is_rolled_up(built: usage.Built) -> None:
    stopped = threading.Event()

    def again(act: Callable[[], object]) -> Callable[[], None]:
        def loop() -> None:
            while not stopped.is_set():
                act()

        return loop

    with (
        built.clone() as url,
        usage.observing(url, built.naive) as observers,
        usage.writing(url, [random.Random(seed) for seed in range(3)]) as writers,
    ):
        acts = [writer.write for writer in writers]
        acts += [
            lambda: usage.run(url, *built.roll_up),
            lambda: usage.run(url, *built.roll_up),
            lambda: usage.run(url, *built.refresh),
        ]
        threads = [threading.Thread(target=again(act)) for act in acts]
        for thread in threads:
            thread.start()
        try:
            for _ in range(READS):
                assert all(each.is_right() for each in observers)
        finally:
            stopped.set()
            for thread in threads:
                thread.join()
        for writer in writers:
            writer.connection.commit()
        usage.run(url, *built.roll_up)
        assert all(each.is_right() for each in observers)
        with psycopg.connect(url) as connection:
            assert connection.execute(QUEUED).fetchone() == (0,)


UNCOUNTED = [
    "UPDATE mep_template_usage SET user_email = 'x@y.example', submission_id = NULL",
    "UPDATE mep_template_usage SET time_spent_seconds = time_spent_seconds, timestamp = timestamp",
    "UPDATE mep_template_usage SET id = gen_random_uuid()",
    "INSERT INTO mep_template_usage SELECT * FROM mep_template_usage ON CONFLICT DO NOTHING",
    "DELETE FROM mep_template_usage WHERE false",
]


def test_what_changes_no_count_is_not_queued(built: usage.Built) -> None:
    one = f"SELECT record_template_usage('{usage.TEMPLATES[0]}', '{usage.CONTRACTORS[0]}', 'viewed')"
    with built.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        usage.run(url, one, one, *built.roll_up)
        for statement in UNCOUNTED:
            connection.execute(statement.encode())
        assert connection.execute(QUEUED).fetchone() == (0,)
        connection.execute("UPDATE mep_template_usage SET time_spent_seconds = 5, action = 'viewed'")
        changes: list[Any] = connection.execute(
            "SELECT events, timed_events, recount FROM template_usage_changes"
        ).fetchall()
        assert changes == [(0, 2, False)]


def test_what_is_truncated_is_forgotten(built: usage.Built) -> None:
    one = f"SELECT record_template_usage('{usage.TEMPLATES[0]}', '{usage.CONTRACTORS[0]}', 'viewed')"
    with built.clone() as url, usage.observing(url, built.naive) as observers:
        usage.run(url, one, *built.roll_up, one)
        usage.run(url, "TRUNCATE mep_template_usage")
        assert all(each.is_right() for each in observers)
        usage.run(url, one, *built.roll_up)
        assert all(each.is_right() for each in observers)


def test_a_table_that_is_not_there_is_told(built: usage.Built, dbt: Dbt) -> None:
    with built.clone() as url:
        usage.run(url, "ALTER TABLE template_usage_rollup RENAME TO somewhere_else")
        process = dbt(url, "run", "--select", MODEL)
        output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "template_usage_rollup: run `mep migrate up` first." in " ".join(output.replace('"', "").split())
