"""Accounts and contacts of the REST face: matching, linking, listing, searching."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.integration.sandbox.rest_client import account, email

if TYPE_CHECKING:
    from tests.integration.sandbox.rest_client import RestCaller


def test_an_account_brings_its_contact_along(rest: RestCaller) -> None:
    address, phone = email(), str(uuid.uuid4())
    made = account(rest, primaryEmail=address, primaryPhone=phone, description="source: csv")
    assert isinstance(made["id"], int)
    known = rest.get(f"/accounts/{made['id']}", include_contacts="true")
    (contact,) = known["contacts"]
    assert (contact["name"], contact["emails"], contact["phones"]) == (made["title"], [address], [phone])
    assert rest.get(f"/contacts/{contact['id']}")["accounts"] == [{"id": made["id"], "title": made["title"]}]
    assert "contacts" not in rest.get(f"/accounts/{made['id']}")


def test_an_account_without_address_of_mail_or_phone_has_no_contact(rest: RestCaller) -> None:
    assert rest.get(f"/accounts/{account(rest)['id']}", include_contacts="true")["contacts"] == []


def test_two_accounts_share_the_contact_that_matches(rest: RestCaller) -> None:
    address = email()
    first, second = (account(rest, primaryEmail=address) for _ in range(2))
    shared = [rest.get(f"/accounts/{one['id']}", include_contacts="true")["contacts"] for one in (first, second)]
    assert shared[0] == shared[1] != []


@pytest.mark.parametrize("by", ["primaryEmail", "primaryPhone", "title"])
def test_a_match_gives_the_existing_account_unchanged(rest: RestCaller, by: str) -> None:
    values = {"primaryEmail": email(), "primaryPhone": str(uuid.uuid4()), "title": f"Bob {uuid.uuid4()}"}
    made = account(rest, **values)
    other = {"title": "Other", "address": ["2 Main St"], "description": "new", by: values[by]}
    found = rest.post("/accounts", other, 200, match_by=by, match_found_strategy="skip")
    assert found == made
    assert rest.get(f"/accounts/{made['id']}") == made


def test_a_match_is_by_title_when_nothing_else_is_said(rest: RestCaller) -> None:
    made = account(rest)
    assert rest.post("/accounts", {"title": made["title"], "address": []}, 200)["id"] == made["id"]
    other = {"title": made["title"], "address": [], "primaryEmail": email()}
    assert rest.post("/accounts", other, match_by="primaryEmail")["id"] != made["id"]


def test_a_match_may_replace_or_enrich(rest: RestCaller) -> None:
    made = account(rest, primaryEmail=email())
    given = {"title": made["title"], "address": [], "primaryEmail": email(), "primaryPhone": "7"}
    enriched = rest.post("/accounts", given, 200, match_found_strategy="enrich")
    assert (enriched["primaryEmail"], enriched["primaryPhone"]) == (made["primaryEmail"], "7")
    replaced = rest.post("/accounts", given, 200, match_found_strategy="replace")
    assert replaced["primaryEmail"] == given["primaryEmail"]


def test_accounts_are_listed_by_what_they_contain_in_pages(rest: RestCaller) -> None:
    mark = uuid.uuid4().hex
    made = [account(rest, primaryEmail=f"{number}.{mark}@Example.com")["id"] for number in range(5)]
    found = [
        [one["id"] for one in rest.get("/accounts", primaryEmail=mark.upper(), page=page, page_size=2)]
        for page in (1, 2, 3, 4)
    ]
    assert found == [made[:2], made[2:4], made[4:], []]
    assert [one["id"] for one in rest.get("/accounts", q=mark, order_by="desc")] == made[::-1]
    since = rest.get(f"/accounts/{made[2]}")["updatedAt"]
    assert [one["id"] for one in rest.get("/accounts", q=mark, updated_after=since)] == made[3:]
    assert [one["id"] for one in rest.get("/accounts", q=mark, updated_before=since)] == made[:2]


def test_accounts_are_searched_by_comparisons(rest: RestCaller) -> None:
    address = email()
    made = account(rest, primaryEmail=address, description="red, hot")
    by_mail = {"prop1": "primaryEmail", "op1": "eq", "value1": address}
    assert rest.get("/accounts/search", **by_mail) == [made]
    second = {"prop2": "description", "op2": "in", "value2": '"red, hot",blue', "logic": "AND"}
    assert rest.get("/accounts/search", **by_mail, **second) == [made]
    assert rest.get("/accounts/search", **by_mail, **{**second, "op2": "nin"}) == []
    assert rest.get("/accounts/search", prop1="id", op1="between", value1=f"{made['id']},{made['id']}") == [made]
    assert rest.refused("GET", "/accounts/search", prop1="title") == (400, "op1")


def test_an_archived_account_is_listed_only_when_asked_for(rest: RestCaller) -> None:
    made = account(rest)
    rest.patch(f"/accounts/{made['id']}", {"isActive": False})
    assert rest.get("/accounts", title=made["title"]) == []
    assert [one["id"] for one in rest.get("/accounts", title=made["title"], include_archived="true")] == [made["id"]]
    assert rest.post("/accounts", {"title": made["title"], "address": []})["id"] != made["id"]


def test_an_update_keeps_what_it_leaves_out_and_clears_by_null(rest: RestCaller) -> None:
    made = account(rest, primaryEmail=email(), primaryPhone="8", description="old")
    changed = rest.patch(f"/accounts/{made['id']}", {"description": None, "title": "Cy"})
    assert changed == {**made, "description": None, "title": "Cy", "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > made["updatedAt"]


def test_contacts_are_made_found_changed_and_removed(rest: RestCaller) -> None:
    owner, address = account(rest)["id"], email()
    made = rest.post("/contacts", {"name": "Ann", "emails": [address], "phones": ["1"], "accountIds": [owner]})
    assert [one["id"] for one in rest.get("/contacts", q=address)] == [made["id"]]
    assert rest.patch(f"/contacts/{made['id']}", {"title": "Owner"})["emails"] == [address]
    rest.delete(f"/contacts/{made['id']}")
    assert rest.refused("GET", f"/contacts/{made['id']}") == (404, None)
