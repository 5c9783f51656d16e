"""The sandbox beyond the contract: HTTP's own refusals, companies apart, the access log, the command line."""

from __future__ import annotations

import json
import logging
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox.coperniq.contract import load_schema, record_types
from sandbox.coperniq.execution import Executor, GraphQLRequest
from sandbox.coperniq.resolvers import Context, attach_resolvers
from sandbox.coperniq.store import Store
from tests.coperniq_server import ROOT, SandboxHandle, running_sandbox
from tests.integration.sandbox.contract_client import ContractClient, unique

if TYPE_CHECKING:
    from pathlib import Path

JSON = {"Content-Type": "application/json"}


def test_health_names_the_service_and_its_store(server: SandboxHandle) -> None:
    response = requests.get(server.url.replace("/graphql", "/health"), timeout=10)
    assert response.json() == {"service": "coperniq-sandbox", "store": str(server.store)}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b'[{"query": "{ __typename }"}]', JSON, 400),
        (b'{"variables": {}}', JSON, 400),
        (b'{"query": "{ __typename }", "variables": []}', JSON, 400),
        (b'{"query": "{ __typename }", "operationName": 1}', JSON, 400),
        (b'{"query": "{ __typename }", "variables": {"a": NaN}}', JSON, 400),
        (b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}', JSON, 400),
        (b'{"query": "\xff"}', JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"query": "{ __typename }"}', {"Content-Type": "text/plain"}, 415),
        (b'{"query": "{ __typename }"}', {}, 415),
        (b" " * (10 * 1024 * 1024 + 1), JSON, 413),
    ],
)  # fmt: skip
def test_what_is_no_graphql_request_is_refused_by_status(
    server: SandboxHandle, body: bytes, headers: dict[str, str], status: int
) -> None:
    headers = {"Authorization": f"Bearer {server.key}", **headers}
    response = requests.post(server.url, data=body, headers=headers, timeout=10)
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_only_post_is_served(server: SandboxHandle) -> None:
    assert requests.get(server.url, timeout=10).status_code == 405
    assert requests.post(server.url.replace("/graphql", "/"), timeout=10).status_code == 404


def test_a_datetime_is_answered_in_utc(server: SandboxHandle, coperniq: ContractClient) -> None:
    times = {"installedAt": "2024-02-03T22:00:00.250-05:00", "operationalAt": "2024-02-03T22:00"}
    (id_,) = coperniq.create("System", coperniq.sample("System", **times))
    record = coperniq.get("System", id_)
    assert record["installedAt"] == "2024-02-04T03:00:00.250000Z"
    assert record["operationalAt"] == "2024-02-03T22:00:00Z"
    assert all(re.fullmatch(r"[0-9T:-]{19}\.[0-9]{6}Z", record[name]) for name in ("createdAt", "updatedAt"))


def test_companies_do_not_see_each_other(coperniq: ContractClient, stranger: ContractClient) -> None:
    sample = coperniq.sample("Site")
    (site,) = coperniq.create("Site", sample)
    theirs = stranger.sample("Site")
    assert stranger.find("Site", ids=[site]) == stranger.find("Contact", ids=[sample["clientId"]]) == []
    assert stranger.match("Site", {"fullAddress": sample["fullAddress"]}) == []
    assert stranger.find("Site", createdSince=coperniq.get("Site", site)["createdAt"]) == []
    for refusals in (
        stranger.refusals("update", "Site", ids=[site], input=[theirs]),
        stranger.refusals("delete", "Site", ids=[site]),
        stranger.refusals("create", "Site", input=[{**theirs, "clientId": sample["clientId"]}]),
    ):
        assert [code for code, _ in refusals] == ["NOT_FOUND"]
    record = coperniq.get("Site", site)
    assert {name: record[name] for name in sample} == sample


def test_the_log_has_one_line_an_operation_without_its_content(tmp_path: Path) -> None:
    secret, name = unique("key"), unique("body")
    with running_sandbox(tmp_path / "store.db", keys={secret: 5}) as server, requests.Session() as session:
        client = ContractClient(server.url, secret, 5, session)
        client.create("Contact", {"name": name, "phones": ["1"]})
        client.match("Contact", {"name": name})
        client.post("{")
        ContractClient(server.url, "other-key", 5, session).post("{ __typename }")
    log = server.log.read_text()
    assert [re.sub(r"^\S+ \S+ | [0-9.]+ ms$", "", line) for line in log.splitlines()] == [
        "Send 200 company=5 ok",
        "Find 200 company=5 ok",
        "- 200 company=5 BAD_USER_INPUT",
        "- 401 company=- UNAUTHENTICATED",
    ]


def test_a_client_that_goes_away_in_mid_request_is_one_line_in_the_log(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "store.db") as server:
        port = int(server.url.split(":")[2].removesuffix("/graphql"))
        with socket.create_connection(("127.0.0.1", port)) as connection:
            lines = (
                "POST /graphql HTTP/1.1",
                "Host: x",
                "Authorization: Bearer sandbox-key",
                "Content-Length: 9",
                "",
                "{",
            )
            connection.sendall("\r\n".join(lines).encode())
            time.sleep(0.2)
    assert re.fullmatch(r"[^\n]* - 400 company=112 BAD_USER_INPUT [^\n]*\n", server.log.read_text())


def test_a_fault_of_the_server_is_told_to_the_log_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    schema = load_schema()
    store = Store(tmp_path / "store.db", record_types(schema))
    attach_resolvers(schema, store.types.values())
    store.close()
    request = GraphQLRequest("{ contacts(companyId: 1) { nodes { id } } }", {}, None)
    with caplog.at_level(logging.ERROR, "sandbox.coperniq"):
        reply = Executor(schema).execute(request, Context(store, 1))
    assert reply.outcome == "INTERNAL_SERVER_ERROR"
    assert "closed database" not in str(reply.body)
    assert "closed database" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running_sandbox(tmp_path / "store.db") as server:
        requests.get(server.url.replace("/graphql", "/health"), timeout=10)
        server.process.send_signal(number)
        assert server.process.wait(10) == 0
    assert server.log.read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--host", "192.0.2.1"], "not a loopback address"),
        (["--host", "example.com"], "not a loopback address"),
        (["--port", "70000"], "not a port"),
        (["--key", "no-company"], "a key and the number of its company"),
        ([], "--store"),
    ],
)  # fmt: skip
def test_a_bad_argument_is_explained(arguments: list[str], reason: str) -> None:
    store = ["--store", "unused.db"] if arguments else []
    result = _run(*arguments, *store)
    assert result.returncode == 2
    assert reason in result.stderr


def test_help_names_every_option() -> None:
    result = _run("--help")
    assert result.returncode == 0
    options = ("--host", "--port", "--store", "--key", "--faults", "--seed", "--latency-ms", "--rate", "--daily")
    assert all(option in result.stdout for option in options)


@pytest.mark.parametrize(
    ("content", "arguments", "reason"),
    [
        ('{"rules": [{"fault": "fire"}]}', [], "rules.0.fault: Input should be"),
        ("[]", [], "a script is a JSON object"),
        ("{", [], "Expecting property name"),
        (None, [], "No such file"),
        ("{}", ["--daily", "-1"], "daily: Input should be greater than or equal to 0"),
    ],
)  # fmt: skip
def test_a_bad_script_of_faults_is_one_line(
    tmp_path: Path, content: str | None, arguments: list[str], reason: str
) -> None:
    script = tmp_path / "faults.json"
    if content is not None:
        script.write_text(content)
    result = _run("--store", str(tmp_path / "store.db"), "--faults", str(script), *arguments)
    assert result.returncode == 1
    assert result.stderr.startswith("coperniq sandbox: ")
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = _run("--port", str(taken.getsockname()[1]), "--store", str(tmp_path / "store.db"))
    assert result.returncode == 1
    assert result.stderr.startswith("coperniq sandbox: cannot listen on 127.0.0.1 port")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("kind", ["another database", "text", "a folder"])
def test_what_is_no_store_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    if kind == "another database":
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE invoices (id INTEGER)")
        connection.close()
    elif kind == "text":
        path.write_text("name,email\n" * 100)
    else:
        path.mkdir()
    before = path.read_bytes() if path.is_file() else None
    result = _run("--store", str(path))
    assert result.returncode == 1
    assert result.stderr.startswith(f"coperniq sandbox: {path} ")
    assert result.stderr.count("\n") == 1
    assert (path.read_bytes() if path.is_file() else None) == before


def test_the_command_line_loads_no_server_before_it_is_needed() -> None:
    code = "import json, sys, sandbox.coperniq.__main__; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert {"graphql", "starlette", "uvicorn"}.isdisjoint(json.loads(result.stdout))


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox.coperniq", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, cwd=ROOT)
