"""Runs on workers of several machines: contractors spread over them, and what a dead or cut off worker leaves."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.coperniq.ledger import operations, records
from tests.machines.fleet import Fleet, running_fleet
from tests.machines.network import NEEDED, is_possible, running_network
from tests.machines.services import REDIS, REDIS_NEEDED, running_services
from tests.pipeline.project import project_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(not is_possible(), reason=NEEDED),
    pytest.mark.skipif(REDIS is None, reason=REDIS_NEEDED),
    pytest.mark.timeout(900),
]
SLUGS = [f"office-{letter}" for letter in "abc"]
PER_SECOND = 10
COPERNIQ = {"latency_ms": 200, "rate": PER_SECOND}
SLOW = {"latency_ms": 10_000, "rate": PER_SECOND}
"""So slow that the first contractor's sending is still under way when the last one's begins."""
STEPS_AT_ONCE = 2
LIMITS = {"COPERNIQ_REQUESTS_PER_SECOND": str(PER_SECOND), "COPERNIQ_REQUESTS_PER_DAY": "0"}


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    # Not in pytest's own folder: as root the server runs as nobody, whom a second session of pytest would lock out.
    with (
        tempfile.TemporaryDirectory(prefix="mep-test-workers-", ignore_cleanup_errors=True) as folder,
        project_copy() as project,
        running_network(2) as network,
        running_services(Path(folder), network, COPERNIQ) as services,
        running_fleet(project, network, services, LIMITS) as running,
    ):
        for host in network.hosts:
            running.start_worker(host, STEPS_AT_ONCE)
        yield running


def test_contractors_are_spread_over_the_workers_which_keep_the_limit_together(fleet: Fleet) -> None:
    fleet.bring(SLUGS, "first", 1_000)
    fleet.wait_until(fleet.is_done)
    at_work = fleet.steps_of_workers()
    assert set(at_work) == {fleet.name_of(host) for host in fleet.network.hosts}
    assert fleet.services.coperniq.injected() == {}, "Coperniq counts too many requests in a second"
    times = sorted(operation.at for operation in operations(fleet.services.coperniq.store))
    assert all(later - first >= 900_000 for first, later in zip(times, times[PER_SECOND:], strict=False))
    each_record_is_in_coperniq_once(fleet)


def test_a_killed_worker_and_a_cut_network_lose_and_double_nothing(fleet: Fleet) -> None:
    killed, cut_off = fleet.network.hosts
    fleet.services.coperniq.set_faults(SLOW)
    # All runs wait for a worker first, so that they send at the same time.
    for host in fleet.network.hosts:
        fleet.kill_worker(host)
    before = fleet.waiting_runs()
    fleet.bring(SLUGS, "second", 2_000)
    fleet.wait_until(lambda: len(fleet.waiting_runs() - before) == len(SLUGS))
    for host in fleet.network.hosts:
        fleet.start_worker(host, STEPS_AT_ONCE)
    fleet.wait_until(lambda: all(fleet.is_sending(host) for host in fleet.network.hosts))
    cut_off.cut()
    lost = {fleet.name_of(host) for host in fleet.network.hosts}
    fleet.kill_worker(killed)
    fleet.services.coperniq.set_faults(COPERNIQ)
    # As systemd does; the other one comes back by itself.
    fleet.start_worker(killed, STEPS_AT_ONCE)
    fleet.wait_until(lambda: lost == fleet.lost_workers())
    fleet.wait_until(lambda: fleet.is_sending(killed))
    cut_off.mend()
    fleet.wait_until(fleet.is_done)
    assert any(run["parent"] for run in fleet.runs()), "a run whose worker is gone is begun again"
    each_record_is_in_coperniq_once(fleet)


def test_a_worker_that_was_cut_off_works_again(fleet: Fleet) -> None:
    killed, cut_off = fleet.network.hosts
    fleet.kill_worker(killed)
    fleet.bring(SLUGS[:1], "third", 100)
    fleet.wait_until(fleet.is_done)
    last = fleet.runs()[-1]
    assert last["status"] == "SUCCESS"
    assert last["run_id"] in fleet.steps_of_workers()[fleet.name_of(cut_off)]
    each_record_is_in_coperniq_once(fleet)


def test_a_worker_has_one_thread_when_it_forks(fleet: Fleet) -> None:
    for worker in fleet.workers.values():
        assert len(list(Path(f"/proc/{worker.pid}/task").iterdir())) == 1


def test_no_secret_is_in_a_process_list_an_event_or_a_log(fleet: Fleet) -> None:
    for secret in fleet.services.secrets():
        assert not [process for process in Path("/proc").glob("[0-9]*/cmdline") if secret in read(process)]
        for log in fleet.project.root.parent.glob("*.log"):
            assert secret not in log.read_text(errors="replace"), log.name
        for table, column in (("event_logs", "event"), ("runs", "run_body"), ("kvs", "value")):
            assert not fleet.query(f"SELECT FROM dagster.{table} WHERE strpos({column}, %s) > 0 LIMIT 1", secret), table


def each_record_is_in_coperniq_once(fleet: Fleet) -> None:
    """Check the sandbox's ledger against what was brought, and the pipeline's books against the ledger."""
    coperniq = fleet.services.coperniq
    contacts = records(coperniq.store, "Contact", coperniq.company_id)
    sites = records(coperniq.store, "Site", coperniq.company_id)
    assert doubled(contacts, "name") == doubled(sites, "fullAddress") == []
    ids = {str(contact["name"]): contact["id"] for contact in contacts}
    assert set(ids) == set(fleet.people)
    assert {site["fullAddress"]: site["clientId"] for site in sites} == {f"{who} St": ids[who] for who in fleet.people}
    known = fleet.query("SELECT coperniq_id, state::TEXT FROM public.coperniq_records")
    assert {row["state"] for row in known} == {"synced"}
    assert {row["coperniq_id"] for row in known} == {record["id"] for record in (*contacts, *sites)}


def doubled(found: list[dict[str, object]], field: str) -> list[object]:
    return [value for value, times in Counter(record[field] for record in found).items() if times > 1]


def read(process: Path) -> str:
    try:
        text = process.read_text(errors="replace")
        return "" if "sandbox.coperniq" in text else text  # the stand-in is told its keys
    except OSError:  # it has ended
        return ""
