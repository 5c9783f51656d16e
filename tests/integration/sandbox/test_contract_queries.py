"""The contract's queries: `where` in all its members, and pages that neither lose nor repeat a record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.sandbox.contract_client import TYPES, ContractClient, Fields, unique

TITLES = st.sampled_from(["Owner", "owner", "Tenant", ""])
STATUSES = st.sampled_from(["active", "lead"])
PHONES = st.sampled_from(["555-0100", "555-0101", "555-0102"])
CONTACTS = st.fixed_dictionaries(
    {"phones": st.lists(PHONES, min_size=1, max_size=3)}, optional={"title": TITLES, "status": STATUSES}
)
PAIRS = st.one_of(
    st.tuples(st.just("title"), TITLES),
    st.tuples(st.just("status"), STATUSES),
    st.tuples(st.just("phones"), PHONES),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contacts=st.lists(CONTACTS, min_size=1, max_size=12),
    alternatives=st.lists(st.lists(PAIRS, min_size=1, max_size=3), max_size=4),
    first=st.integers(1, 5),
)
def test_matches_agree_with_a_plain_filter(
    coperniq: ContractClient, contacts: list[Fields], alternatives: list[list[tuple[str, str]]], first: int
) -> None:
    name = unique()
    ids = coperniq.create("Contact", *({"name": name, **contact} for contact in contacts))
    where = {
        "matches": [
            [{"field": field, "value": value} for field, value in [*alternative, ("name", name)]]
            for alternative in alternatives
        ]
    }
    pages = list(coperniq.pages("Contact", where, first))
    expected = [
        id_ for id_, contact in zip(ids, contacts, strict=True) if any(_holds(contact, pairs) for pairs in alternatives)
    ]
    assert [record["id"] for page in pages for record in page] == expected
    assert all(len(page) == first for page in pages[:-1])


def _holds(contact: Fields, pairs: list[tuple[str, str]]) -> bool:
    return all(value in contact["phones"] if name == "phones" else contact.get(name) == value for name, value in pairs)


@pytest.mark.parametrize(
    ("record_type", "key"),
    [
        ("Contact", ["phones"]),
        ("Site", ["fullAddress", "clientId"]),
        ("Asset", ["serialNumber"]),
        ("Asset", ["siteId", "name"]),
        ("Task", ["siteId", "title", "startDate"]),
        ("System", ["siteId", "name"]),
        ("ServicePlanInstance", ["servicePlanId", "clientId", "startDate"]),
        ("FinancialDocument", ["clientId", "type", "title", "issueDate"]),
    ],
)
def test_a_record_is_found_by_its_natural_key(coperniq: ContractClient, record_type: str, key: list[str]) -> None:
    wanted, other = coperniq.sample(record_type), coperniq.sample(record_type)
    id_, _ = coperniq.create(record_type, wanted, other)
    pairs = {name: wanted[name][0] if isinstance(wanted[name], list) else wanted[name] for name in key}
    assert coperniq.match(record_type, pairs) == [id_]
    for name in key:
        mixed = {**pairs, name: other[name][0] if isinstance(other[name], list) else other[name]}
        assert (id_ in coperniq.match(record_type, mixed)) == (mixed == pairs)


@pytest.mark.parametrize(
    ("record_type", "pairs", "near_misses"),
    [
        ("System", {"size": "7.25", "monitored": "false"}, [{"size": "7.2"}, {"monitored": "true"}]),
        (
            "Task",
            {"isField": "true", "startDate": "2024-05-01T10:30:00+02:00"},
            [{"startDate": "2024-05-01T08:30:01"}],
        ),
        (
            "ServicePlanInstance",
            {"durationMonths": "12", "totalPrice": "1299.50"},
            [{"durationMonths": "13"}],
        ),
        ("Asset", {"installDate": "2020-02-29", "model": "48TC"}, [{"model": "48tc"}, {"model": "48TC "}]),
    ],
)
def test_every_field_can_be_matched_by_its_value(
    coperniq: ContractClient, record_type: str, pairs: dict[str, str], near_misses: list[dict[str, str]]
) -> None:
    (id_,) = coperniq.create(record_type, coperniq.sample(record_type))
    assert id_ in coperniq.match(record_type, pairs)
    for near_miss in near_misses:
        assert id_ not in coperniq.match(record_type, pairs | near_miss)


@pytest.mark.parametrize(
    "where",
    [
        {"matches": [[{"field": "nickname", "value": "x"}]]},
        {"matches": [[{"field": "createdAt", "value": "x"}]]},
        {"matches": [[]]},
        {"matches": [[{"field": "name", "value": "x"}]] * 101},
        {"matches": [[{"field": "name"}]]},
        {"matches": [[{"field": "name", "value": None}]]},
        {"ids": ["x"] * 101},
        {"createdSince": "2024-05-01"},
        {"name": "x"},
    ],
)
def test_a_where_outside_the_contract_is_bad_user_input(coperniq: ContractClient, where: Fields) -> None:
    assert coperniq.page("Contact", where=where).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("record_type", "field", "value"),
    [
        ("System", "size", "large"),
        ("System", "monitored", "yes"),
        ("Task", "startDate", "2024-05-01"),
        ("Task", "startDate", "0001-01-01T00:00:00+02:00"),
        ("Asset", "installDate", "05/01/2024"),
        ("ServicePlanInstance", "durationMonths", "1.5"),
    ],
)
def test_a_value_that_its_field_cannot_hold_is_bad_user_input(
    coperniq: ContractClient, record_type: str, field: str, value: str
) -> None:
    reply = coperniq.page(record_type, where={"matches": [[{"field": field, "value": value}]]})
    assert reply.codes == ["BAD_USER_INPUT"]


def test_nothing_is_found_by_an_empty_list_and_null_does_not_restrict(coperniq: ContractClient) -> None:
    (id_,) = coperniq.create("Contact", coperniq.sample("Contact"))
    assert coperniq.find("Contact", ids=[]) == coperniq.find("Contact", matches=[]) == []
    since = coperniq.get("Contact", id_)["createdAt"]
    for where in ({"ids": None, "matches": None, "createdSince": since}, {"createdSince": since}):
        assert [record["id"] for record in coperniq.find("Contact", **where)] == [id_]


@pytest.mark.parametrize("record_type", TYPES)
def test_ids_find_records_of_their_type(coperniq: ContractClient, record_type: str) -> None:
    ids = coperniq.create(record_type, *(coperniq.sample(record_type) for _ in range(3)))
    found = coperniq.find(record_type, ids=[ids[2], "unknown", ids[0], ids[0]])
    assert [record["id"] for record in found] == [ids[0], ids[2]]
    other = "Site" if record_type == "Contact" else "Contact"
    assert coperniq.find(other, ids=ids) == []


def test_all_members_of_a_where_must_hold(coperniq: ContractClient) -> None:
    name = unique()
    first, second, third = coperniq.create("Contact", *({"name": name, "phones": [phone]} for phone in "121"))
    matches = [[{"field": "name", "value": name}, {"field": "phones", "value": "1"}]]

    def find(**where: Any) -> list[str]:
        return [record["id"] for record in coperniq.find("Contact", **where)]

    assert find(matches=matches) == [first, third]
    assert find(matches=matches, ids=[second, third]) == [third]
    assert find(matches=matches, ids=[second]) == []
    assert find(ids=[first], createdSince="2999-01-01T00:00:00") == []
    assert find(matches=matches, createdSince="2999-01-01T00:00:00") == []


def test_created_since_is_inclusive(coperniq: ContractClient) -> None:
    name = unique()
    ids = [coperniq.create("Contact", {"name": name, "phones": ["1"]})[0] for _ in range(3)]
    times = [coperniq.get("Contact", id_)["createdAt"] for id_ in ids]
    assert times == sorted(set(times))
    matches = [[{"field": "name", "value": name}]]
    for position, since in enumerate(times):
        found = coperniq.find("Contact", matches=matches, createdSince=since)
        assert [record["id"] for record in found] == ids[position:]
    elsewhere = times[1].replace("Z", "+00:00")
    assert len(coperniq.find("Contact", matches=matches, createdSince=elsewhere)) == 2


def test_pages_lose_and_repeat_nothing_while_records_come_and_go(coperniq: ContractClient) -> None:
    name = unique()

    def add(count: int) -> list[str]:
        return coperniq.create("Contact", *({"name": name, "phones": ["1"]} for _ in range(count)))

    ids = add(7)
    where = {"matches": [[{"field": "name", "value": name}]]}
    pages = coperniq.pages("Contact", where, first=3)
    seen = [record["id"] for record in next(pages)]
    coperniq.results("delete", "Contact", ids=[ids[0], ids[2], ids[4]])
    later = add(2)
    coperniq.results("update", "Contact", ids=[ids[5]], input=[{"name": name, "title": "changed"}])
    seen += [record["id"] for page in pages for record in page]
    assert seen == [*ids[:4], *ids[5:], *later]


def test_a_page_says_whether_more_follow(coperniq: ContractClient) -> None:
    name = unique()
    coperniq.create("Contact", *({"name": name, "phones": ["1"]} for _ in range(4)))
    where = {"matches": [[{"field": "name", "value": name}]]}
    full = coperniq.page("Contact", where=where, first=4).data["page"]
    assert (len(full["nodes"]), full["pageInfo"]["hasNextPage"]) == (4, False)
    beyond = coperniq.page("Contact", where=where, first=4, after=full["pageInfo"]["endCursor"]).data["page"]
    assert beyond == {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    part = coperniq.page("Contact", where=where, first=3).data["page"]
    assert (len(part["nodes"]), part["pageInfo"]["hasNextPage"]) == (3, True)


@pytest.mark.parametrize("first", [0, -1, 101])
def test_a_page_holds_one_to_a_hundred_records(coperniq: ContractClient, first: int) -> None:
    assert coperniq.page("Contact", first=first).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("after", ["", "x", "MTox!", "MTo=", "LTE6LTE=", "9" * 60, "é"])
def test_a_cursor_is_the_server_s_own(coperniq: ContractClient, after: str) -> None:
    assert coperniq.page("Contact", after=after).codes == ["BAD_USER_INPUT"]
