"""Coperniq's OpenAPI file, held against what the transport sends, and whether it would notice a fault at all.

Every other test here checks its requests and answers too, where the file is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from assets.catalogue import BY_NAME
from tests import openapi
from tests.integration.coperniq.rest.face import KEY, Face
from tests.integration.coperniq.rest.test_records import FULL, QUOTE, complete, send

if TYPE_CHECKING:
    from assets.coperniq.rest.client import RestClient

ENDPOINTS = {
    "create-account", "get-account", "update-account", "delete-account", "list-accounts", "get-contact",
    "update-contact", "create-site", "get-site", "update-site", "delete-site", "list-sites", "create-asset",
    "get-asset", "update-asset", "list-assets", "create-account-work-order", "get-work-order", "list-work-orders",
    "update-account-work-order", "delete-account-work-order", "create-invoice", "get-invoice", "update-invoice",
    "delete-invoice", "list-invoices", "create-quote", "get-quote", "update-quote", "delete-quote", "list-quotes",
}  # fmt: skip


def test_every_request_and_answer_is_as_the_contract_says(
    client: RestClient, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    openapi.required()
    used: set[str] = set()
    plain = openapi.check
    monkeypatch.setattr(openapi, "check", lambda response, base: used.add(plain(response, base)))
    for name, data in [*FULL.items(), ("FinancialDocument", QUOTE)]:
        whole = complete(face, name, data)
        id_ = send(client, name, whole)
        changed = {**whole, "status": "Draft"} if "status" in whole else {**whole, "name": "New", "city": "Hoboken"}
        assert client.update(BY_NAME[name], [id_], [changed]).results[0].id == id_
        assert all(reply.data for reply in client.find(BY_NAME[name], {}))
        list(client.find(BY_NAME[name], {"matches": [[{"field": "name", "value": "x"}]]} if name == "Contact" else {}))
        list(client.find(BY_NAME[name], {"ids": [id_]}))
        assert client.delete(BY_NAME[name], [id_]).results[0].id == id_
    assert used == ENDPOINTS


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", "/nothing", None, "there is no GET /nothing"),
        ("GET", "/accounts?colour=red", None, "no parameters"),
        ("GET", "/accounts?page=x", None, "Expecting value"),
        ("POST", "/accounts?match_by=size", {"title": "T", "address": []}, "match_by"),
        ("POST", "/accounts", {"title": "T"}, "'address' is a required property"),
        ("POST", "/accounts", {"title": "T", "address": [], "colour": "red"}, "no fields {'colour'}"),
        ("POST", "/accounts", {"title": "T", "address": [], "primaryEmail": 5}, "primaryEmail"),
    ],
)
def test_a_fault_is_noticed(face: Face, method: str, path: str, body: object, said: str) -> None:
    openapi.required()
    response = requests.request(method, face.url + path, json=body, headers={"x-api-key": KEY}, timeout=5)
    with pytest.raises((AssertionError, ValueError), match=said.replace("(", r"\(")):
        openapi.check(response, face.url)


def test_a_faulty_answer_is_noticed(face: Face) -> None:
    openapi.required()
    face.add("accounts", title=5, address=[])
    response = requests.get(f"{face.url}/accounts", headers={"x-api-key": KEY}, timeout=5)
    with pytest.raises(AssertionError, match="the answer"):
        openapi.check(response, face.url)
