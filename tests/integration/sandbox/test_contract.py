"""The contract's mutations: what is stored, what is refused, and that a refusal concerns its own input only."""

from __future__ import annotations

import pytest

from tests.integration.sandbox.contract_client import (
    TYPES,
    ContractClient,
    comparable,
    input_fields,
    required_fields,
    unique,
)

REFERENCES = [
    ("Site", "clientId", "Contact"),
    ("Asset", "siteId", "Site"),
    ("Task", "siteId", "Site"),
    ("Task", "assetId", "Asset"),
    ("System", "siteId", "Site"),
    ("ServicePlanInstance", "clientId", "Contact"),
    ("FinancialDocument", "clientId", "Contact"),
]


@pytest.mark.parametrize("record_type", TYPES)
def test_a_record_comes_back_as_it_was_sent(coperniq: ContractClient, record_type: str) -> None:
    sample = coperniq.sample(record_type)
    assert set(sample) == set(input_fields(record_type))
    (id_,) = coperniq.create(record_type, sample)
    record = coperniq.get(record_type, id_)
    stored = {name: record[name] for name in sample}
    assert comparable(record_type, stored) == comparable(record_type, sample)
    assert record["companyId"] == coperniq.company_id
    assert record["createdAt"] == record["updatedAt"]


@pytest.mark.parametrize("record_type", TYPES)
def test_the_required_fields_suffice(coperniq: ContractClient, record_type: str) -> None:
    needed = {*required_fields(record_type), *(["phones"] if record_type == "Contact" else [])}
    sample = {name: value for name, value in coperniq.sample(record_type).items() if name in needed}
    (id_,) = coperniq.create(record_type, sample)
    record = coperniq.get(record_type, id_)
    for name in input_fields(record_type):
        assert record[name] == sample.get(name, [] if name == "emails" else None)


@pytest.mark.parametrize("text", ["naïve 空調 🛠", 'quote " \\ / \b', "nul \x00 nul", "  spaces  ", "line\r\nbreak"])
def test_text_is_kept_and_found_to_the_letter(coperniq: ContractClient, text: str) -> None:
    name = unique(text)
    (id_,) = coperniq.create("Contact", coperniq.sample("Contact", name=name))
    assert coperniq.get("Contact", id_)["name"] == name
    assert coperniq.match("Contact", {"name": name}) == [id_]


def test_there_is_no_idempotency(coperniq: ContractClient) -> None:
    sample = coperniq.sample("Contact")
    first, second = (
        coperniq.send("create", "Contact", input=[sample]),
        coperniq.send("create", "Contact", input=[sample]),
    )
    assert first.data["payload"]["transactionId"] != second.data["payload"]["transactionId"]
    assert len(coperniq.match("Contact", {"name": sample["name"]})) == 2


def test_a_refused_input_leaves_the_others_alone(coperniq: ContractClient) -> None:
    good, name = coperniq.sample("Contact"), unique()
    refused = {"name": name}
    results = coperniq.results("create", "Contact", input=[good, refused, good, refused])
    assert [result["id"] is None for result in results] == [False, True, False, True]
    assert coperniq.match("Contact", {"name": good["name"]}) == [results[0]["id"], results[2]["id"]]
    assert coperniq.match("Contact", {"name": name}) == []


@pytest.mark.parametrize("blank", ["", " \t\n"])
@pytest.mark.parametrize(("record_type", "field"), [(kind, name) for kind in TYPES for name in required_fields(kind)])
def test_a_blank_required_field_is_refused(coperniq: ContractClient, record_type: str, field: str, blank: str) -> None:
    sample = coperniq.sample(record_type)
    assert coperniq.refusals("create", record_type, input=[{**sample, field: blank}]) == [("REQUIRED", field)]
    (id_,) = coperniq.create(record_type, sample)
    refusals = coperniq.refusals("update", record_type, ids=[id_], input=[{**sample, field: blank}])
    assert refusals == [("REQUIRED", field)]
    assert coperniq.get(record_type, id_)[field] == sample[field]


@pytest.mark.parametrize("reach", [{}, {"emails": [], "phones": None}])
def test_a_contact_needs_an_email_or_a_phone(coperniq: ContractClient, reach: dict[str, object]) -> None:
    assert coperniq.refusals("create", "Contact", input=[{"name": "Ann", **reach}]) == [("REQUIRED", "emails")]
    (id_,) = coperniq.create("Contact", {"name": "Ann", "phones": ["1"]})
    changes = {"name": "Ann", "phones": []}
    assert coperniq.refusals("update", "Contact", ids=[id_], input=[changes]) == [("REQUIRED", "emails")]
    assert coperniq.refusals("update", "Contact", ids=[id_], input=[{**changes, "emails": ["a@example.com"]}]) == []


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@@example.com",
        "a b@example.com",
        "ann@example..com",
    ],
)
def test_a_malformed_email_is_refused(coperniq: ContractClient, email: str) -> None:
    contact = {"name": "Ann", "emails": ["ann@example.com", email]}
    assert coperniq.refusals("create", "Contact", input=[contact]) == [("INVALID", "emails")]


def test_a_blank_phone_is_refused(coperniq: ContractClient) -> None:
    assert coperniq.refusals("create", "Contact", input=[{"name": "A", "phones": [" "]}]) == [("INVALID", "phones")]


@pytest.mark.parametrize(("record_type", "field", "parent"), REFERENCES)
def test_a_reference_must_be_a_record_of_its_type(
    coperniq: ContractClient, record_type: str, field: str, parent: str
) -> None:
    other = "Site" if parent == "Contact" else "Contact"
    (wrong,) = coperniq.create(other, coperniq.sample(other))
    sample = coperniq.sample(record_type)
    (id_,) = coperniq.create(record_type, sample)
    for value in ("unknown", wrong, sample[field] + "\x00", sample[field].lower()):
        bad = {**sample, field: value}
        assert coperniq.refusals("create", record_type, input=[bad]) == [("NOT_FOUND", field)]
        assert coperniq.refusals("update", record_type, ids=[id_], input=[bad]) == [("NOT_FOUND", field)]
    assert coperniq.get(record_type, id_)[field] == sample[field]


@pytest.mark.parametrize(("record_type", "field", "parent"), REFERENCES)
def test_a_record_in_use_is_not_deleted(coperniq: ContractClient, record_type: str, field: str, parent: str) -> None:
    sample = coperniq.sample(record_type)
    (id_,) = coperniq.create(record_type, sample)
    assert coperniq.refusals("delete", parent, ids=[sample[field]])[0][0] == "IN_USE"
    assert coperniq.get(parent, sample[field])
    assert coperniq.refusals("delete", record_type, ids=[id_]) == []
    assert coperniq.refusals("delete", parent, ids=[sample[field]]) == []
    assert coperniq.find(parent, ids=[sample[field]]) == []


@pytest.mark.parametrize("record_type", TYPES)
def test_an_update_keeps_what_is_left_out_and_clears_what_is_null(coperniq: ContractClient, record_type: str) -> None:
    sample, required = coperniq.sample(record_type), required_fields(record_type)
    (id_,) = coperniq.create(record_type, sample)
    before = coperniq.get(record_type, id_)
    needed = {name: sample[name] for name in required}
    assert coperniq.refusals("update", record_type, ids=[id_], input=[needed]) == []
    kept = coperniq.get(record_type, id_)
    assert {**kept, "updatedAt": None} == {**before, "updatedAt": None}
    assert kept["updatedAt"] > before["updatedAt"]

    nullable = [name for name in sample if name not in required and name != "phones"]
    cleared = {**needed, **dict.fromkeys(nullable)}
    assert coperniq.refusals("update", record_type, ids=[id_], input=[cleared]) == []
    after = coperniq.get(record_type, id_)
    assert {name: after[name] for name in nullable} == {name: [] if name == "emails" else None for name in nullable}
    assert after["createdAt"] == before["createdAt"]


def test_a_changed_value_is_found_and_the_old_one_is_not(coperniq: ContractClient) -> None:
    old, new = coperniq.sample("Contact"), coperniq.sample("Contact")
    (id_,) = coperniq.create("Contact", old)
    assert coperniq.refusals("update", "Contact", ids=[id_], input=[new]) == []
    for name, value in (("name", "name"), ("emails", 0), ("phones", 0)):
        old_value, new_value = (each[name] if value == name else each[name][0] for each in (old, new))
        assert coperniq.match("Contact", {name: old_value}) == []
        assert coperniq.match("Contact", {name: new_value}) == [id_]


def test_an_id_that_comes_twice_is_updated_twice_and_deleted_once(coperniq: ContractClient) -> None:
    (id_,) = coperniq.create("Contact", coperniq.sample("Contact"))
    changes = [{"name": "first", "title": "first"}, {"name": "second"}]
    results = coperniq.results("update", "Contact", ids=[id_, id_], input=changes)
    assert [result["id"] for result in results] == [id_, id_]
    record = coperniq.get("Contact", id_)
    assert (record["name"], record["title"]) == ("second", "first")
    results = coperniq.results("delete", "Contact", ids=[id_, id_])
    assert [result["id"] for result in results] == [id_, None]
    assert results[1]["userErrors"][0]["code"] == "NOT_FOUND"


def test_an_unknown_record_is_not_found(coperniq: ContractClient) -> None:
    (site,) = coperniq.create("Site", coperniq.sample("Site"))
    for id_ in ("unknown", "", site):
        assert (
            coperniq.refusals("update", "Contact", ids=[id_], input=[coperniq.sample("Contact")])[0][0] == "NOT_FOUND"
        )
        assert coperniq.refusals("delete", "Contact", ids=[id_])[0][0] == "NOT_FOUND"
    assert coperniq.get("Site", site)
