"""The contract's requests as a whole: keys, companies, documents, variables, scalars and limits."""

from __future__ import annotations

import pytest

from tests.conftest import shared_file
from tests.integration.sandbox.contract_client import SDL, TYPES, ContractClient, Fields, moment, unique

CREATE = """
  mutation Create($companyId: Int!, $input: [ContactInput!]!) {
    createContacts(companyId: $companyId, input: $input) { transactionId }
  }
"""
LIST = """
  query List($companyId: Int!, $first: Int = 1) {
    contacts(companyId: $companyId, first: $first) { nodes { id } }
  }
"""


def test_the_sandbox_serves_the_contract_that_is_shared() -> None:
    assert SDL.read_bytes() == shared_file("coperniq/schema.graphql").read_bytes()


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic sandbox-key", "Bearer", "sandbox-key"])
def test_a_key_that_is_not_known_is_unauthenticated(coperniq: ContractClient, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    response = coperniq.session.post(coperniq.url, json={"query": "{ __typename }"}, headers=headers, timeout=30)
    assert response.status_code == 401
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["UNAUTHENTICATED"]


def test_another_company_is_forbidden(coperniq: ContractClient) -> None:
    other = coperniq.company_id + 1
    for reply in (
        coperniq.post(LIST, {"companyId": other}),
        coperniq.post(CREATE, {"companyId": other, "input": [coperniq.sample("Contact")]}),
        coperniq.post(f'mutation {{ deleteContacts(companyId: {other}, ids: ["x"]) {{ transactionId }} }}'),
    ):
        assert reply.response.status_code == 200
        assert (reply.data, reply.codes) == (None, ["FORBIDDEN"])


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ contacts(", {}),
        ("", {}),
        ("{ contacts(companyId: 1) { nodes { nickname } } }", {}),
        ("{ contacts { nodes { id } } }", {}),
        ("subscription { contacts { nodes { id } } }", {}),
        (LIST, {}),
        (LIST, {"companyId": "112"}),
        (LIST, {"companyId": 2**31}),
        (CREATE, {"companyId": 112}),
        (CREATE, {"companyId": 112, "input": [{"emails": ["a@example.com"]}]}),
        (CREATE, {"companyId": 112, "input": [{"name": None, "emails": ["a@example.com"]}]}),
        (CREATE, {"companyId": 112, "input": [{"name": 5, "emails": ["a@example.com"]}]}),
        (CREATE, {"companyId": 112, "input": [{"name": "A", "emails": [None]}]}),
        (CREATE, {"companyId": 112, "input": [{"name": "A", "email": "a@example.com"}]}),
        (CREATE, {"companyId": 112, "input": [None]}),
        ("{" * 5000, {}),
        ("{a" * 5000 + "}" * 5000, {}),
        ("{ contacts(companyId: " + "[" * 5000 + "]" * 5000 + ") { nodes { id } } }", {}),
    ],
)
def test_what_is_not_the_contract_is_bad_user_input(coperniq: ContractClient, query: str, variables: Fields) -> None:
    reply = coperniq.post(query, variables)
    assert reply.response.status_code == 200
    assert reply.data is None
    assert set(reply.codes) == {"BAD_USER_INPUT"}


def test_null_for_an_argument_with_a_default_is_bad_user_input(coperniq: ContractClient) -> None:
    assert coperniq.post(LIST, {"companyId": coperniq.company_id, "first": None}).codes == ["BAD_USER_INPUT"]


def test_the_operation_is_chosen_by_name(coperniq: ContractClient) -> None:
    query = "query One { __typename } query Two { two: __typename }"
    assert coperniq.post(query, operationName="Two").data == {"two": "Query"}
    assert coperniq.post(query, operationName="Three").codes == ["BAD_USER_INPUT"]
    assert coperniq.post(query).codes == ["BAD_USER_INPUT"]


def test_a_document_may_use_all_of_graphql(coperniq: ContractClient) -> None:
    (id_,) = coperniq.create("Contact", coperniq.sample("Contact", name="Ann"))
    query = """
      query Both($companyId: Int!, $id: ID!, $no: Boolean!) {
        one: contacts(companyId: $companyId, where: {ids: [$id]}) { nodes { ...Who } } none:
        contacts(companyId: $companyId, where: {ids: ["nobody"]}, first: 1) { nodes { id @skip(if: $no) name }
        } __schema { queryType { name } }
      }
      fragment Who on Record { __typename id companyId ... on Contact { name } }
    """
    reply = coperniq.post(query, {"companyId": coperniq.company_id, "id": id_, "no": True})
    assert reply.errors == []
    who = {"__typename": "Contact", "id": id_, "companyId": coperniq.company_id, "name": "Ann"}
    assert reply.data == {
        "one": {"nodes": [who]},
        "none": {"nodes": []},
        "__schema": {"queryType": {"name": "Query"}},
    }


@pytest.mark.parametrize(
    "value", ["2024-02-30", "2024-2-03", "20240203", "02/03/2024", "2024-02-03T00:00:00Z", "", 45000]
)
def test_what_is_no_date_is_refused(coperniq: ContractClient, value: object) -> None:
    reply = coperniq.send("create", "Asset", input=[{"name": "A", "type": "B", "siteId": "C", "installDate": value}])
    assert reply.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-03",
        "2024-02-03 10:00:00",
        "2024-02-03T25:00:00",
        "2024-02-30T10:00:00Z",
        "2024-02-03T10Z",
        "10:00",
        0,
        "0001-01-01T00:00:00+02:00",
        "2024-02-03T10:00:00 UTC",
        "2024-W05-1T10:00:00",
        "٢٠٢٤-02-03T10:00:00Z",
    ],
)
def test_what_is_no_datetime_is_refused(coperniq: ContractClient, value: object) -> None:
    reply = coperniq.send("create", "System", input=[{"name": "A", "siteId": "C", "installedAt": value}])
    assert reply.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2024-02-03T10:00:00", "2024-02-03T10:00:00Z"),
        ("2024-02-03T10:00", "2024-02-03T10:00:00Z"),
        ("2024-02-03T10:00:00+02:00", "2024-02-03T08:00:00Z"),
        ("2024-02-03T22:00:00-0500", "2024-02-04T03:00:00Z"),
        ("2024-02-03T10:00:00.250Z", "2024-02-03T10:00:00.250000Z"),
    ],
)
def test_a_datetime_is_utc_unless_it_says_otherwise(coperniq: ContractClient, sent: str, stored: str) -> None:
    sample = coperniq.sample("System", installedAt=sent)
    (id_,) = coperniq.create("System", sample)
    assert moment(coperniq.get("System", id_)["installedAt"]) == moment(stored)
    assert coperniq.match("System", {"name": sample["name"], "installedAt": sent}) == [id_]


@pytest.mark.parametrize("record_type", TYPES)
@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("create", {"input": 101}),
        ("update", {"ids": 101, "input": 101}),
        ("delete", {"ids": 101}),
        ("update", {"ids": 1, "input": 2}),
        ("update", {"ids": 2, "input": 1}),
    ],
)
def test_the_limits_of_a_batch(
    coperniq: ContractClient, record_type: str, verb: str, arguments: dict[str, int]
) -> None:
    values = {"ids": "unknown", "input": _UNSTORABLE[record_type]}
    reply = coperniq.send(verb, record_type, **{name: [values[name]] * count for name, count in arguments.items()})
    assert reply.response.status_code == 200
    assert (reply.data, reply.codes) == (None, ["BAD_USER_INPUT"])


def test_a_hundred_records_are_taken_at_once_in_order(coperniq: ContractClient) -> None:
    name = unique()
    ids = coperniq.create("Contact", *({"name": name, "phones": [str(number)]} for number in range(100)))
    assert len(set(ids)) == 100
    assert coperniq.match("Contact", {"name": name}) == ids


def test_an_empty_batch_writes_nothing(coperniq: ContractClient) -> None:
    assert coperniq.results("create", "Contact", input=[]) == []
    assert coperniq.results("update", "Contact", ids=[], input=[]) == []
    assert coperniq.results("delete", "Contact", ids=[]) == []


_UNSTORABLE: dict[str, Fields] = {
    "Contact": {"name": ""},
    "Site": {"fullAddress": "", "clientId": ""},
    "Asset": {"name": "", "type": "", "siteId": ""},
    "Task": {"title": "", "status": "", "siteId": ""},
    "System": {"name": "", "siteId": ""},
    "ServicePlanInstance": {"servicePlanId": "", "clientId": ""},
    "FinancialDocument": {"title": "", "type": "", "clientId": ""},
}
