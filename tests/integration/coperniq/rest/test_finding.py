"""Lists of the REST API: read to their end, resumed, and never taken for more or less than they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.catalogue import BY_NAME
from assets.coperniq.replies import Outcome
from tests.integration.coperniq.rest.face import TEMPLATE, Face
from tests.integration.coperniq.rest.test_records import PLAIN, SINCE, complete, found, send

if TYPE_CHECKING:
    from assets.coperniq.rest.client import RestClient

SITE, TASK, BILL, CONTACT = (BY_NAME[name] for name in ("Site", "Task", "FinancialDocument", "Contact"))


def fill(face: Face, name: str, count: int, **fields: Any) -> list[str]:
    return [str(face.add(name, fullAddress=f"{place} Main St", accountId=1, **fields)["id"]) for place in range(count)]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_every_page_is_read_once(client: RestClient, face: Face, count: int) -> None:
    ids = fill(face, "sites", count)
    replies = list(client.find(SITE, {}))
    assert [node["id"] for reply in replies for node in (reply.data or {})["nodes"]] == ids
    assert [reply.data["pageInfo"]["hasNextPage"] for reply in replies if reply.data][-1] is False


def test_reading_goes_on_where_it_broke_off(client: RestClient, face: Face) -> None:
    ids = fill(face, "sites", 250)
    face.fail("GET /sites", "pass", "status 503")
    first, failed = client.find(SITE, {})
    assert (failed.outcome, failed.data) == (Outcome.OPEN, None)
    assert first.data is not None
    rest = list(client.find(SITE, {}, first.data["pageInfo"]["endCursor"]))
    assert [node["id"] for reply in (first, *rest) for node in (reply.data or {})["nodes"]] == ids


def test_both_kinds_of_documents_are_read(client: RestClient, face: Face) -> None:
    of = {"status": "DRAFT", "amount": 1, "account": {"id": 1, "title": "x"}, "amountPaid": 0, "uid": 1}
    invoices = [face.add("invoices", calculationMethod="LINE_ITEMS", **of)["id"] for _ in range(101)]
    quote = face.add("quotes", **of)["id"]
    replies = list(client.find(BILL, {}))
    ids = [node["id"] for reply in replies for node in (reply.data or {})["nodes"]]
    assert ids == [*(f"invoices/{one}" for one in invoices), f"quotes/{quote}"]
    assert replies[-2].data is not None
    resumed = list(client.find(BILL, {}, replies[-2].data["pageInfo"]["endCursor"]))
    assert [node["id"] for reply in resumed for node in (reply.data or {})["nodes"]] == [f"quotes/{quote}"]


def test_pages_that_do_not_go_on_are_no_answer(client: RestClient, face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(face, "sites", 150)
    plain = face.answer
    monkeypatch.setattr(
        face, "answer", lambda method, path, params, body: plain(method, path, {**params, "page": "1"}, body)
    )
    *_, last = client.find(SITE, {})
    assert (last.outcome, last.code, last.data) == (Outcome.OPEN, "SAME_PAGE", None)


def test_asking_for_nothing_proves_that_there_is_such_a_list(client: RestClient, face: Face) -> None:
    (reply,) = client.find(CONTACT, {"ids": []})
    assert (reply.outcome, reply.data, face.seen) == (Outcome.DONE, {"nodes": []}, ["GET /accounts"])
    face.fail("GET /accounts", "status 404")
    (reply,) = client.find(CONTACT, {"ids": []})
    assert (reply.outcome, reply.data) == (Outcome.INVALID, None)


@pytest.mark.parametrize("status", ["status 400", "status 409", "status 422"])
def test_a_record_that_may_not_be_read_is_not_one_that_is_gone(client: RestClient, face: Face, status: str) -> None:
    first, second = fill(face, "sites", 2)
    face.fail("GET /sites/.*", "pass", status)
    there, failed = client.find(SITE, {"ids": [first, second, first]})
    assert there.data is not None
    assert [node["id"] for node in there.data["nodes"]] == [first]
    assert (failed.outcome, failed.data, failed.results) == (Outcome.INVALID, None, {})
    (gone,) = client.find(SITE, {"ids": ["999999999"]})
    assert (gone.outcome, gone.data) == (Outcome.DONE, {"nodes": []})


def test_an_unfilled_work_order_of_another_account_or_template_is_not_ours(client: RestClient, face: Face) -> None:
    data = complete(face, "Task", PLAIN["Task"])
    account = face.rows("accounts")[0]["id"]
    face.add("work-orders", templateId=TEMPLATE, title="x", project={"id": account + 999}, status=None, assignee=None)
    face.add("work-orders", templateId=TEMPLATE + 1, title="x", project={"id": account}, status=None, assignee=None)
    assert found(client, "Task", data)[1] == []
    mine = face.add("work-orders", templateId=TEMPLATE, title="x", project={"id": account}, status=None, assignee=None)
    assert [node["id"] for node in found(client, "Task", data)[1]] == [str(mine["id"])]
    send(client, "Task", data)
    assert found(client, "Task", {**data, "title": "Other"})[1][0]["id"] == str(mine["id"])


def test_what_is_older_than_the_question_is_not_found(client: RestClient, face: Face) -> None:
    data = complete(face, "Site", PLAIN["Site"])
    send(client, "Site", data)
    assert len(found(client, "Site", data)[1]) == 1
    face.rows("sites")[-1]["createdAt"] = "2019-12-31T23:59:59+00:00"
    assert found(client, "Site", data)[1] == []
    assert SINCE > "2019-12-31T23:59:59+00:00"


def test_a_phone_of_a_client_with_an_address_is_not_another_client(client: RestClient, face: Face) -> None:
    send(client, "Contact", PLAIN["Contact"])
    reply = client.create(CONTACT, [{"name": "Brother", "phones": PLAIN["Contact"]["phones"]}])
    assert (reply.outcome, reply.results[0].code) == (Outcome.DONE, "ANOTHER_CLIENT")
    assert face.rows("accounts")[0]["title"] == PLAIN["Contact"]["name"]


def test_an_update_keeps_what_people_wrote(client: RestClient, face: Face) -> None:
    data = complete(face, "Task", {**PLAIN["Task"], "priority": "High"})
    id_ = send(client, "Task", data)
    order = face.rows("work-orders")[0]
    order["description"] = f"Ring twice.\n\n{order['description']}"
    client.update(TASK, [id_], [{**data, "status": "Done", "priority": "Low"}])
    assert order["description"].startswith("Ring twice.\n\nImported values:\n")
    assert "priority: Low" in order["description"]
    assert order["status"]["label"] == "Done"
    client.update(TASK, [id_], [{name: value for name, value in data.items() if name != "priority"}])
    assert "priority: Low" in order["description"]


def test_an_update_creates_nothing_anew_because_two_answers_disagree(client: RestClient, face: Face) -> None:
    data = complete(face, "Task", PLAIN["Task"])
    id_ = send(client, "Task", data)
    face.fail("PATCH .*", "status 404")
    assert client.update(TASK, [id_], [{**data, "status": "Done"}]).outcome is Outcome.OPEN
    del face.rows("work-orders")[0]["project"]
    reply = client.update(TASK, [id_], [{**data, "status": "Done"}])
    assert (reply.outcome, reply.results[0].code) == (Outcome.DONE, "NO_ACCOUNT")
    assert client.delete(TASK, [id_]).results[0].code == "NO_ACCOUNT"


def test_a_refusal_of_the_second_request_takes_the_first_back(client: RestClient, face: Face) -> None:
    data = complete(face, "Task", {**PLAIN["Task"], "status": "Forbidden"})
    reply = client.create(TASK, [data])
    assert (reply.outcome, reply.results[0].field, face.rows("work-orders")) == (Outcome.DONE, "status", [])
    face.fail("DELETE .*", "drop")
    assert client.create(TASK, [data]).outcome is Outcome.OPEN
    (begun,) = found(client, "Task", data)[1]
    assert client.update(TASK, [begun["id"]], [data]).results[0].field == "status"
    assert face.rows("work-orders") == []
