"""Scripts of faults on a running server: order, seed, limits, latency, control, and what of them survives it."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.coperniq import ledger
from tests.coperniq_server import running_sandbox
from tests.integration.sandbox.fault_client import INPUTS, create_contacts, results_of, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.coperniq_server import SandboxHandle


def test_the_first_create_is_faulted_and_the_next_is_not(faulty: SandboxHandle) -> None:
    faulty.set_faults({"rules": [{"fault": "bad_gateway", "on": "mutation createContacts", "at": [1]}]})
    assert create_contacts(faulty).status_code == 502
    assert len(results_of(create_contacts(faulty))) == 5
    assert faulty.injected() == {"bad_gateway": 1}
    assert faulty.requests() == {"mutation createContacts": 2}


def test_an_expired_key_comes_back_after_so_many_requests(faulty: SandboxHandle) -> None:
    faulty.set_faults({"rules": [{"fault": "expired_key", "from": 2, "count": 2}]})
    assert [create_contacts(faulty).status_code for _ in range(5)] == [200, 401, 401, 200, 200]


def test_a_day_is_used_up_and_comes_back(faulty: SandboxHandle) -> None:
    faulty.set_faults({"daily": 3, "day_seconds": 2})
    responses = [create_contacts(faulty) for _ in range(5)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429, 429]
    assert responses[-1].json()["errors"][0]["extensions"]["code"] == "DAILY_QUOTA_EXCEEDED"
    assert responses[-1].headers["Retry-After"] in ("1", "2")
    wait_until(lambda: create_contacts(faulty).ok)


def test_who_is_faster_than_the_rate_is_throttled(faulty: SandboxHandle) -> None:
    faulty.set_faults({"rate": 2})
    responses = [create_contacts(faulty) for _ in range(4)]
    assert [response.status_code for response in responses].count(429) >= 1
    assert responses[-1].headers["Retry-After"] == "1"
    assert faulty.injected()["throttle"] >= 1


def test_latency_lies_on_both_ways(faulty: SandboxHandle) -> None:
    faulty.set_faults({"latency_ms": 600})
    began = time.time()
    assert create_contacts(faulty).ok
    carried_out = ledger.operations(faulty.store)[-1].at / 1e6
    assert carried_out - began >= 0.3
    assert time.time() - carried_out >= 0.3
    faulty.set_faults({})


def test_latency_delays_no_other_request(faulty: SandboxHandle) -> None:
    faulty.set_faults({"latency_ms": 2000})
    began = time.monotonic()
    threads = [threading.Thread(target=create_contacts, args=(faulty,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 6
    faulty.set_faults({})


def test_the_same_seed_and_requests_meet_the_same_faults(tmp_path: Path) -> None:
    rules = [{"fault": "bad_gateway", "probability": 0.4}, {"fault": "short", "probability": 0.5}]

    def outcomes(name: str, seed: int) -> list[Any]:
        with running_sandbox(tmp_path / name, faults={"rules": rules}, seed=seed) as server:
            return [
                [result["index"] for result in results_of(response)] if response.ok else response.status_code
                for response in (create_contacts(server) for _ in range(20))
            ]

    assert outcomes("a", 7) == outcomes("b", 7) != outcomes("c", 8)


def test_the_ledger_of_faults_survives_the_server(tmp_path: Path) -> None:
    path, rules = tmp_path / "store.db", [{"fault": "drop_after"}]
    for _ in range(2):
        with running_sandbox(path, faults={"rules": rules}) as server:
            with pytest.raises(requests.ConnectionError):
                create_contacts(server)
            server.kill()
    operations = ledger.operations(path)
    assert [operation.fault for operation in operations] == ["drop_after"] * 2
    assert [[value["name"] for value in operation.values] for operation in operations] == [
        [one["name"] for one in INPUTS]
    ] * 2
    assert [(fault.request, fault.kind, fault.company_id) for fault in ledger.faults(path)] == [
        (operation.request, "drop_after", 112) for operation in operations
    ]
    assert [operation.request for operation in operations] == [1, 2]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({"rules": [{"fault": "fire"}]}, "rules.0.fault: Input should be"),
        ({"rules": [{"fault": "drop", "on": "("}]}, "rules.0.on: Value error, not a regular expression"),
        ({"speed": 1}, "speed: Extra inputs are not permitted"),
        ([], "the script: "),
    ],
)  # fmt: skip
def test_a_bad_script_is_explained_and_changes_nothing(faulty: SandboxHandle, script: Any, reason: str) -> None:
    faulty.set_faults({"rules": [{"fault": "throttle", "on": "nothing"}]})
    response = requests.post(faulty.url.replace("graphql", "faults"), json=script, timeout=5)
    assert (response.status_code, response.json()["error"].startswith(reason)) == (400, True)
    rules = requests.get(faulty.url.replace("graphql", "faults"), timeout=5).json()["script"]["rules"]
    assert rules == [{"fault": "throttle", "on": "nothing"}]


def test_a_request_that_is_cut_off_meets_no_fault_twice(faulty: SandboxHandle) -> None:
    faulty.set_faults({"rules": [{"fault": "drop_after"}]})
    before = len(ledger.operations(faulty.store))
    with socket.create_connection(("127.0.0.1", int(faulty.url.split(":")[2].removesuffix("/graphql")))) as connection:
        connection.sendall(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
    wait_until(lambda: faulty.injected() == {"drop_after": 1})
    assert len(ledger.operations(faulty.store)) == before
