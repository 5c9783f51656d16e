"""Comparing Coperniq with what is believed: what is missing, changed there, or unknown, and that nothing is touched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from assets import catalogue
from assets.coperniq import findings
from assets.coperniq.checking import Check, Checked
from assets.coperniq.deliver import KeyRefused
from assets.coperniq.pacing import ATTEMPTS
from assets.coperniq.store import Scope
from tests.integration.coperniq.test_seven_types import bring_all
from tests.integration.coperniq.world import World, contact, contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy

REFUSED_KEY = r"^Coperniq refuses the API key \(\w+\): set COPERNIQ_API_KEY to a valid one\.$"
CURRENT = (
    "SELECT kind, coperniq_id, fields, found_at, record_id FROM coperniq_findings"
    " WHERE contractor_config_id = %s AND resolved_at IS NULL ORDER BY kind, coperniq_id"
)
BELIEVED = (
    "SELECT record_key, state::TEXT, coperniq_id, claim_id, updated_at FROM coperniq_records"
    " WHERE contractor_config_id = %s ORDER BY id"
)


def check(world: World, type_name: str = "Contact", **options: Any) -> Checked:
    client = options.pop("client", None) or world.client()
    scope = Scope(world.contractor, catalogue.BY_NAME[type_name])
    try:
        return Check(world.conn, client, scope, "test", world.said.append, world.pauses.append).run()
    finally:
        client.close()


def change(world: World, id_: str, **fields: object) -> None:
    """Change a contact by hand; what the contract requires of an update is given as it is."""
    (node,) = (node for node in world.held("Contact") if node["id"] == id_)
    world.change("Contact", id_, **{"name": node["name"], **fields})


def found(world: World) -> list[tuple[str, str, list[str] | None]]:
    return [(row["kind"], row["coperniq_id"], row["fields"]) for row in world.query(CURRENT, world.contractor)]


def ids(world: World) -> list[str]:
    return [node["id"] for node in world.held("Contact")]


def test_all_seven_types_agree_after_sending(world: World) -> None:
    bring_all(world)
    world.deliver()
    before = world.query(BELIEVED, world.contractor)
    for record_type in catalogue.TYPES:
        done = check(world, record_type.name)
        assert (done.read, done.requests, done.stopped) == (len(world.held(record_type.name)), 1, None)
    assert found(world) == []
    assert world.query(BELIEVED, world.contractor) == before
    assert world.query("SELECT 1 FROM coperniq_seen") == []


def test_each_kind_is_found_named_and_resolved(world: World) -> None:
    world.bring("Contact.csv", *contacts(250))
    world.deliver()
    gone, changed, *_ = ids(world)
    world.erase("Contact", gone)
    change(world, changed, title="Never sent")
    (stranger,) = world.enter("Contact", {"name": "Stranger", "emails": ["stranger@example.com"]})
    operations, before = len(world.operations()), world.query(BELIEVED, world.contractor)
    assert check(world).requests == 3
    expected = [("missing", gone, None), ("unknown", stranger, None)]
    assert found(world) == expected
    change(world, changed, name="Somebody else", emails=["else@example.com"])
    check(world)
    assert found(world) == [("changed", changed, ["emails", "name"]), *expected]
    first = world.query(CURRENT, world.contractor)
    check(world)
    assert world.query(CURRENT, world.contractor) == first
    change(world, changed, name="Person 1", emails=["person1@example.com"])
    world.erase("Contact", stranger)
    check(world)
    assert found(world) == [("missing", gone, None)]
    assert (len(world.operations()), world.query(BELIEVED, world.contractor)) == (operations, before)
    assert world.query("SELECT 1 FROM coperniq_seen") == []


def test_what_is_missing_is_resolved_once_it_is_sent_anew(world: World) -> None:
    world.bring("Contact.csv", contact(0))
    world.deliver()
    world.erase("Contact", *ids(world))
    check(world)
    assert [kind for kind, _, _ in found(world)] == ["missing"]
    world.bring("Contact 2.csv", contact(0, title="Boss"))
    world.deliver()
    check(world)
    assert found(world) == []


def test_values_compare_as_coperniq_gives_them_back(world: World) -> None:
    """Dates in another form, lists in another order, and what the row never had."""
    world.bring("Contact.csv", contact(0, phones="303-555-0123;303-555-0199"))
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person0@example.com"})
    world.bring("Task.csv", {"title": "Fix", "status": "open", "siteId": "1 Main St", "startDate": "2026-01-02"})
    world.deliver()
    (person,) = ids(world)
    change(world, person, phones=["+13035550199", "+13035550123"], source="Referral")
    (task,) = world.held("Task")
    given = {name: task[name] for name in ("title", "status", "siteId")}
    world.change("Task", task["id"], **given, startDate="2026-01-01T19:00:00-05:00")
    for name in ("Contact", "Site", "Task"):
        check(world, name)
    assert found(world) == []
    world.change("Task", task["id"], **given, startDate="2026-01-03T00:00:00Z")
    check(world, "Task")
    assert found(world) == [("changed", task["id"], ["startDate"])]


def test_what_waits_to_be_updated_or_was_there_before_has_no_values_to_hold_against(world: World) -> None:
    (before,) = world.enter("Contact", {"name": "Person 9", "emails": ["person9@example.com"]})
    world.bring("Contact.csv", contact(0))
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person9@example.com"})
    world.deliver()
    world.bring("Contact 2.csv", contact(0, title="Boss"))
    change(world, before, name="Chief")
    change(world, ids(world)[1], name="Chief")
    check(world)
    assert found(world) == []


def test_a_company_that_contractors_share_has_no_strangers_among_them(world: World, tmp_path: Any) -> None:
    (tmp_path / "other").mkdir()
    other = World(world.conn, world.url, world.key, world.company, world.store, tmp_path / "other")
    world.bring("Contact.csv", *contacts(3))
    other.bring("Contact.csv", contact(7), contact(8))
    world.deliver()
    other.deliver()
    for one in (world, other):
        assert check(one).read == 5
        assert found(one) == []
    change(world, ids(world)[4], name="Boss")
    for one in (world, other):
        check(one)
    assert (found(world), [kind for kind, _, _ in found(other)]) == ([], ["changed"])


def test_a_quota_that_ends_in_the_middle_ends_the_comparison_well(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(250))
    world.deliver()
    first, *_, last = ids(world)
    change(world, first, name="Boss")
    world.erase("Contact", last)
    proxy.headers = {"Retry-After": "3600"}
    proxy.script("Find", "pass", "pass", "throttle")
    done = check(world)
    assert re.fullmatch(
        r"Coperniq answered 429\. Requests are free again at \d\d:\d\d UTC\. 200 records had been compared\.",
        str(done.stopped),
    )
    assert (done.read, done.requests, world.pauses) == (200, 3, [])
    assert found(world) == [("changed", first, ["name"])]
    assert world.query("SELECT 1 FROM coperniq_seen") == []
    assert check(world).stopped is None
    assert found(world) == [("changed", first, ["name"]), ("missing", last, None)]
    change(world, first, name="Person 0")
    proxy.script("Find", "pass", "throttle")
    assert check(world).read == 100
    assert found(world) == [("missing", last, None)]


def test_a_quota_that_is_used_up_is_asked_about_once(world: World, proxy: Proxy) -> None:
    bring_all(world)
    world.deliver()
    proxy.seen.clear()
    proxy.headers = {"Retry-After": "3600"}
    proxy.always("Find", "throttle")
    client = world.client()
    scopes = [Scope(world.contractor, record_type) for record_type in catalogue.TYPES]
    done = [Check(world.conn, client, scope, "test", world.said.append, world.pauses.append).run() for scope in scopes]
    client.close()
    assert all("are free again at" in str(one.stopped) for one in done)
    assert (len(proxy.seen), [one.requests for one in done]) == (1, [1, 0, 0, 0, 0, 0, 0])


def test_a_page_that_fails_is_asked_for_again_and_no_other(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(250))
    world.deliver()
    proxy.script("Find", "pass", "bad_gateway", "throttle", "truncate")
    done = check(world)
    assert (done.read, done.requests, done.stopped, len(world.pauses)) == (250, 6, None, 3)
    assert found(world) == []
    assert len(world.log(operation_type="sync_check")) == 6


def test_what_never_answers_is_given_up_and_a_refused_key_at_once(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(3))
    world.deliver()
    proxy.always("Find", "status 503")
    assert (check(world).requests, len(world.pauses)) == (ATTEMPTS, ATTEMPTS - 1)
    assert found(world) == []
    with pytest.raises(KeyRefused, match=REFUSED_KEY):
        check(world, client=world.client(url=world.direct, key="no such key"))


def test_another_company_than_the_records_are_in_is_not_compared(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(2))
    world.deliver()
    asked = len(proxy.seen)
    done = check(world, client=world.client(company_id=1))
    assert done.stopped == (
        f"Contact.csv was sent to company {world.company}, not 1: set COPERNIQ_COMPANY_ID to the former."
    )
    assert (done.read, len(proxy.seen), found(world)) == (0, asked, [])


def test_a_comparison_that_was_killed_leaves_nothing_that_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.bring("Contact.csv", *contacts(120))
    world.deliver()
    monkeypatch.setattr(findings, "forget", lambda *_: None)
    monkeypatch.setattr(findings, "conclude", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        check(world)
    monkeypatch.undo()
    assert len(world.query("SELECT 1 FROM coperniq_seen")) == 120
    world.erase("Contact", ids(world)[0])
    check(world)
    assert [kind for kind, _, _ in found(world)] == ["missing"]
    world.query("UPDATE coperniq_seen SET seen_at = now() - INTERVAL '2 days' RETURNING 1")
    check(world)
    assert world.query("SELECT 1 FROM coperniq_seen") == []


def test_what_is_sent_while_it_is_compared_is_neither_missing_nor_unknown(world: World, proxy: Proxy) -> None:
    """A delivery ends between the last page and the judgement."""
    world.bring("Contact.csv", contact(0))
    world.deliver()
    world.bring("Contact 2.csv", contact(1))
    client = world.client()
    pages = client.find

    def late(*given: Any) -> Any:
        yield from list(pages(*given))
        world.deliver()

    client.find = late  # type: ignore[method-assign]
    check(world, client=client)
    assert len(ids(world)) == 2
    assert found(world) == []


def test_each_page_is_in_the_audit_log(world: World) -> None:
    world.bring("Contact.csv", *contacts(130))
    world.deliver()
    change(world, ids(world)[0], name="Boss")
    check(world)
    logged = [
        (row["records_processed"], row["records_successful"], row["records_failed"], row["status"])
        for row in world.log(operation_type="sync_check")
    ]
    assert logged == [(100, 99, 1, "success"), (30, 30, 0, "success")]
    scope = Scope(world.contractor, catalogue.CONTACT)
    assert findings.count(world.conn, scope) == {"missing": 0, "changed": 1, "unknown": 0}
    assert findings.commonest_fields(world.conn, scope) == [("name", 1)]
