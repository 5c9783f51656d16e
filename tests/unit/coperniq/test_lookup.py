"""Which record of Coperniq is which one of ours, where the outcome of a create is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import catalogue
from assets.coperniq import lookup
from assets.coperniq.claims import Claimed
from assets.coperniq.replies import Outcome, Reply
from assets.coperniq.store import Unresolved
from tests.unit.coperniq.answers import NOW, claimed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assets.coperniq.client import CoperniqClient
    from assets.record_types import RecordType

CONTACT, SITE, ASSET, TASK = (catalogue.BY_NAME[name] for name in ("Contact", "Site", "Asset", "Task"))
PLAN, BILL = (catalogue.BY_NAME[name] for name in ("ServicePlanInstance", "FinancialDocument"))


class Library:
    """Stands for a client: keeps what it is asked, and answers with the nodes that it holds."""

    batch = 100

    def __init__(self, *nodes: dict[str, Any], pages: int = 1) -> None:
        self.nodes, self.pages, self.asked = list(nodes), pages, cast("list[dict[str, Any]]", [])

    def find(self, _: RecordType, where: dict[str, Any]) -> Iterator[Reply]:
        self.asked.append(where)
        for page in range(self.pages):
            yield Reply(Outcome.DONE, 200, 1, data={"nodes": self.nodes[page :: self.pages]})

    @staticmethod
    def begun(*_: object) -> bool:
        return False


def settled(
    record_type: RecordType, creates: list[Claimed], *nodes: dict[str, Any], known: frozenset[str] = frozenset()
) -> tuple[dict[int, str], list[int], list[int]]:
    """Look creates up among nodes; give ids, absent and doubtful ones by the number of their row."""
    _, found = lookup.sent(cast("CoperniqClient", Library(*nodes)), record_type, creates)
    became = lookup.settle(record_type, creates, found, known, Library.begun)
    by_number = {record.record_number: id_ for record, id_ in became.carried_out}
    assert len(by_number) + len(became.absent) + len(became.doubtful) == len(creates)
    return by_number, [r.record_number for r in became.absent], [r.record_number for r in became.doubtful]


def node(id_: str, at: int = 0, **fields: object) -> dict[str, Any]:
    return {"id": id_, "createdAt": (NOW + timedelta(seconds=at)).isoformat(), **fields}


@pytest.mark.parametrize(
    ("record_type", "data", "pairs"),
    [
        (CONTACT, {"name": "Ada", "emails": ["a@x", "b@x"], "phones": ["+1"]}, {"emails": "a@x"}),
        (CONTACT, {"name": "Ada", "phones": ["+1", "+2"]}, {"phones": "+1"}),
        (SITE, {"fullAddress": "1 Oak", "clientId": "c", "city": "X"}, {"fullAddress": "1 Oak", "clientId": "c"}),
        (ASSET, {"name": "AC", "siteId": "s", "serialNumber": "S1"}, {"serialNumber": "S1"}),
        (ASSET, {"name": "AC", "siteId": "s", "type": "t"}, {"siteId": "s", "name": "AC"}),
        (TASK, {"title": "Fix", "siteId": "s"}, {"siteId": "s", "title": "Fix"}),
        (PLAN, {"servicePlanId": "p", "clientId": "c"}, {"servicePlanId": "p", "clientId": "c"}),
        (
            BILL, {"clientId": "c", "type": "Invoice", "title": "7", "issueDate": "2026-01-02", "amount": 1.5},
            {"clientId": "c", "type": "Invoice", "title": "7", "issueDate": "2026-01-02"},
        ),
    ],
)  # fmt: skip
def test_the_natural_key_is_asked_for_as_it_was_sent(
    record_type: RecordType, data: dict[str, Any], pairs: dict[str, str]
) -> None:
    assert {pair["field"]: pair["value"] for pair in lookup.natural_key(record_type, data)} == pairs


def test_only_records_since_the_intent_are_asked_for_with_room_for_wrong_clocks() -> None:
    library = Library()
    lookup.sent(cast("CoperniqClient", library), CONTACT, [claimed(1, name="A", emails=["a@x"])])
    (where,) = library.asked
    assert where["createdSince"] == (NOW - lookup.CLOCK_TOLERANCE).isoformat()
    assert where["matches"] == [[{"field": "emails", "value": "a@x"}]]


def test_what_is_there_was_carried_out_and_what_is_not_was_not() -> None:
    creates = [claimed(n, name=f"P{n}", emails=[f"p{n}@x"]) for n in (1, 2)]
    found = settled(CONTACT, creates, node("c2", name="P2", emails=["p2@x"], phones=[], title=None))
    assert found == ({2: "c2"}, [1], [])


def test_other_values_under_the_key_leave_it_doubtful() -> None:
    assert settled(CONTACT, [claimed(1, name="Ada", emails=["a@x"])], node("c", name="Bob", emails=["a@x"])) == (
        {}, [], [1],
    )  # fmt: skip


def test_a_record_that_is_known_as_another_one_is_not_it() -> None:
    creates = [claimed(1, name="Ada", emails=["a@x"])]
    assert settled(CONTACT, creates, node("c", name="Ada", emails=["a@x"]), known=frozenset("c")) == ({}, [1], [])


def test_of_two_that_fit_the_older_one_is_taken() -> None:
    creates = [claimed(1, name="Ada", emails=["a@x"])]
    nodes = [node("young", 5, name="Ada", emails=["a@x"]), node("old", 1, name="Ada", emails=["a@x"])]
    assert settled(CONTACT, creates, *nodes) == ({1: "old"}, [], [])


def test_a_record_with_nothing_beside_what_was_sent_is_preferred() -> None:
    ours = {"name": "Ada", "emails": ["a@x"]}
    nodes = [node("other", title="Dr", **ours), node("ours", 1, title=None, phones=[], **ours)]
    assert settled(CONTACT, [claimed(1, **ours)], *nodes) == ({1: "ours"}, [], [])


def test_nothing_is_taken_twice() -> None:
    creates = [claimed(n, name="Ada", emails=["a@x"]) for n in (1, 2)]
    assert settled(CONTACT, creates, node("c", name="Ada", emails=["a@x"])) == ({1: "c"}, [2], [])


def test_a_key_without_its_last_part_does_not_take_the_record_that_has_it() -> None:
    """The look-up leaves a null out, so that it finds tasks of other days too."""
    dated = {"title": "Check", "status": "new", "siteId": "s", "startDate": "2026-05-01T00:00:00Z"}
    undated = {"title": "Check", "status": "new", "siteId": "s"}
    creates = [claimed(1, **undated), claimed(2, **dated)]
    nodes = [node("a", startDate="2026-05-01T00:00:00.000+00:00", **{**undated}), node("b", **undated)]
    assert settled(TASK, creates, *nodes) == ({1: "b", 2: "a"}, [], [])
    assert settled(TASK, creates[:1], nodes[0]) == ({}, [], [1])


def test_the_fullest_record_chooses_first_where_coperniq_fills_fields() -> None:
    short, full = {"name": "Ada", "emails": ["a@x"]}, {"name": "Ada", "emails": ["a@x"], "title": "Dr"}
    nodes = [node("full", status="Active", **full), node("short", 1, status="Active", **short)]
    assert settled(CONTACT, [claimed(1, **short), claimed(2, **full)], *nodes) == ({1: "short", 2: "full"}, [], [])


def test_a_record_that_only_lists_the_value_beside_its_own_is_not_mistaken() -> None:
    """A contact's second e-mail may be another contact's first one."""
    first, second = {"name": "A", "emails": ["a@x", "b@x"]}, {"name": "B", "emails": ["b@x"]}
    assert settled(CONTACT, [claimed(1, **second), claimed(2, **first)], node("c", **first)) == ({2: "c"}, [1], [])


def test_a_contact_known_by_phone_is_not_taken_for_one_that_has_an_email() -> None:
    creates = [claimed(1, name="Ada", phones=["+12125550100"])]
    nodes = [node("c", name="Ada", phones=["+12125550100"], emails=["ada@x"])]
    assert settled(CONTACT, creates, *nodes) == ({}, [], [1])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2026-05-01T08:30:00Z", "2026-05-01T10:30:00.000+02:00", True),
        ("2026-05-01T08:30:00Z", "2026-05-01 08:30", True),
        ("2026-05-01T08:30:00Z", "2026-05-01T08:31:00Z", False), ("2026-05-01", "2026-05-01T00:00:00Z", False),
        ("20260501", "2026-05-01", False), ("2026-W18-5", "2026-05-01", False), ("2026-99-99T00:00", "x", False),
        (["a", "b"], ["b", "a"], True), (["a"], ["a", "a"], False), ([], None, True), (1, 1.0, True), (None, "", False),
        ("Ada", "ada", False), (None, 0, False), (None, False, False),
    ],
)  # fmt: skip
def test_values_are_the_same_in_another_form(one: object, other: object, *, same: bool) -> None:
    assert lookup._same(one, other) is same
    assert lookup._same(other, one) is same


names = st.sampled_from(["Ada", "Bob"])
people = st.fixed_dictionaries({"name": names, "emails": st.just(["a@x"])}, optional={"title": names})


@given(st.lists(people, min_size=1, max_size=4), st.lists(st.tuples(people, st.booleans()), max_size=4))
def test_each_record_gets_one_verdict_and_each_id_one_record(
    ours: list[dict[str, Any]], theirs: list[tuple[dict[str, Any], bool]]
) -> None:
    creates = [claimed(number, **data) for number, data in enumerate(ours)]
    nodes = [node(f"c{place}", place, **data) for place, (data, _) in enumerate(theirs)]
    known = frozenset(f"c{place}" for place, (_, taken) in enumerate(theirs) if taken)
    done, absent, _ = settled(CONTACT, creates, *nodes, known=known)
    assert len(set(done.values())) == len(done)
    assert not set(done.values()) & known
    for number, id_ in done.items():
        assert ours[number].items() <= nodes[int(id_[1:])].items()
    # Only where every record with the key is someone's is it certain that ours was not made.
    assert not absent or len(done) + len(known) == len(nodes)


def test_what_postgresql_cannot_hold_is_left_out_of_what_is_read() -> None:
    read = lookup.found(
        catalogue.BY_NAME["Contact"],
        node("c1", name="Ada\0 \ud800King", emails=["ADA@x.example\0", 7], phones=[], title=None),
    )
    assert (read.id, read.values) == ("c1", {"name": "Ada ?King", "emails": ["ADA@x.example", 7]})
    assert sorted(read.names) == ["ada ?king", "ada@x.example"]


@pytest.mark.parametrize("at", ["2026-01-02T08:30:00.000Z", "2026-01-02T09:30:00+01:00", "2026-01-02 08:30:00Z"])
def test_times_are_read_as_rows_send_them(at: str) -> None:
    read = lookup.found(TASK, node("t1", title="2026-01-02T08:30:00.000Z", startDate=at, endDate="soon"))
    assert read.values == {"title": "2026-01-02T08:30:00.000Z", "startDate": "2026-01-02T08:30:00Z", "endDate": "soon"}


def test_parents_are_looked_for_by_id_and_by_every_name_in_chunks() -> None:
    library = Library()
    missing = [Unresolved("Site", f"{n} Main St", f"{n} main st") for n in range(150)]
    missing += [Unresolved("Asset", "SN-1", "sn-1"), Unresolved("Asset", "sn-1", "sn-1")]
    assert [record_type.name for _, record_type, _ in lookup.parents(cast("CoperniqClient", library), missing)]
    assert all(len(where.get("ids", where.get("matches"))) <= lookup.ALTERNATIVES for where in library.asked)
    asked = [pair for where in library.asked for (pair,) in where.get("matches", [])]
    assert {"field": "fullAddress", "value": "7 Main St"} in asked
    assert {"field": "serialNumber", "value": "SN-1"} in asked
    assert {"field": "name", "value": "SN-1"} in asked
    assert not [pair for pair in asked if pair["field"] == "siteName"]
    assert sum(len(where.get("ids", [])) for where in library.asked) == 152


@pytest.mark.parametrize(
    ("refused", "kinds"),
    [("ids", ["ids", "ids", "matches"]), ("matches", ["ids", "ids", "matches"])],
)
def test_what_is_refused_as_an_id_is_looked_for_by_name_all_the_same(refused: str, kinds: list[str]) -> None:
    class Refusing(Library):
        batch = 1

        def find(self, record_type: RecordType, where: dict[str, Any]) -> Iterator[Reply]:
            for reply in super().find(record_type, where):
                yield replace(reply, outcome=Outcome.INVALID, data=None) if refused in where else reply

    library = Refusing(node("c", name="7", emails=[], phones=[]))
    missing = [Unresolved("Contact", name, name) for name in ("99999999999999999", "7")]
    replies = list(lookup.parents(cast("CoperniqClient", library), missing))
    assert [kind for where in library.asked for kind in where] == kinds
    assert [reply.outcome for reply, _, _ in replies] == [
        Outcome.INVALID if kind == refused else Outcome.DONE for kind in kinds
    ]


@pytest.mark.parametrize(
    ("given", "name", "field", "values"),
    [
        ("Ada@X.example", "ada@x.example", "emails", ["Ada@X.example", "ada@x.example"]),
        ("(212) 555-0100", "+12125550100", "phones", ["(212) 555-0100", "+12125550100"]),
        ("Ada", "ada", "name", ["Ada", "ada"]), ("ada", "ada", "name", ["ada"]),
    ],
)  # fmt: skip
def test_a_client_is_looked_for_by_what_the_file_calls_it(given: str, name: str, field: str, values: list[str]) -> None:
    library = Library(node("c", name="Ada", emails=["Ada@x.example"], phones=["+1"], title=None))
    ((_, _, by_id), (_, _, by_name)) = lookup.parents(
        cast("CoperniqClient", library), [Unresolved("Contact", given, name)]
    )
    assert library.asked == [{"ids": [given]}, {"matches": [[{"field": field, "value": value}] for value in values]}]
    assert by_id == by_name
    assert by_name[0].names == ["ada@x.example", "+1", "ada"]
    assert by_name[0].values == {"name": "Ada", "emails": ["Ada@x.example"], "phones": ["+1"]}


def test_what_was_begun_is_neither_carried_out_nor_absent() -> None:
    creates = [claimed(number, title="T", status="s", siteId="1") for number in (1, 2, 3)]
    whole, empty = node("7", title="T", status="s", siteId="1"), node("8", siteId="1")
    became = lookup.settle(TASK, creates, [[whole, empty]] * 3, frozenset(), lambda _, one, __: one is empty)
    assert [(record.record_number, id_) for record, id_ in became.carried_out] == [(1, "7")]
    assert [(record.record_number, id_) for record, id_ in became.begun] == [(2, "8")]
    assert ([record.record_number for record in became.absent], became.doubtful) == ([3], [])
