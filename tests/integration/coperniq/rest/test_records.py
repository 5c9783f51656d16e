"""Each type through the REST API: made once whatever breaks off, given back as it was sent, changed, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assets.catalogue import BY_NAME
from assets.coperniq import lookup
from assets.coperniq.replies import Outcome
from assets.coperniq.rest.client import RestClient
from tests.integration.coperniq.rest.face import KEY, Face

if TYPE_CHECKING:
    from assets.coperniq.replies import Reply

Data = dict[str, Any]
SINCE = "2020-01-01T00:00:00+00:00"
LISTS = {
    "Contact": "accounts", "Site": "sites", "Asset": "assets", "Task": "work-orders", "FinancialDocument": "invoices",
}  # fmt: skip
PLAIN: dict[str, Data] = {
    "Contact": {"name": "Ada Lovelace", "emails": ["ada@example.com"], "phones": ["+12125550101"]},
    "Site": {"fullAddress": "1 Main St, Newark, NJ 07030", "city": "Newark", "zipcode": "07030"},
    "Asset": {
        "name": "Boiler", "type": "BOILER", "manufacturer": "Acme", "model": "B-1", "serialNumber": "SN-1",
        "size": "7.5", "installDate": "2020-05-06",
    },
    "Task": {"title": "Inspect", "status": "New"},
    "FinancialDocument": {"title": "INV-1", "type": "Invoice", "amount": 99.5},
}  # fmt: skip
FULL: dict[str, Data] = {
    "Contact": {
        "name": "Ada Lovelace", "emails": ["ada@example.com", "ada@home.example"], "phones": ["+12125550101"],
        "title": "Owner", "status": "Active", "source": "A friend",
    },
    "Site": {**PLAIN["Site"], "street": "1 Main St", "state": "NJ", "timezone": "America/Chicago"},
    "Asset": {**PLAIN["Asset"], "type": "Roof top unit 4", "size": "5 ton"},
    "Task": {
        "title": "Inspect", "description": "Look at it.\nThen again.", "status": "New", "priority": "High",
        "startDate": "2026-01-02T08:30:00Z", "endDate": "2026-01-02T09:30:00+00:00", "isField": True,
        "assigneeId": "7", "assetId": "12",
    },
    "FinancialDocument": {
        "title": "INV-1", "type": "Invoice", "status": "Paid", "amount": 99.5, "issueDate": "2026-02-01",
        "dueDate": "2026-03-01",
    },
}  # fmt: skip
CASES = [pytest.param(name, data, id=f"{name} {kind}") for kind, given in (("plain", PLAIN), ("full", FULL))
         for name, data in given.items()]  # fmt: skip
QUOTE = {"title": "Q-1", "type": "Estimate", "status": "Sent", "amount": 5.25, "issueDate": "2026-02-01"}


def complete(face: Face, type_name: str, data: Data) -> Data:
    """Give a record the parents that it needs."""
    account = face.add("accounts", title="Client", primaryEmail="client@example.com", primaryPhone=None, address=[])
    site = face.add("sites", accountId=account["id"], fullAddress="9 Elm Rd", street=None)
    names = {field.name for field in BY_NAME[type_name].references}
    parents = {"clientId": str(account["id"]), "siteId": str(site["id"])}
    return {**data, **{name: value for name, value in parents.items() if name in names}}


def found(client: RestClient, type_name: str, data: Data) -> tuple[Reply, list[Data]]:
    """Ask for a record as a look-up asks; those that are it, or what was begun of it."""
    record_type = BY_NAME[type_name]
    key = lookup.natural_key(record_type, data)
    replies = list(client.find(record_type, {"matches": [key], "createdSince": SINCE}))
    nodes = [node for reply in replies if reply.data for node in reply.data["nodes"]]
    return replies[-1], [
        node for node in nodes if lookup._matches(node, key) or client.begun(record_type, node, data)
    ]  # fmt: skip


def send(client: RestClient, type_name: str, data: Data, rounds: int = 5) -> str:
    """Send a record as a delivery does: an open outcome is looked up before anything is sent again."""
    record_type = BY_NAME[type_name]
    reply = client.create(record_type, [data])
    for _ in range(rounds):
        if reply.outcome is Outcome.DONE:
            assert reply.results[0].id is not None, reply
            return reply.results[0].id
        if reply.outcome is not Outcome.OPEN:
            reply = client.create(record_type, [data])
            continue
        looked, nodes = found(client, type_name, data)
        if looked.outcome is not Outcome.DONE:
            continue
        whole = [node for node in nodes if lookup._holds(record_type, node, data)]
        if whole:
            return whole[0]["id"]
        assert all(client.begun(record_type, node, data) for node in nodes), "nobody can tell whose this is"
        reply = client.update(record_type, [nodes[0]["id"]], [data]) if nodes else client.create(record_type, [data])
        if nodes and reply.outcome is not Outcome.DONE:
            reply = replace(reply, outcome=Outcome.OPEN)
    raise AssertionError(f"not sent after {rounds} rounds: {reply}")


def only(client: RestClient, face: Face, type_name: str, data: Data, before: int) -> Data:
    """Give the one record that was made, as Coperniq tells it."""
    name = "quotes" if data.get("type") == "Estimate" else LISTS[type_name]
    assert len(face.held[name]) == before + 1
    (node,) = found(client, type_name, data)[1]
    return node


def same(data: Data, node: Data) -> bool:
    return lookup.differing(node, data) == [] and set(data) <= set(node)


@pytest.mark.parametrize(("type_name", "data"), [*CASES, pytest.param("FinancialDocument", QUOTE, id="Quote")])
def test_comes_back_as_it_was_sent(client: RestClient, face: Face, type_name: str, data: Data) -> None:
    data = complete(face, type_name, data)
    before = len(face.held[LISTS[type_name]]) if data.get("type") != "Estimate" else 0
    assert client.missing(BY_NAME[type_name]) is None
    assert client.problem(BY_NAME[type_name], data) is None
    id_ = send(client, type_name, data)
    node = only(client, face, type_name, data, before)
    assert node["id"] == id_
    assert same(data, node), lookup.differing(node, data)
    (by_id,) = client.find(BY_NAME[type_name], {"ids": [id_]})
    assert by_id.data is not None
    assert [same(data, one) for one in by_id.data["nodes"]] == [True]


@pytest.mark.parametrize("fault", ["drop", "lose", "page 502", "status 429", "status 503"])
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize(("type_name", "data"), [*CASES, pytest.param("FinancialDocument", QUOTE, id="Quote")])
def test_is_made_once_whichever_request_fails(
    client: RestClient, face: Face, type_name: str, data: Data, place: int, fault: str
) -> None:
    data = complete(face, type_name, data)
    before = len(face.held[LISTS[type_name]]) if data.get("type") != "Estimate" else 0
    face.fail(".*", *["pass"] * place, fault)
    id_ = send(client, type_name, data)
    face.recover()
    node = only(client, face, type_name, data, before)
    assert (node["id"], same(data, node)) == (id_, True)


@pytest.mark.parametrize(("type_name", "data"), CASES)
def test_an_update_is_as_good_as_a_create(client: RestClient, face: Face, type_name: str, data: Data) -> None:
    full, plain = complete(face, type_name, FULL[type_name]), None
    parents = {key: value for key, value in full.items() if key not in FULL[type_name]}
    plain = {**PLAIN[type_name], **parents}
    key = {name: full[name] for name in ("issueDate", "startDate") if name in full}
    id_ = send(client, type_name, plain)
    changed = {**plain, **{**data, **parents}, **key}
    reply = client.update(BY_NAME[type_name], [id_], [changed])
    assert (reply.outcome, reply.results[0].id) == (Outcome.DONE, id_)
    (by_id,) = client.find(BY_NAME[type_name], {"ids": [id_]})
    assert by_id.data is not None
    assert same(changed, by_id.data["nodes"][0]), lookup.differing(by_id.data["nodes"][0], changed)
    requests = len(face.seen)
    again = client.update(BY_NAME[type_name], [id_], [changed])
    assert again.results[0].id == id_
    assert [one for one in face.seen[requests:] if not one.startswith("GET") and "/contacts" not in one] == []


@pytest.mark.parametrize("type_name", LISTS)
def test_what_is_deleted_is_gone_for_every_question(client: RestClient, face: Face, type_name: str) -> None:
    data = complete(face, type_name, PLAIN[type_name])
    id_ = send(client, type_name, data)
    record_type = BY_NAME[type_name]
    assert client.delete(record_type, [id_]).results[0].id == id_
    again = client.delete(record_type, [id_])
    assert again.results[0].is_gone or type_name == "Asset"
    assert client.update(record_type, [id_], [data]).results[0].is_gone
    (by_id,) = client.find(record_type, {"ids": [id_]})
    assert by_id.data == {"nodes": []}
    assert found(client, type_name, data)[1] == []


def test_a_key_that_is_refused_stops_everything(face: Face) -> None:
    client = RestClient(face.url, "wrong", 112)
    reply = client.create(BY_NAME["Contact"], [PLAIN["Contact"]])
    assert (reply.outcome, reply.status) == (Outcome.UNAUTHORISED, 401)
    client.close()
    assert KEY not in repr(client)
