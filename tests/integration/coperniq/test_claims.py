"""Claims: who may write an outcome, what a newer import does to a record on its way, and what a deleted one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq import claims, outcomes, taking_back
from assets.coperniq.taking_back import TakenBack
from assets.database import Database
from assets.leases import LeaseLost
from assets.sql import statements
from tests.integration.coperniq import audit
from tests.integration.coperniq.world import World, before_writing, contact, contacts

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.proxy import Proxy

SITE = {"fullAddress": "1 Main St", "clientId": "person0@example.com"}


class Killed(BaseException):
    """Stands for the end of the process, between two statements."""


def die(world: World, type_name: str, proxy: Proxy, action: str = "pass") -> None:
    """Deliver until the answer of the first mutation has come, and end there."""

    def end(*_: object, **__: object) -> None:
        raise Killed

    proxy.script("Create", action)
    delivery = world.delivery(type_name)
    delivery._recorder.record = end  # type: ignore[method-assign]
    with pytest.raises(Killed):
        delivery.run()
    delivery.client.close()


def claim(world: World, type_name: str = "Contact") -> list[claims.Claimed]:
    with world.conn.transaction():
        (batch,) = claims.claim(world.conn, world.delivery(type_name).scope, 100)
    return batch


@pytest.mark.parametrize("action", ["pass", "drop"])
def test_a_run_that_died_is_in_the_audit_log_and_its_request_is_settled(
    world: World, proxy: Proxy, action: str
) -> None:
    import_id = world.bring("Contact.csv", *contacts(130))
    die(world, "Contact", proxy, action)
    assert world.log() == []
    done = world.deliver()["Contact"]
    assert done.records == {"created": 130}
    interrupted, checked, *_ = world.log()
    assert (interrupted["operation_type"], interrupted["status"], interrupted["api_error_code"]) == (
        "import", "failed", "INTERRUPTED",
    )  # fmt: skip
    assert (interrupted["records_processed"], interrupted["records_failed"]) == (100, 0)
    assert (interrupted["csv_import_id"], interrupted["api_response_status"]) == (import_id, None)
    assert (checked["operation_type"], checked["records_successful"]) == ("sync_check", 100 if action == "pass" else 0)
    assert len(world.log(api_error_code="INTERRUPTED")) == 1
    audit.agrees(world)


def test_an_update_of_a_run_that_died_is_sent_again(world: World, proxy: Proxy) -> None:
    world.bring("Contact.csv", *contacts(2))
    world.deliver()
    world.bring("Contact 2.csv", *contacts(2, title="Boss"))
    claim(world)
    world.bring("Contact 3.csv", *contacts(2, title="Chief"))
    assert world.deliver()["Contact"].records["updated"] == 2
    assert [node["title"] for node in world.held("Contact")] == ["Chief"] * 2
    assert [row["api_error_code"] for row in world.log(operation_type="update")] == ["INTERRUPTED", None]
    audit.agrees(world)


@pytest.mark.parametrize("outcome", ["succeed", "reject", "release", "delete", "leave_unknown", "leave_open"])
def test_a_claim_that_was_taken_over_may_write_nothing(world: World, outcome: str) -> None:
    rows = world.bring("Contact.csv", contact(0))
    scope = world.delivery("Contact").scope
    (first,) = claim(world)
    with world.conn.transaction():
        (second,) = claims.take_over(world.conn, scope, 100)
    assert second.claim_id != first.claim_id
    assert (second.claimed_at, second.data) == (first.claimed_at, first.data)
    before = world.query("SELECT * FROM coperniq_records WHERE contractor_config_id = %s", world.contractor)
    with world.conn.transaction():
        match outcome:
            case "succeed":
                assert outcomes.succeed(world.conn, scope, [(first, "c_1", 0.5)], "1") == 0
            case "reject":
                outcomes.reject(world.conn, [(first, "no")])
            case "delete":
                assert taking_back.delete(world.conn, [first]) == TakenBack(0, 0)
            case _:
                getattr(outcomes, outcome)(world.conn, [first])
    assert world.query("SELECT * FROM coperniq_records WHERE contractor_config_id = %s", world.contractor) == before
    (row,) = world.rows(rows)
    assert (row["coperniq_id"], row["error_message"]) == (None, None)
    assert world.query("SELECT 1 FROM data_lineage WHERE csv_import_record_id = %s", row["id"]) == []


def test_the_answer_of_a_run_that_was_overtaken_changes_nothing(world: World, proxy: Proxy) -> None:
    """The first run's answer comes after a second run has settled its request: the second one's word counts."""
    rows = world.bring("Contact.csv", *contacts(3))
    late: list[Any] = []
    first = world.delivery("Contact")

    def wait(answers: Any) -> None:
        late.extend(answers)
        world.deliver("Contact")
        late.extend((world.rows(rows), world.log()))
        world.bring("Contact 2.csv", *contacts(3, title="Boss"))

    before_writing(first, wait)
    with pytest.raises(LeaseLost, match="Another run took over"):
        first.run()
    first.client.close()
    assert [world.rows(rows), world.log()] == late[1:]
    assert first._done.records["created"] == 0
    world.deliver("Contact")
    assert [node["title"] for node in world.held("Contact")] == ["Boss"] * 3
    assert len(proxy.requests("Create")) == 1
    audit.agrees(world)


def superseded(world: World, *, parents: bool) -> tuple[UUID, str]:
    """Have a newer import come while the first one is on its way; give the first and its type."""
    world.bring("Contact.csv", *contacts(2))
    if not parents:
        older = world.query(
            "SELECT id FROM csv_imports WHERE import_name = 'Contact.csv' AND contractor_config_id = %s",
            world.contractor,
        )
        claim(world)
        world.bring("Contact 2.csv", *contacts(2, title="Boss"))
        return older[0]["id"], "Contact"
    world.deliver("Contact")
    old = world.bring("Site.csv", {**SITE, "city": "Newark"})
    delivery = world.delivery("Site")
    delivery._find_parents()
    delivery.client.close()
    claim(world, "Site")
    world.bring("Site 2.csv", {**SITE, "city": "Hoboken"})
    return old, "Site"


@pytest.mark.parametrize("parents", [False, True], ids=["without parents", "with parents"])
@pytest.mark.parametrize("outcome", ["succeed", "reject", "release"])
def test_the_newer_row_goes_next_whatever_became_of_the_older_one(world: World, outcome: str, *, parents: bool) -> None:
    older, type_name = superseded(world, parents=parents)
    scope = world.delivery(type_name).scope
    with world.conn.transaction():
        taken = claims.take_over(world.conn, scope, 100)
        if outcome == "succeed":
            ids = world.enter(type_name, *(record.data for record in taken))
            done = [(record, id_, 0.5) for record, id_ in zip(taken, ids, strict=True)]
            assert outcomes.succeed(world.conn, scope, done, str(world.company)) == len(taken)
        elif outcome == "reject":
            outcomes.reject(world.conn, [(record, "Coperniq refused it.") for record in taken])
        else:
            outcomes.release(world.conn, taken)
    assert set(world.states(type_name).values()) == {"waiting" if parents else "ready"}
    first = world.rows(older)[0]
    file = "Site 2.csv" if parents else "Contact 2.csv"
    assert first["error_message"] == {
        "succeed": None, "reject": "Coperniq refused it.", "release": f"Replaced by row 1 of {file}.",
    }[outcome]  # fmt: skip
    world.deliver(type_name)
    field, value = ("city", "Hoboken") if parents else ("title", "Boss")
    assert {node[field] for node in world.held(type_name)} == {value}
    assert len(world.held(type_name)) == (1 if parents else 2)
    audit.rows_are_accounted_for(world)
    audit.imports_say_how_far_they_are(world)


def delete(world: World, import_id: UUID) -> None:
    """Delete an import as retention does: with what refers to it."""
    with world.conn.transaction():
        world.conn.execute("DELETE FROM coperniq_sync_log WHERE csv_import_id = %s", [import_id])
        world.conn.execute("DELETE FROM csv_imports WHERE id = %s", [import_id])


def test_what_was_to_be_sent_goes_with_its_import(world: World) -> None:
    waiting = world.bring("Site.csv", SITE)
    ready = world.bring("Contact.csv", *contacts(3))
    world.bring("Contact 2.csv", contact(7))
    delete(world, waiting)
    delete(world, ready)
    world.deliver("Contact", "Site")
    assert world.states("Site") == {}
    assert world.states("Contact") == {"person7@example.com": "synced"}
    audit.agrees(world)


def test_what_is_in_coperniq_stays_known_without_its_import(world: World) -> None:
    import_id = world.bring("Contact.csv", *contacts(2))
    world.deliver("Contact", "Site")
    update = world.bring("Contact 2.csv", contact(0, title="Boss"))
    delete(world, update)
    delete(world, import_id)
    world.deliver("Contact", "Site")
    assert set(world.states("Contact").values()) == {"synced"}
    again = world.bring("Contact 3.csv", *contacts(2))
    world.bring("Site.csv", SITE)
    world.deliver("Contact", "Site")
    assert [row["status"] for row in world.rows(again)] == ["skipped", "skipped"]
    assert len(world.held("Contact")) == 2
    assert len(world.held("Site")) == 1


def test_a_request_whose_import_was_deleted_stays_unknown(world: World, proxy: Proxy) -> None:
    import_id = world.bring("Contact.csv", *contacts(2))
    die(world, "Contact", proxy)
    delete(world, import_id)
    world.deliver("Contact", "Site")
    assert set(world.states("Contact").values()) == {"unknown"}
    world.bring("Contact 2.csv", *contacts(3))
    world.deliver("Contact", "Site")
    assert len(world.held("Contact")) == 3


def test_a_claim_finds_its_records_by_an_index_however_many_there_are(
    migrated_database: str, sandbox: SandboxHandle, tmp_path: Path
) -> None:
    # In a database of its own: what other tests left in the indexes is no business of the planner's.
    with Database(migrated_database).connect() as conn:
        _explain_a_claim(World(conn, sandbox.url, sandbox.key, sandbox.company_id, sandbox.store, tmp_path))


def _explain_a_claim(world: World) -> None:
    # 20,000 records, of which a quarter are still to be sent: what the planner sees in a database at work.
    world.conn.execute(
        """
        INSERT INTO coperniq_records (
            contractor_config_id, csv_import_id, coperniq_type, record_key, state, coperniq_id, record_number)
        SELECT %s, %s, 'Contact', n::TEXT, (CASE WHEN n %% 4 = 0 THEN 'ready' ELSE 'synced' END)::delivery_state, n, n
        FROM generate_series(1, 20000) AS n
        """,
        [world.contractor, world.bring("Contact.csv", contact(0))],
    )
    world.conn.execute("ANALYZE coperniq_records")
    (statement,) = statements("assets.coperniq", "claim.sql")
    parameters = {
        **world.delivery("Contact").scope.parameters, "size": 100, "batches": 1, "ahead": 300, "undoing": False,
        "from_import": claims.FIRST[0], "from_number": claims.FIRST[1],
    }  # fmt: skip
    plan = world.conn.execute(b"EXPLAIN " + statement.encode(), parameters).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "using idx_coperniq_records_open" in text, text
