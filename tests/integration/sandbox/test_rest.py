"""The REST face: sites, assets, work orders, invoices and quotes, and what holds for every endpoint."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.coperniq import ledger
from tests.integration.sandbox.rest_client import RestCaller, account, asset, email

if TYPE_CHECKING:
    from tests.coperniq_server import SandboxHandle

LINE = {"catalogItemId": 1, "quantity": 2, "unitCost": 0, "unitPrice": 12.25}


def test_a_known_address_of_the_account_is_the_existing_site(rest: RestCaller) -> None:
    owner, other = account(rest)["id"], account(rest)["id"]
    made = rest.post("/sites", {"accountId": owner, "fullAddress": "12 Main St", "city": "Troy", "zipcode": "02701"})
    again = rest.post("/sites", {"accountId": owner, "fullAddress": " 12  MAIN st", "city": "Rome"}, 200)
    assert again == made
    assert rest.post("/sites", {"accountId": other, "fullAddress": "12 Main St"})["id"] != made["id"]
    assert [one["id"] for one in rest.get("/sites", accountId=owner, city="ROY", zipcode="02701")] == [made["id"]]
    assert rest.patch(f"/sites/{made['id']}", {"timezone": "America/Chicago"})["city"] == "Troy"
    rest.delete(f"/sites/{made['id']}")
    assert rest.get("/sites", accountId=owner) == []


def test_an_asset_is_made_changed_and_archived(rest: RestCaller) -> None:
    body = asset(rest, size=5, installDate="2020-02-29")
    made = rest.post("/assets", body)
    assert {name: made[name] for name in body} == body
    rest.patch(f"/assets/{made['id']}", {"name": "RTU-1", "isArchived": True})
    assert rest.get("/assets", site_id=body["siteId"]) == []
    (archived,) = rest.get("/assets", site_id=body["siteId"], is_archived="1")
    assert archived["name"] == "RTU-1"


@pytest.mark.parametrize("missing", ["manufacturer", "model", "serialNumber", "type", "siteId", "accountId"])
def test_an_asset_needs_what_the_contract_requires(rest: RestCaller, missing: str) -> None:
    body = asset(rest)
    del body[missing]
    assert rest.refused("POST", "/assets", body) == (400, missing)


def test_an_asset_stays_where_it_is(rest: RestCaller) -> None:
    made = rest.post("/assets", asset(rest))
    assert rest.refused("PATCH", f"/assets/{made['id']}", {"siteId": made["siteId"]}) == (400, "siteId")
    body = asset(rest, accountId=account(rest)["id"])
    assert rest.refused("POST", "/assets", body) == (400, "siteId")


def test_a_work_order_comes_from_its_template_and_gets_its_fields(rest: RestCaller) -> None:
    owner = account(rest)["id"]
    template = rest.get("/work-orders/templates")[0]["id"]
    made = rest.post(f"/accounts/{owner}/work-orders", {"templateId": template})
    path = f"/accounts/{owner}/work-orders/{made['id']}"
    fields = {"title": "Spring", "priority": 2, "startDate": "2024-05-01T08:30:00Z", "status": "Open"}
    changed = rest.patch(path, fields)
    assert {name: changed[name] for name in ("title", "priority", "startDate")} == {
        name: fields[name] for name in ("title", "priority", "startDate")
    }
    assert changed["status"]["label"] == "Open"
    assert changed["project"]["id"] == owner
    assert rest.get(f"/work-orders/{made['id']}") == changed == rest.get(f"/accounts/{owner}/work-orders")[0]
    assert rest.get("/work-orders", order_by="desc", page_size=1) == [changed]
    assert rest.refused("PATCH", f"/accounts/{account(rest)['id']}/work-orders/{made['id']}", {}) == (404, None)
    assert rest.refused("POST", f"/accounts/{owner}/work-orders", {"templateId": 99}) == (400, "templateId")
    rest.delete(path)
    assert rest.refused("GET", f"/work-orders/{made['id']}") == (404, None)


def test_an_invoice_is_the_sum_of_its_lines(rest: RestCaller) -> None:
    owner = account(rest)["id"]
    body = {
        "recordId": owner,
        "calculationMethod": "LINE_ITEMS",
        "lineItems": [LINE],
        "dueDate": "2024-03-31T00:00:00Z",
    }
    made = rest.post("/invoices", body)
    assert (made["amount"], made["status"], made["account"]["id"]) == (24.5, "DRAFT", owner)
    changed = rest.patch(f"/invoices/{made['id']}", {"status": "PAID", "lineItems": [{**LINE, "unitPrice": -3}]})
    assert (changed["amount"], changed["dueDate"]) == (-6, made["dueDate"])
    second = rest.post("/invoices", {**body, "status": "SENT", "issueDate": "2024-03-01T00:00:00Z"})
    page = rest.get(f"/accounts/{owner}/invoices", page_size=1)
    assert ([one["id"] for one in page["items"]], page["has_more"]) == ([made["id"]], True)
    page = rest.get(f"/accounts/{owner}/invoices", page_size=1, page=2)
    assert ([one["id"] for one in page["items"]], page["has_more"]) == ([second["id"]], False)
    assert rest.refused("POST", "/invoices", {**body, "status": "SENT"}) == (400, "issueDate")
    assert rest.refused("POST", "/invoices", {**body, "lineItems": []}) == (400, "lineItems")
    rest.delete(f"/invoices/{made['id']}")


def test_a_quote_has_its_lines_and_its_day_of_issue(rest: RestCaller) -> None:
    owner = account(rest)["id"]
    made = rest.post("/quotes", {"opportunityId": owner, "lineItems": [LINE], "title": "Roof"})
    assert (made["amount"], made["status"], made["account"]["id"]) == (24.5, "DRAFT", owner)
    issued = {"status": "SENT", "issueDate": "2024-03-01T00:00:00Z"}
    assert rest.patch(f"/quotes/{made['id']}", issued)["issueDate"] == issued["issueDate"]
    assert made["id"] in [one["id"] for one in rest.get("/quotes", status="SENT", order_by="desc")]
    draft = {"opportunityId": owner, "lineItems": [LINE], "issueDate": issued["issueDate"]}
    assert rest.refused("POST", "/quotes", draft) == (400, "issueDate")
    rest.delete(f"/quotes/{made['id']}")
    assert rest.refused("GET", f"/quotes/{made['id']}") == (404, None)


def test_what_others_refer_to_is_not_deleted(rest: RestCaller) -> None:
    body = asset(rest)
    made = rest.post("/assets", body)
    # The public contract has no failure for it.
    plain = RestCaller(rest.url, rest.key, judge=False)
    assert plain.refused("DELETE", f"/sites/{body['siteId']}") == (400, None)
    assert plain.refused("DELETE", f"/accounts/{body['accountId']}") == (400, None)
    rest.patch(f"/assets/{made['id']}", {"isArchived": True})
    rest.delete(f"/sites/{body['siteId']}")
    rest.delete(f"/accounts/{body['accountId']}")
    assert rest.refused("GET", f"/accounts/{body['accountId']}") == (404, None)


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/accounts", {"address": []}, "title"),
        ("POST", "/accounts", {"title": " ", "address": []}, "title"),
        ("POST", "/accounts", {"title": "A", "address": [], "primaryEmail": "nobody"}, "primaryEmail"),
        ("POST", "/accounts", {"title": "A", "address": [], "colour": "red"}, "colour"),
        ("POST", "/accounts", [], None),
        ("POST", "/contacts", {"name": "A", "accountIds": [0]}, "accountIds"),
        ("POST", "/sites", {"accountId": 0, "fullAddress": "A"}, "accountId"),
        ("POST", "/sites", {"accountId": "1", "fullAddress": "A"}, "accountId"),
        ("POST", "/invoices", {"recordId": 0, "calculationMethod": "LINE_ITEMS", "lineItems": [LINE]}, "recordId"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(rest: RestCaller, method: str, path: str, body: Any, field: str | None) -> None:
    assert rest.refused(method, path, body) == (400, field)


def test_what_is_refused_leaves_nothing(server: SandboxHandle, rest: RestCaller) -> None:
    before, title = ledger.operations(server.store), f"Ed {uuid.uuid4()}"
    assert rest.refused("POST", "/accounts", {"title": title, "address": [], "contacts": [0]}) == (400, "contacts")
    assert ledger.operations(server.store) == before
    assert rest.get("/accounts", title=title) == []


def test_a_parameter_that_is_not_known_is_refused(rest: RestCaller) -> None:
    assert rest.refused("GET", "/sites", colour="red") == (400, "colour")
    assert rest.refused("GET", "/assets", page="0") == (400, "page")


def test_a_key_is_needed_and_companies_are_apart(server: SandboxHandle, rest: RestCaller) -> None:
    made = account(rest)
    nobody = RestCaller(server.rest_url, "no-key", rest.judge)
    response = nobody.call("GET", "/accounts")
    assert (response.status_code, response.json()["code"]) == (401, "UNAUTHORIZED")
    stranger = RestCaller(server.rest_url, "stranger-key", rest.judge)
    assert stranger.refused("GET", f"/accounts/{made['id']}") == (404, None)
    assert stranger.get("/accounts", title=made["title"]) == []


def test_the_ledger_says_what_each_request_wrote(server: SandboxHandle, rest: RestCaller) -> None:
    made = account(rest, primaryEmail=email())
    create, contact, link = ledger.operations(server.store)[-3:]
    assert [one.name for one in (create, contact, link)] == ["create accounts", "create contacts", "update contacts"]
    assert create.request == contact.request == link.request > 0
    assert create.record_ids == (str(made["id"]),)
    assert create.values[0]["title"] == made["title"]
    assert link.values[0]["accountIds"] == [made["id"]]
    assert ledger.records(server.store, "accounts", server.company_id)[-1]["title"] == made["title"]


def test_faults_and_limits_meet_rest_too(faulty: SandboxHandle) -> None:
    rest = RestCaller(faulty.rest_url, faulty.key, judge=False)
    body = {"title": f"Dee {uuid.uuid4()}", "address": []}
    faulty.set_faults({"rules": [{"fault": "drop_after", "on": "POST /v1/accounts", "at": [1]}]})
    with pytest.raises(requests.ConnectionError):
        rest.call("POST", "/accounts", body)
    assert ledger.operations(faulty.store)[-1].fault == "drop_after"
    rest.post("/accounts", body, 200)
    faulty.set_faults({"daily": 1, "rules": [{"fault": "expired_key", "on": "PATCH /v1/sites/{id}"}]})
    responses = [rest.call("PATCH", "/sites/1", {}), rest.call("GET", "/accounts")]
    assert [response.status_code for response in responses] == [401, 429]
    assert [response.json()["code"] for response in responses] == ["UNAUTHORIZED", "DAILY_QUOTA_EXCEEDED"]
    assert int(responses[1].headers["Retry-After"]) > 3600
