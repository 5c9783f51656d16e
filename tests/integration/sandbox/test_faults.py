"""Faults over real HTTP: what the client sees of each, and what the server's ledger says was carried out."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.coperniq import ledger
from tests.integration.sandbox.contract_client import ContractClient
from tests.integration.sandbox.fault_client import INPUTS, create_contacts, faulted, results_of, wait_until

if TYPE_CHECKING:
    from tests.coperniq_server import SandboxHandle


@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ({"fault": "throttle"}, 429, "THROTTLED"),
        ({"fault": "throttled"}, 200, "THROTTLED"),
        ({"fault": "day_used_up", "retry_after": 7200}, 429, "DAILY_QUOTA_EXCEEDED"),
        ({"fault": "expired_key"}, 401, "UNAUTHENTICATED"),
    ],
)  # fmt: skip
def test_a_refusal_has_its_code_and_carries_out_nothing(
    faulty: SandboxHandle, rule: dict[str, Any], status: int, code: str
) -> None:
    response, carried_out = faulted(faulty, rule)
    assert response is not None
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] == code
    assert response.headers.get("Retry-After") == ("7200" if "retry_after" in rule else None)
    assert carried_out == []


def test_retry_after_may_be_a_date(faulty: SandboxHandle) -> None:
    response, _ = faulted(faulty, {"fault": "throttle", "retry_after": 90, "as_date": True})
    assert response is not None
    wait = parsedate_to_datetime(response.headers["Retry-After"]) - datetime.now(UTC)
    assert 80 < wait.total_seconds() <= 90


@pytest.mark.parametrize(("kind", "carried"), [("bad_gateway", []), ("bad_gateway_after", ["bad_gateway_after"])])
def test_a_gateway_answers_in_html_whatever_was_carried_out(
    faulty: SandboxHandle, kind: str, carried: list[str]
) -> None:
    response, carried_out = faulted(faulty, {"fault": kind})
    assert response is not None
    assert (response.status_code, response.text[:6]) == (502, "<html>")
    assert [operation.fault for operation in carried_out] == carried


@pytest.mark.parametrize(
    ("rule", "carried", "at_least"),
    [
        ({"fault": "drop"}, [], 0),
        ({"fault": "drop_after"}, ["drop_after"], 0),
        ({"fault": "hang_after", "seconds": 0.4}, ["hang_after"], 0.4),
        ({"fault": "late", "seconds": 0.4}, ["late"], 0.4),
    ],
)  # fmt: skip
def test_a_lost_answer_is_no_answer(
    faulty: SandboxHandle, rule: dict[str, Any], carried: list[str], at_least: float
) -> None:
    began = time.monotonic()
    response, carried_out = faulted(faulty, rule)
    assert response is None
    assert time.monotonic() - began >= at_least
    assert [operation.fault for operation in carried_out] == carried


def test_a_late_request_is_carried_out_when_its_client_is_gone(faulty: SandboxHandle) -> None:
    faulty.set_faults({"rules": [{"fault": "late", "seconds": 0.5}]})
    before = len(ledger.operations(faulty.store))
    with pytest.raises(requests.ReadTimeout):
        create_contacts(faulty, timeout=0.1)
    assert len(ledger.operations(faulty.store)) == before
    wait_until(lambda: len(ledger.operations(faulty.store)) == before + 1)


def test_a_hang_ends_when_its_client_does(faulty: SandboxHandle) -> None:
    faulty.set_faults({"rules": [{"fault": "hang_after", "seconds": 60}]})
    with pytest.raises(requests.ReadTimeout):
        create_contacts(faulty, timeout=0.2)
    assert requests.get(faulty.url.replace("/graphql", "/health"), timeout=1).ok


def test_a_truncated_answer_is_whole_as_http_and_broken_as_json(faulty: SandboxHandle) -> None:
    response, carried_out = faulted(faulty, {"fault": "truncate"})
    assert response is not None
    assert response.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert [operation.fault for operation in carried_out] == ["truncate"]


def test_short_results_leave_out_what_was_written(faulty: SandboxHandle) -> None:
    response, (operation,) = faulted(faulty, {"fault": "short", "number": 2})
    results = results_of(response)
    assert len(results) == 3
    assert all(operation.record_ids[result["index"]] == result["id"] for result in results)
    assert len(operation.record_ids) == 5


def test_reordered_results_are_the_same_ones(faulty: SandboxHandle) -> None:
    response, (operation,) = faulted(faulty, {"fault": "reorder"})
    results = results_of(response)
    assert [result["index"] for result in results] != list(range(5))
    assert {result["index"]: result["id"] for result in results} == dict(enumerate(operation.record_ids))


def test_foreign_results_answer_indexes_that_were_not_sent(faulty: SandboxHandle) -> None:
    response, (operation,) = faulted(faulty, {"fault": "foreign", "number": 2})
    results = results_of(response)
    assert [result["index"] for result in results] == list(range(7))
    assert [result["id"] for result in results][:5] == list(operation.record_ids)


def test_rejected_inputs_are_not_written_and_the_others_are(faulty: SandboxHandle) -> None:
    response, (operation,) = faulted(faulty, {"fault": "reject", "number": 2})
    results = results_of(response)
    assert [result["index"] for result in results] == list(range(5))
    written = {result["index"]: result["id"] for result in results if result["id"]}
    assert list(written.values()) == list(operation.record_ids)
    assert [value["name"] for value in operation.values] == [INPUTS[index]["name"] for index in written]
    assert [result["userErrors"][0]["code"] for result in results if not result["id"]] == ["INVALID"] * 2


def test_rejected_updates_leave_their_records_alone(faulty: SandboxHandle) -> None:
    faulty.set_faults({"rules": [{"fault": "reject", "on": "update"}]})
    with requests.Session() as session:
        client = ContractClient(faulty.url, faulty.key, faulty.company_id, session)
        ids = client.create("Contact", *INPUTS)
        results = client.results("update", "Contact", ids=ids, input=[{**one, "title": "new"} for one in INPUTS])
        titles = [client.get("Contact", id_)["title"] for id_ in ids]
    assert titles == ["new" if result["id"] else None for result in results]
    assert titles.count(None) == 1


def test_what_has_no_results_is_not_changed(faulty: SandboxHandle) -> None:
    faulty.set_faults({"rules": [{"fault": kind} for kind in ("short", "reorder", "foreign")]})
    with requests.Session() as session:
        client = ContractClient(faulty.url, faulty.key, faulty.company_id, session)
        assert client.page("Contact", first=1).errors == []


def test_inputs_that_are_text_cannot_be_rejected(faulty: SandboxHandle) -> None:
    faulty.set_faults({"rules": [{"fault": "reject", "number": 9}]})
    contact = '{name: "Ann", phones: ["1"]}'
    query = f"mutation {{ createContacts(companyId: 112, input: [{contact}]) {{ results {{ index id }} }} }}"
    with requests.Session() as session:
        reply = ContractClient(faulty.url, faulty.key, faulty.company_id, session).post(query)
    assert [bool(result["id"]) for result in reply.data["createContacts"]["results"]] == [True]
