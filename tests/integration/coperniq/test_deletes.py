"""Taking records back: what is marked is deleted, refused or gone already, and said so in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from assets.coperniq import claims
from assets.coperniq.store import Scope
from tests.integration.coperniq.world import contact, contacts

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World


def ids(world: World, type_name: str) -> list[UUID]:
    """List the records of a type, as the pipeline knows them."""
    return [row["id"] for row in world.query(
        "SELECT id FROM coperniq_records WHERE contractor_config_id = %s AND coperniq_type = %s ORDER BY record_number",
        world.contractor, type_name,
    )]  # fmt: skip


def take_back(world: World, type_name: str) -> dict[str, int]:
    """Delete all records of a type that can be."""
    delivery = world.delivery(type_name)
    try:
        return dict(delivery.delete(ids(world, type_name)).records)
    finally:
        delivery.client.close()


def test_what_is_taken_back_is_gone_here_and_there(world: World) -> None:
    rows = world.bring("Contact.csv", *contacts(230))
    world.deliver()
    assert take_back(world, "Contact") == {"deleted": 230}
    assert world.held("Contact") == []
    assert world.states("Contact") == {}
    assert {row["coperniq_id"] for row in world.rows(rows)} == {None}
    log = world.log(operation_type="delete")
    assert sum(row["records_successful"] for row in log) == 230
    assert {(row["rollback_attempted"], row["rollback_successful"], row["csv_import_id"]) for row in log} == {
        (True, True, rows)
    }


def test_what_others_refer_to_stays_and_its_row_says_why(world: World) -> None:
    rows = world.bring("Contact.csv", *contacts(2))
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "person0@example.com"})
    world.deliver()
    assert take_back(world, "Contact") == {"deleted": 1, "rejected": 1}
    assert world.states("Contact") == {"person0@example.com": "synced"}
    assert [row["error_message"] for row in world.rows(rows)] == [
        "Coperniq keeps the record of row 1: id: a Site refers to this record (IN_USE).",
        "Rolled back: deleted from Coperniq.",
    ]  # fmt: skip
    (log,) = world.log(operation_type="delete")
    assert (log["rollback_attempted"], log["rollback_successful"], log["status"]) == (True, False, "partial_success")
    assert take_back(world, "Site") == {"deleted": 1}
    assert take_back(world, "Contact") == {"deleted": 1}


def test_what_is_gone_already_counts_as_deleted(world: World) -> None:
    world.bring("Contact.csv", *contacts(2))
    world.deliver()
    world.erase("Contact", world.held("Contact")[0]["id"])
    assert take_back(world, "Contact") == {"deleted": 2}


@pytest.mark.parametrize("action", ["drop", "lose", "bad_gateway", "throttle", "status 503"])
def test_a_delete_that_breaks_is_made_good(world: World, proxy: Proxy, action: str) -> None:
    world.bring("Contact.csv", *contacts(120))
    world.deliver()
    proxy.script("Delete", action)
    assert take_back(world, "Contact") == {"deleted": 120}
    assert world.held("Contact") == []
    assert len(world.log(operation_type="delete")) == len(proxy.requests("Delete"))


def test_a_delete_of_a_run_that_died_is_in_the_audit_log(world: World) -> None:
    world.bring("Contact.csv", *contacts(2))
    world.deliver()
    scope: Scope = world.delivery("Contact").scope
    with world.conn.transaction():
        assert claims.undo(world.conn, scope, ids(world, "Contact")) == 2
        ((first, _),) = claims.claim(world.conn, scope, 100, undoing=True)
    assert first.operation == "delete"
    world.deliver("Contact")
    (log,) = world.log(api_error_code="INTERRUPTED")
    assert (log["operation_type"], log["rollback_attempted"]) == ("delete", True)
    assert len(world.held("Contact")) == 2


def test_a_row_that_comes_meanwhile_is_sent_instead(world: World) -> None:
    world.bring("Contact.csv", contact(0))
    world.deliver()
    delivery = world.delivery("Contact")
    with world.conn.transaction():
        claims.undo(world.conn, delivery.scope, ids(world, "Contact"))
    world.bring("Contact 2.csv", contact(0, title="Boss"))
    world.deliver()
    assert [node["title"] for node in world.held("Contact")] == ["Boss"]
