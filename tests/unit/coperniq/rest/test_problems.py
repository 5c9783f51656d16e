"""What is told before any request: types that cannot be sent, records that cannot, and what is asked of nobody."""

from __future__ import annotations

from typing import Any

import pytest

from assets.catalogue import BY_NAME, TYPES
from assets.coperniq.replies import Outcome
from assets.coperniq.rest.client import Configured, RestClient

NOWHERE = "http://127.0.0.1:9/v1"
FULL = RestClient(NOWHERE, "secret-key", 112, Configured(1, 2))
ASSET = {"name": "A", "type": "Fan", "manufacturer": "M", "model": "m", "serialNumber": "S", "siteId": "5"}
BILL = {"title": "T", "type": "Invoice", "amount": 5.0, "clientId": "5"}


def test_types_without_an_endpoint_or_a_setting_say_what_to_do() -> None:
    said = {one.name: RestClient(NOWHERE, "k", 1).missing(one) or "" for one in TYPES}
    assert [name for name, why in said.items() if not why] == ["Contact", "Site", "Asset"]
    assert "set COPERNIQ_REST_WORK_ORDER_TEMPLATE to the id" in said["Task"]
    assert "set COPERNIQ_REST_CATALOG_ITEM to the id" in said["FinancialDocument"]
    for name in ("System", "ServicePlanInstance"):
        assert "no endpoint" in said[name]
        assert "COPERNIQ_TRANSPORT=graphql" in said[name]
    assert [one.name for one in TYPES if FULL.missing(one)] == ["System", "ServicePlanInstance"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("Asset", {**ASSET, "model": ""}, "takes no asset without model:"),
        ("Asset", {"name": "A", "type": "Fan", "siteId": "5"}, "without manufacturer, model and serialNumber:"),
        ("Asset", {**ASSET, "siteId": "st_9"}, "siteId: 'st_9' is no id of Coperniq's REST API"),
        ("Site", {"fullAddress": "1 Main St", "clientId": "0"}, "clientId: '0' is no id"),
        ("Task", {"title": "T", "status": "s", "siteId": "5", "assetId": "x"}, "assetId: 'x' is no id"),
        ("FinancialDocument", {**BILL, "type": "Credit note"}, "neither an invoice nor a quote"),
        ("FinancialDocument", {**BILL, "amount": None}, "amount is missing"),
        ("FinancialDocument", {**BILL, "status": "Overdue"}, "(DRAFT, SENT, PARTIALLY_PAID, PAID)"),
        ("FinancialDocument", {**BILL, "status": "Partially paid"}, "issueDate is missing"),
        ("FinancialDocument", {**BILL, "recordId": "r"}, "recordId: 'r' is no id"),
        ("FinancialDocument", {**BILL, "type": "quote", "status": "Paid"}, "APPROVED"),
    ],
)
def test_a_record_that_cannot_be_sent_says_why(name: str, data: dict[str, Any], said: str) -> None:
    problem = FULL.problem(BY_NAME[name], data)
    assert problem is not None
    assert said in problem


@pytest.mark.parametrize(
    ("name", "data"),
    [("Asset", ASSET), ("FinancialDocument", BILL), ("FinancialDocument", {**BILL, "type": " ESTIMATE "})],
)
def test_a_record_that_can_be_sent_has_no_problem(name: str, data: dict[str, Any]) -> None:
    assert FULL.problem(BY_NAME[name], data) is None


@pytest.mark.parametrize("id_", ["ct_1", "", "0", "-1", "quotes/1"])
def test_an_id_of_another_api_is_refused_without_a_request(id_: str) -> None:
    site = BY_NAME["Site"]
    for reply in (FULL.update(site, [id_], [{}]), FULL.delete(site, [id_])):
        assert (reply.outcome, reply.on_wire, reply.results[0].code) == (Outcome.DONE, False, "NOT_AN_ID")
        assert not reply.results[0].is_gone
    assert list(FULL.find(site, {"ids": [id_]})) == []


def test_a_type_without_an_endpoint_is_asked_nothing() -> None:
    (reply,) = FULL.find(BY_NAME["System"], {"matches": []})
    assert (reply.outcome, reply.on_wire, reply.data) == (Outcome.NOT_CARRIED_OUT, False, None)


def test_the_key_is_shown_nowhere() -> None:
    assert "secret-key" not in repr(FULL)
