"""The store: what was acknowledged is there, whatever befell the server; and the index is never what decides."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox.coperniq import ledger, value_index
from sandbox.coperniq.bulk import Bulk
from sandbox.coperniq.contract import load_schema, record_types
from sandbox.coperniq.database import StoreError, reset
from sandbox.coperniq.search import parse_search
from sandbox.coperniq.store import Store
from tests.coperniq_server import ROOT, SandboxHandle, running_sandbox
from tests.integration.sandbox.contract_client import ContractClient, unique

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPES = record_types(load_schema())
CONTACT, SITE = TYPES["Contact"], TYPES["Site"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open a store in this process."""
    with closing(Store(tmp_path / "store.db", TYPES)) as opened:
        yield opened


@dataclass
class Load:
    """Create contacts over HTTP until the server is gone; remember what it acknowledged."""

    server: SandboxHandle
    acknowledged: dict[str, list[str]] = field(default_factory=dict)

    def run(self) -> None:
        """Send batches of 100, some of whose inputs are refused."""
        inputs = [{"name": f"{number}", "phones": ["1"] if number % 10 else []} for number in range(100)]
        with requests.Session() as session:
            client = ContractClient(self.server.url, self.server.key, self.server.company_id, session)
            try:
                while True:
                    payload = client.send("create", "Contact", input=inputs).data["payload"]
                    written = [result["id"] for result in payload["results"] if result["id"]]
                    self.acknowledged[payload["transactionId"]] = written
            except requests.RequestException:
                return


def test_kill_9_loses_nothing_that_was_acknowledged_and_leaves_nothing_by_halves(tmp_path: Path) -> None:
    path, port, acknowledged = tmp_path / "store.db", 0, {}
    for _ in range(3):
        with running_sandbox(path, port=port) as server:
            loads = [Load(server), Load(server)]
            threads = [threading.Thread(target=load.run) for load in loads]
            for thread in threads:
                thread.start()
            while any(
                thread.is_alive() and len(load.acknowledged) < 10 for load, thread in zip(loads, threads, strict=True)
            ):
                time.sleep(0.01)
            server.kill()
            for thread in threads:
                thread.join()
        port = int(server.url.split(":")[2].removesuffix("/graphql"))
        acknowledged |= loads[0].acknowledged | loads[1].acknowledged
    assert len(acknowledged) >= 60
    operations = {operation.transaction_id: list(operation.record_ids) for operation in ledger.operations(path)}
    assert acknowledged.items() <= operations.items()
    stored = [record["id"] for record in ledger.records(path, "Contact", 112)]
    assert stored == [id_ for ids in operations.values() for id_ in ids]
    assert all(len(ids) == 90 for ids in operations.values())


def test_a_restart_answers_as_before(tmp_path: Path) -> None:
    path, name = tmp_path / "store.db", unique()
    for expected in (1, 2):
        with running_sandbox(path) as server, requests.Session() as session:
            client = ContractClient(server.url, server.key, server.company_id, session)
            client.create("Contact", {"name": name, "phones": ["1"]})
            assert len(client.match("Contact", {"name": name})) == expected
            assert len({record["createdAt"] for record in client.find("Contact")}) == expected


def test_the_ledger_tells_what_the_server_did(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    before = time.time_ns() // 1000
    with running_sandbox(path, keys={"a": 1, "b": 2}) as server, requests.Session() as session:
        client = ContractClient(server.url, "a", 1, session)
        (id_,) = client.create("Contact", client.sample("Contact"))
        client.results("update", "Contact", ids=["unknown", id_], input=[{"name": "A"}, {"name": "B"}])
        client.results("delete", "Contact", ids=["unknown"])
        client.send("delete", "Contact", ids=["unknown"] * 101)
        (kept,) = ledger.records(path, "Contact", 1)
        assert kept == {key: value for key, value in client.get("Contact", id_).items() if value is not None}
        ContractClient(server.url, "b", 2, session).results("delete", "Site", ids=[id_])
        assert ledger.records(path, "Contact", 2) == []
    operations = ledger.operations(path)
    assert [(operation.company_id, operation.name, operation.record_ids) for operation in operations] == [
        (1, "createContacts", (id_,)),
        (1, "updateContacts", (id_,)),
        (1, "deleteContacts", ()),
        (2, "deleteSites", ()),
    ]
    times = [operation.at for operation in operations]
    assert before <= times[0]
    assert times == sorted(times)


def test_a_reset_empties_the_store_under_a_running_server(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with running_sandbox(path) as server, requests.Session() as session:
        client = ContractClient(server.url, server.key, server.company_id, session)
        old = client.create("Contact", *({"name": "Ann", "phones": [str(number)]} for number in range(5)))
        cursor = client.page("Contact", first=5).data["page"]["pageInfo"]["endCursor"]
        reset(path)
        assert client.find("Contact") == []
        assert ledger.operations(path) == []
        assert client.refusals("create", "Site", input=[{"fullAddress": "A", "clientId": old[0]}])[0][0] == "NOT_FOUND"
        new = client.create("Contact", {"name": "Ann", "phones": ["1"]})
        assert client.match("Contact", {"name": "Ann"}) == new
        assert [node["id"] for node in client.page("Contact", after=cursor).data["page"]["nodes"]] == new


def test_a_reset_makes_a_store_and_touches_nothing_else(tmp_path: Path) -> None:
    reset(tmp_path / "new" / "store.db")
    assert ledger.operations(tmp_path / "new" / "store.db") == []
    other = tmp_path / "notes.txt"
    other.write_text("not a database\n" * 100)
    with pytest.raises(StoreError, match=r"notes\.txt is not a store"):
        reset(other)


def test_a_store_of_before_the_ledger_keeps_its_records(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    ddl = (ROOT / "sandbox" / "coperniq" / "store.sql").read_text()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ddl)
        connection.execute("INSERT INTO operations VALUES (1, 'txn_1', 112, 'createContacts', '[\"contact_1\"]', 5)")
        connection.commit()
    with closing(Store(path, TYPES)) as opened:
        opened.log_fault(7, 112, "mutation createContacts", "drop")
        assert opened.next_request() == 8
        Bulk(opened, 112, "createContacts", request=8).create(CONTACT, [{"name": "Ann", "phones": ["1"]}])
    old, new = ledger.operations(path)
    assert (old.record_ids, old.values, old.request, old.fault) == (("contact_1",), (), 0, None)
    assert (new.values, new.request) == (({"emails": [], "phones": ["1"], "name": "Ann"},), 8)


def test_the_ledger_says_what_each_mutation_left(store: Store) -> None:
    bulk = Bulk(store, 112, "mutation")
    (made,) = bulk.create(CONTACT, [{"name": "Ann", "phones": ["1"]}]).outcomes
    bulk.update(CONTACT, [str(made.id), "contact_0"], [{"name": "Bob", "title": None}, {"name": "Cy"}])
    bulk.delete(CONTACT, [str(made.id), "contact_0"])
    operations = ledger.operations(store.path)
    assert [operation.record_ids for operation in operations] == [(made.id,)] * 3
    assert [operation.values[0]["name"] for operation in operations] == ["Ann", "Bob", "Bob"]


def test_the_order_holds_when_the_clock_goes_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bulk = Bulk(store, 112, "createContacts")
    now = time.time_ns()
    ids: list[str | None] = []
    for offset in (0, -3600, 60, -7200):
        monkeypatch.setattr(time, "time_ns", lambda offset=offset: now + offset * 10**9)
        ids += [outcome.id for outcome in bulk.create(CONTACT, [{"name": "Ann", "phones": ["1"]}]).outcomes]
    found = store.find(parse_search(CONTACT, 112, None, 100, None), 100)
    assert [record.id for record in found] == ids
    assert [record.created_at for record in found] == sorted(record.created_at for record in found)


def test_a_mutation_that_fails_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bulk = Bulk(store, 112, "createContacts")
    with monkeypatch.context() as patch:
        patch.setattr(Store, "log_operation", _fail)
        with pytest.raises(RuntimeError):
            bulk.create(CONTACT, [{"name": "Ann", "phones": ["1"]}])
    assert _find(store, "Ann") == []
    assert bulk.create(CONTACT, [{"name": "Ann", "phones": ["1"]}]).outcomes[0].id


def test_the_index_keeps_nothing_of_what_is_gone(store: Store) -> None:
    bulk = Bulk(store, 112, "mutation")
    ids = [outcome.id or "" for outcome in bulk.create(CONTACT, [{"name": "Ann", "phones": ["1"]}] * 3).outcomes]
    bulk.update(CONTACT, ids[:1], [{"name": "Bob", "phones": ["2"]}])
    bulk.delete(CONTACT, ids)
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute("SELECT count(*) FROM field_values").fetchone() == (0,)


@pytest.mark.parametrize("backlog", [1, 3, 100])
def test_a_search_does_not_depend_on_how_far_the_index_has_come(
    store: Store, monkeypatch: pytest.MonkeyPatch, backlog: int
) -> None:
    monkeypatch.setattr(value_index, "BACKLOG", backlog)
    bulk = Bulk(store, 112, "createContacts")
    ids: list[str] = []
    for number in range(6):
        bulk.create(CONTACT, [{"name": f"Cy {number}", "phones": ["2"]}] * 2)
        receipt = bulk.create(CONTACT, [{"name": "Ann", "phones": [f"{number}", "0"]}] * 2)
        ids += [outcome.id for outcome in receipt.outcomes if outcome.id]
        assert _find(store, "Ann") == ids
        bulk.update(CONTACT, [ids[0]], [{"name": "Bob"}])
        assert _find(store, "Bob") == [ids[0]]
        bulk.delete(CONTACT, [ids.pop(0)])
        assert _find(store, "Bob") == []
    with closing(Store(store.path, TYPES)) as other:
        assert _find(other, "Ann") == ids


def test_values_that_share_a_hash_are_told_apart(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_index, "hash_value", _same_hash)
    monkeypatch.setattr("sandbox.coperniq.lookup.hash_value", _same_hash)
    bulk = Bulk(store, 112, "mutation")
    ann, bob = (
        outcome.id
        for outcome in bulk.create(CONTACT, [{"name": name, "phones": ["1"]} for name in ("Ann", "Bob")]).outcomes
    )
    bulk.create(SITE, [{"fullAddress": "1 Main St", "clientId": bob}])
    assert _find(store, "Ann") == [ann]
    assert [outcome.id for outcome in bulk.delete(CONTACT, [str(ann), str(bob)]).outcomes] == [ann, None]


def _same_hash(*_: object) -> int:
    return 1


def _fail(*_: object) -> None:
    raise RuntimeError("the disk is full")


def _find(store: Store, name: str) -> list[str]:
    where: dict[str, object] = {"matches": [[{"field": "name", "value": name}]]}
    return [record.id for record in store.find(parse_search(CONTACT, 112, where, 100, None), 100)]
