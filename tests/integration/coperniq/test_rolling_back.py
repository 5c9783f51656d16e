"""Rolling imports back: untouched records go, everything else stays and is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq import rolling_back
from assets.coperniq.rolling_back import Rollback, RollbackError, RolledBack
from assets.coperniq.undoing import Standing
from assets.csv_imports import registering
from assets.csv_imports.local_inbox import LocalInbox
from tests.integration.coperniq import audit
from tests.integration.coperniq.test_checking import change, ids
from tests.integration.coperniq.world import contact, contacts

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World

SITE = {"fullAddress": "1 Main St", "clientId": "person0@example.com"}


def roll_back(world: World, import_id: UUID, **options: Any) -> RolledBack:
    client = options.pop("client", None) or world.client()
    of = rolling_back.find(world.conn, str(import_id))
    try:
        return Rollback(world.conn, client, world.lease(), of, "test", world.said.append, world.pauses.append).run()
    finally:
        client.close()


def plan(world: World, import_id: UUID) -> dict[Standing, int]:
    return rolling_back.plan(world.conn, rolling_back.find(world.conn, str(import_id))).counts


def of_database(world: World) -> list[object]:
    tables = ("coperniq_records", "coperniq_sync_log", "data_lineage")
    rows = [
        world.query(f"SELECT * FROM {t} WHERE contractor_config_id = %s ORDER BY id", world.contractor) for t in tables
    ]
    return [*rows, world.query("SELECT * FROM csv_imports WHERE contractor_config_id = %s", world.contractor)]


def test_an_untouched_import_is_undone_and_every_book_says_so(world: World) -> None:
    import_id = world.bring("Contact.csv", *contacts(230))
    world.deliver()
    gone = ids(world)
    before = of_database(world)
    assert plan(world, import_id) == {Standing.DELETE: 230}
    assert of_database(world) == before
    done = roll_back(world, import_id)
    assert (done.deleted, done.withdrawn, done.left, done.stopped) == (230, 0, {}, None)
    assert (world.held("Contact"), world.states("Contact")) == ([], {})
    summary = world.import_of(import_id)
    assert (summary["status"], summary["error_summary"]["rollback"]["deleted"]) == ("rolled_back", 230)
    rows = world.rows(import_id)
    assert {(row["status"], row["coperniq_id"], row["error_message"]) for row in rows} == {
        ("valid", None, "Rolled back: deleted from Coperniq.")
    }
    lineage = world.query("SELECT * FROM data_lineage WHERE contractor_config_id = %s", world.contractor)
    assert sorted(row["coperniq_entity_id"] for row in lineage) == sorted(gone)
    assert all(row["deleted_at"] for row in lineage)
    deletes = world.log(operation_type="delete")
    said = [(row["records_successful"], row["rollback_attempted"], row["rollback_successful"]) for row in deletes]
    assert sorted(said) == [
        (30, True, True), (100, True, True), (100, True, True),
    ]  # fmt: skip
    assert {row["csv_import_id"] for row in deletes} == {import_id}
    audit.agrees(world)
    assert not [row for row in world.log() if row["operation_type"] != "delete" and row["rollback_attempted"]]


def test_a_file_that_was_rolled_back_comes_again_when_it_is_named(world: World) -> None:
    first = world.bring("Contact.csv", *contacts(3))
    world.deliver()
    roll_back(world, first)
    path = world.inbox / "Contact.csv"
    (passed,) = registering.register_files(
        world.conn, world.contractor, LocalInbox(world.inbox), [path], "test", retry=False
    )
    assert (passed.outcome, passed.import_id) == ("rolled back", first)
    (again,) = registering.register_files(
        world.conn, world.contractor, LocalInbox(world.inbox), [path], "test", retry=True
    )
    assert again.outcome == "new"
    world.bring("Task.csv", {"title": "x", "status": "open", "siteId": "nowhere"})  # reads all that is registered
    world.deliver("Contact")
    assert len(world.held("Contact")) == 3
    assert world.import_of(first)["status"] == "rolled_back"
    (known,) = registering.register_files(
        world.conn, world.contractor, LocalInbox(world.inbox), [path], "test", retry=True
    )
    assert (known.outcome, known.import_id) == ("already imported", again.import_id)


def test_what_is_not_the_imports_own_and_untouched_stays(world: World) -> None:
    """One record of each kind, and one that goes."""
    (before,) = world.enter("Contact", {"name": "Person 1", "emails": ["person1@example.com"]})
    world.bring("Site 1.csv", {"fullAddress": "9 Main St", "clientId": "person1@example.com"})
    world.deliver()
    import_id = world.bring("Contact.csv", *contacts(7, title="Tech"))
    world.deliver()
    made = {node["emails"][0]: node["id"] for node in world.held("Contact")}
    world.bring("Contact 2.csv", contact(2, title="Boss"))
    world.bring("Contact 3.csv", contact(3, title="Tech"), contact(30))
    sites = world.bring("Site.csv", {**SITE, "clientId": "person4@example.com"})
    world.deliver()
    change(world, made["person5@example.com"], name="Somebody else")
    (stranger,) = world.enter("Site", {"fullAddress": "7 Main St", "clientId": made["person6@example.com"]})
    done = roll_back(world, import_id)
    assert done.left == {
        Standing.LATER: 1, Standing.REPEATED: 1, Standing.BEFORE: 1, Standing.IN_USE: 1, Standing.CHANGED: 1,
        Standing.REFUSED: 1,
    }  # fmt: skip
    assert [(user.coperniq_type, user.import_id, user.records) for user in done.users] == [("Site", sites, 1)]
    assert done.deleted == 1
    left = {node["emails"][0] for node in world.held("Contact")}
    assert left == {f"person{n}@example.com" for n in (1, 2, 3, 4, 5, 6, 30)}
    assert before in ids(world)
    assert stranger in [node["id"] for node in world.held("Site")]
    assert world.import_of(import_id)["status"] == "success"
    assert "(IN_USE)" in world.rows(import_id)[6]["error_message"]
    (refused,) = [row for row in world.log(operation_type="delete") if not row["rollback_successful"]]
    assert (refused["rollback_attempted"], refused["records_successful"], refused["records_failed"]) == (True, 1, 1)
    assert world.states("Contact")["person6@example.com"] == "synced"


def test_what_somebody_else_deleted_is_let_go_of_without_a_request(world: World, proxy: Proxy) -> None:
    import_id = world.bring("Contact.csv", *contacts(3))
    world.deliver()
    world.erase("Contact", *ids(world))
    done = roll_back(world, import_id)
    assert (done.deleted, done.gone, done.left) == (0, 3, {})
    assert (proxy.requests("Delete"), world.states("Contact")) == ([], {})
    assert world.import_of(import_id)["status"] == "rolled_back"


def test_children_first_then_their_parents(world: World) -> None:
    people = world.bring("Contact.csv", contact(0))
    sites = world.bring("Site.csv", SITE)
    world.deliver()
    kept = roll_back(world, people)
    assert (kept.deleted, kept.left) == (0, {Standing.IN_USE: 1})
    assert not world.log(operation_type="delete")
    assert roll_back(world, sites).left == {}
    assert roll_back(world, people).left == {}
    assert (world.held("Contact"), world.held("Site")) == ([], [])
    audit.agrees(world)


def test_a_child_that_waits_holds_no_parent_and_one_that_is_about_to_go_does(world: World) -> None:
    world.bring("Contact.csv", contact(0))
    sites = world.bring("Site.csv", SITE)
    world.bring("Task.csv", {"title": "Fix", "status": "open", "siteId": "1 Main St", "assetId": "no such pump"})
    world.deliver()
    assert set(world.states("Task").values()) == {"waiting"}
    assert plan(world, sites) == {Standing.DELETE: 1}
    world.query(
        "UPDATE coperniq_records SET state = 'ready' WHERE coperniq_type = 'Task' AND state = 'waiting' RETURNING 1"
    )
    assert plan(world, sites) == {Standing.IN_USE: 1}
    world.query(
        "UPDATE coperniq_records SET state = 'waiting' WHERE coperniq_type = 'Task' AND state = 'ready' RETURNING 1"
    )
    assert roll_back(world, sites).left == {}
    world.deliver()
    assert (world.held("Site"), set(world.states("Task").values())) == ([], {"waiting"})


def test_a_second_rollback_does_nothing(world: World, proxy: Proxy) -> None:
    import_id = world.bring("Contact.csv", *contacts(3))
    world.deliver()
    roll_back(world, import_id)
    of = rolling_back.find(world.conn, str(import_id)[:8])
    assert of.status == "rolled_back"
    before = (of_database(world), len(proxy.seen))
    assert roll_back(world, import_id) == RolledBack()
    assert (of_database(world), len(proxy.seen)) == before


def test_what_was_not_sent_is_withdrawn_and_never_goes(world: World) -> None:
    (before,) = world.enter("Contact", {"name": "Person 0", "emails": ["person0@example.com"]})
    world.bring("Site.csv", SITE)
    world.deliver()
    import_id = world.bring("Contact.csv", *contacts(3, title="Tech"))
    waiting = world.bring("Site 2.csv", {"fullAddress": "2 Main St", "clientId": "nobody@example.com"})
    assert plan(world, import_id) == plan(world, import_id) == {Standing.WITHDRAW: 3}
    assert roll_back(world, import_id).withdrawn == 3
    assert roll_back(world, waiting).withdrawn == 1
    world.deliver()
    assert [(node["id"], node.get("title")) for node in world.held("Contact")] == [(before, None)]
    assert world.states("Contact") == {"person0@example.com": "synced"}
    assert {row["error_message"] for row in world.rows(import_id)} == {"Rolled back before it was sent."}
    assert {world.import_of(one)["status"] for one in (import_id, waiting)} == {"rolled_back"}
    assert len(world.held("Site")) == 1
    audit.agrees(world, [before])


def test_what_a_withdrawn_update_was_for_belongs_to_the_import_before(world: World) -> None:
    world.bring("Contact.csv", contact(0))
    first = world.bring("Site.csv", {**SITE, "city": "Denver"})
    world.deliver()
    second = world.bring("Site 2.csv", {**SITE, "city": "Boulder"})
    assert plan(world, first) == {Standing.LATER: 1}
    assert roll_back(world, second).withdrawn == 1
    world.deliver()
    assert [site["city"] for site in world.held("Site")] == ["Denver"]
    assert {world.import_of(one)["coperniq_sync_status"] for one in (first, second)} == {"synced"}
    assert roll_back(world, first).left == {}
    assert world.held("Site") == []
    audit.agrees(world)


def test_what_could_not_be_settled_stays_and_is_named(world: World, proxy: Proxy) -> None:
    import_id = world.bring("Contact.csv", *contacts(3, title="Tech"))
    proxy.script("Create", "drop")
    world.enter("Contact", {"name": "Somebody else", "emails": ["person1@example.com"]})
    world.deliver()
    assert plan(world, import_id) == {Standing.DELETE: 2, Standing.OPEN: 1}
    done = roll_back(world, import_id)
    assert (done.deleted, done.withdrawn, done.left) == (2, 0, {Standing.OPEN: 1})
    assert world.states("Contact") == {"person1@example.com": "unknown"}
    assert [node["name"] for node in world.held("Contact")] == ["Somebody else"]
    assert world.import_of(import_id)["status"] == "success"


def test_a_refusal_is_remarked_on_once_however_often_it_comes(world: World) -> None:
    import_id = world.bring("Contact.csv", *contacts(2))
    world.deliver()
    world.enter("Site", {"fullAddress": "7 Main St", "clientId": ids(world)[0]})
    remarks: list[str] = []
    for _ in range(3):
        assert roll_back(world, import_id).left == {Standing.REFUSED: 1}
        remarks.append(world.rows(import_id)[0]["error_message"])
    assert remarks[0].startswith("Coperniq keeps the record of row 1: ")
    assert remarks == remarks[:1] * 3


def test_another_company_than_the_records_are_in_is_refused(world: World, proxy: Proxy) -> None:
    import_id = world.bring("Contact.csv", *contacts(2))
    world.deliver()
    asked = len(proxy.seen)
    with pytest.raises(
        RollbackError, match=f"was sent to company {world.company}, not 1: set COPERNIQ_COMPANY_ID to the former"
    ):
        roll_back(world, import_id, client=world.client(company_id=1))
    assert (len(proxy.seen), set(world.states("Contact").values())) == (asked, {"synced"})


def test_what_nobody_can_roll_back_is_refused_in_a_line(world: World) -> None:
    import_id = world.bring("Contact.csv", *contacts(2))
    for wrong in ("", "x", str(import_id)[:7], "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(RollbackError, match="No import, or more than one, has the id"):
            rolling_back.find(world.conn, wrong)
    world.query("UPDATE csv_imports SET entered_at = NULL WHERE id = %s RETURNING id", import_id)
    with pytest.raises(RollbackError, match="is not read to its end"):
        rolling_back.find(world.conn, str(import_id))
    world.query("UPDATE csv_imports SET status = 'failed' WHERE id = %s RETURNING id", import_id)
    with pytest.raises(RollbackError, match="has sent nothing"):
        rolling_back.find(world.conn, str(import_id))
