"""A row stays the record that it is in Coperniq, whatever became of it in a replay, a fix file or a rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq import rolling_back
from assets.coperniq.undoing import Standing
from assets.csv_imports import importing, store
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.coperniq.world import ignore
from tests.integration.replaying.replayer import RIGHT, UPPER

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.replaying.replayer import Replayer

FIX = "_row,_problem,_what_to_do"
MAILS = "name,mail,email\nAnn,old@example.com,ann@example.com\nBob,b@example.com,bob@example.com\n"
HEAD = "version: 1\ntype: Contact\ncolumns:\n"
OLD = HEAD + "  - {header: mail, field: emails}\n  - {header: email, field: null}\n"
NEW = HEAD + "  - {header: mail, field: null}\n  - {header: email, field: emails}\n"
NO_ANN = OLD.replace("field: emails}", "field: emails, validate: {regex: '[^o].*'}}")
ONLY_B = NEW.replace("field: emails}", "field: emails, validate: {regex: 'b.*'}}")


def mails(replayer: Replayer) -> dict[str, Any]:
    return {id_: one[0] for id_, one in replayer.there(field="emails").items()}


def records(replayer: Replayer, type_name: str = "Contact") -> dict[str, str]:
    rows = replayer.planner.world.query(
        "SELECT record_key, coperniq_id FROM coperniq_records WHERE contractor_config_id = %s AND coperniq_type = %s",
        replayer.planner.world.contractor, type_name,
    )  # fmt: skip
    return {row["record_key"]: row["coperniq_id"] for row in rows}


def correct(replayer: Replayer, name: str, header: str, *rows: str) -> UUID:
    return replayer.imported(**{name: f"{header},{FIX}\n" + "".join(f"{row},wrong,do\n" for row in rows)})


def entered(replayer: Replayer, imported: UUID, mapping: str) -> UUID:
    """Replay without sending: what the replay is to send waits."""
    world = replayer.planner.world
    begun = replayer.begin(imported, mapping)
    assert begun.import_id is not None
    for found in store.unfinished(world.conn, world.contractor):
        importing.read_import(
            world.conn, world.contractor, replayer.planner.inbox, found, ignore,
            mappings=replayer.planner.mappings,
        )  # fmt: skip
    return begun.import_id


def test_a_row_that_was_an_error_in_a_replay_is_still_its_record(replayer: Replayer) -> None:
    replayer.map(OLD)
    imported = replayer.imported(Contact=MAILS)
    there = mails(replayer)
    replayer.apply(imported, NO_ANN)
    replayer.apply(imported, NEW)
    assert mails(replayer) == dict(zip(there, ["ann@example.com", "bob@example.com"], strict=True))


def test_a_row_that_was_a_duplicate_in_a_replay_is_still_its_record(replayer: Replayer) -> None:
    replayer.map(NEW)
    rows = "Ann,a@example.com,ann@example.com,x\nBob,a@example.com,bob@example.com,b@example.com\n"
    imported = replayer.imported(Contact=f"name,mail,email,other\n{rows}")
    there = mails(replayer)
    replayer.apply(imported, OLD)
    assert mails(replayer) == dict(zip(there, ["a@example.com", "bob@example.com"], strict=True))
    replayer.apply(imported, NEW.replace("header: email,", "header: other,").replace("header: mail,", "header: email,"))
    assert set(mails(replayer)) == set(there)
    assert set(mails(replayer).values()) == {"a@example.com", "b@example.com"}


@pytest.mark.parametrize("later", [False, True])
def test_a_row_of_a_replay_that_is_corrected_is_still_its_record(replayer: Replayer, *, later: bool) -> None:
    """And what a later file has brought of it is not overwritten, under whatever key."""
    replayer.map(OLD)
    imported = replayer.imported(Contact=MAILS)
    there = mails(replayer)
    replayed = replayer.apply(imported, ONLY_B).import_id
    if later:
        replayer.imported(Contact_later="name,mail,email\nAnna,old@example.com,x\n")
    replayer.map(NEW)
    fix = correct(replayer, "fix", "name,mail,email", f"Ann,old@example.com,beth@example.com,1 of {replayed}")
    keys = ["old@example.com" if later else "beth@example.com", "bob@example.com"]
    assert mails(replayer) == dict(zip(there, keys, strict=True))
    assert set(records(replayer)) == set(keys)
    (row,) = replayer.planner.world.rows(fix)
    assert row["status"] == ("duplicate" if later else "valid")


def test_a_row_that_was_an_error_does_not_overwrite_what_a_later_file_brought(replayer: Replayer) -> None:
    replayer.map(OLD)
    imported = replayer.imported(Contact=MAILS)
    replayer.apply(imported, ONLY_B)
    replayer.imported(Contact_later="name,mail,email\nAnna,old@example.com,x\n")
    assert replayer.look(imported, NEW).left == {"superseded": 1}


def test_rows_that_a_rollback_took_back_from_a_replay_can_be_replayed_again(replayer: Replayer) -> None:
    """The row before it counts again, be it an error or what Coperniq has; nothing is created twice."""
    world = replayer.planner.world
    replayer.map(OLD)
    imported = replayer.imported(Contact=MAILS + "Cid,c at example,cid@example.com\n")
    there = mails(replayer)
    assert len(there) == 2
    replayed = entered(replayer, imported, NEW)
    world.conn.execute(
        """
        WITH sent AS (
            UPDATE coperniq_records SET state = 'synced' WHERE csv_import_id = %s AND record_number = 2
            RETURNING csv_import_record_id AS id, coperniq_id
        )
        UPDATE csv_import_records AS r SET coperniq_id = sent.coperniq_id FROM sent WHERE r.id = sent.id
        """,
        [replayed],
    )
    assert roll_back(world, replayed).left
    found = replayer.look(imported, NEW)
    assert ([(one.row, one.old_status) for one in found.samples], found.left) == ([(1, "valid"), (3, "error")], {})
    assert found.samples[0].changed[0].before == "old@example.com"
    replayer.apply(imported, NEW)
    assert set(records(replayer)) == {"ann@example.com", "bob@example.com", "cid@example.com"}
    assert [id_ for id_ in there if id_ in mails(replayer)] == [*there]
    assert len(mails(replayer)) == 3


def test_rows_of_a_fix_file_that_were_not_sent_are_left_alone(replayer: Replayer) -> None:
    """But one that was the same record as another of its file may be another one now."""
    replayer.map(RIGHT)
    header = "name,company,email"
    contacts = "Ann,Acme,ann@example.com\nBob,Best,bob at example\nCid,Core,cid at example\nDan,Dire,dan at example\n"
    imported = replayer.imported(Contact=f"{header}\n{contacts}")
    correct(
        replayer, "fix", header, f"Bob,Best,bob@example.com,2 of {imported}", f"Cid,Core,c@example.com,3 of {imported}",
        f"Dan,Dire,c@example.com,4 of {imported}", f"Bo,Best,bo@example.com,2 of {imported}",
    )  # fmt: skip
    fix = correct(
        replayer, "fix2", header, f"Old,Old,bob@example.com,2 of {imported}", f"Old,Old,old@example.com,1 of {imported}"
    )
    there = replayer.there()
    found = replayer.look(fix)
    assert (found.differing, found.left) == (0, {"corrected": 2})
    first = replayer.look(replayer.planner.world.query("SELECT id FROM csv_imports WHERE import_name = 'fix.csv'"
        " AND contractor_config_id = %s", replayer.planner.world.contractor)[0]["id"])  # fmt: skip
    assert (first.differing, first.left) == (0, {"corrected": 1})
    replayer.apply(fix, UPPER)
    assert replayer.there() == there


def test_a_duplicate_of_a_row_that_is_left_alone_is_left_alone(replayer: Replayer) -> None:
    replayer.map(RIGHT)
    header = "name,company,email\n"
    imported = replayer.imported(Contact=f"{header}Ann,A,ann@example.com\nAnna,A,ann@example.com\n")
    replayer.imported(Contact_later=f"{header}Annie,A,ann@example.com\n")
    found = replayer.look(imported)
    assert (found.differing, found.left) == (0, {"superseded": 2})


def test_a_look_at_a_fix_file_knows_how_old_its_values_are(replayer: Replayer) -> None:
    """They are as old as the file that its rows came in first: a file that came before the fix file is later."""
    replayer.map(RIGHT)
    header = "name,company,email"
    wrong = RIGHT.replace("field: name}", "field: name, validate: {regex: 'B.*'}}")
    replayer.map(wrong)
    imported = replayer.imported(Contact=f"{header}\nAnn,Acme,ann@example.com\n")
    replayer.map(RIGHT)
    replayer.imported(Contact_2=f"{header}\nNewer,Acme,amy@example.com\n")
    replayer.map(wrong)
    fix = correct(replayer, "fix", header, f"Amy,Acme,amy@example.com,1 of {imported}")
    found = replayer.look(fix, RIGHT)
    assert found.planned is None
    assert (found.differing, found.left) == (1, {"superseded": 1})


SITES = "fullAddress,clientId\n1 Main St,Ann\n2 Main St,Bob\n"


def test_keys_that_a_replay_moved_go_back_with_the_rows_that_a_rollback_takes_back(replayer: Replayer) -> None:
    """The next file of the old mapping finds the records, and those whose keys are made of theirs."""
    world = replayer.planner.world
    replayer.map(OLD)
    replayer.imported(Contact=MAILS, Site=SITES)
    (imported,) = world.query(
        "SELECT id FROM csv_imports WHERE coperniq_type = 'Contact' AND contractor_config_id = %s", world.contractor
    )
    before = records(replayer), records(replayer, "Site")
    replayed = entered(replayer, imported["id"], NEW)
    assert set(records(replayer)) == {"ann@example.com", "bob@example.com"}
    assert roll_back(world, replayed).left == {}
    assert (records(replayer), records(replayer, "Site")) == before


PLACES = "here,there,owner,other\n1 Main St,3 Oak Ave,Ann,{other}\n"
HERE = """version: 1
type: Site
columns:
  - {header: here, field: fullAddress}
  - {header: there, field: null}
  - {header: owner, field: clientId}
  - {header: other, field: null}
"""
THERE = """version: 1
type: Site
columns:
  - {header: here, field: null}
  - {header: there, field: fullAddress}
  - {header: owner, field: null}
  - {header: other, field: clientId}
"""


@pytest.mark.parametrize("other", ["Nobody", "Bob", "Ann"])
def test_a_key_that_is_made_of_a_parent_goes_back_whatever_the_replay_knew_of_its_own(
    replayer: Replayer, other: str
) -> None:
    """And the parent with it, so that a rollback leaves what the record uses."""
    world = replayer.planner.world
    replayer.map(OLD)
    contacts = replayer.imported(Contact=MAILS)
    replayer.map(HERE)
    imported = replayer.imported(Site=PLACES.format(other=other))
    before = records(replayer, "Site")
    replayed = entered(replayer, imported, THERE)
    assert set(records(replayer, "Site")).isdisjoint(before)
    assert roll_back(world, replayed).left == {}
    assert records(replayer, "Site") == before
    replayer.imported(Site_2=PLACES.format(other="Somebody").replace("Ann", "old@example.com"))
    assert records(replayer, "Site") == before
    assert rolling_back.plan(world.conn, rolling_back.find(world.conn, str(contacts))).counts == {
        Standing.DELETE: 1, Standing.IN_USE: 1,
    }  # fmt: skip


def test_children_that_wait_and_those_that_were_adopted_follow_too(replayer: Replayer) -> None:
    world = replayer.planner.world
    replayer.map(OLD)
    imported = replayer.imported(Contact=MAILS)
    ann, bob = mails(replayer)
    replayer.imported(Site=SITES)
    adopted = world.enter("Site", {"fullAddress": "3 Main St", "clientId": ann})[0]
    replayer.imported(Asset="name,type,siteId\nUnit,AC,3 Main St\n")
    assert adopted in records(replayer, "Site").values()
    replayer.planner.put(Site_2="fullAddress,clientId,city\n1 Main St,Ann,Newark\n2 Main St,Bob,Newark\n")
    replayer.planner.read()
    entered(replayer, imported, NEW)
    assert set(records(replayer, "Site")) == {
        "1 main st | ann@example.com", "2 main st | bob@example.com", "3 main st | ann@example.com",
    }  # fmt: skip
    assert bob in records(replayer).values()


def test_a_rollback_of_a_replay_says_how_to_have_what_was_sent_before(replayer: Replayer) -> None:
    """And that brings it back."""
    world = replayer.planner.world
    replayer.map(OLD)
    imported = replayer.imported(Contact=MAILS)
    there = mails(replayer)
    replayed = replayer.apply(imported, NEW).import_id
    (records_left,) = rolling_back.plan(world.conn, rolling_back.find(world.conn, str(replayed))).samples.values()
    assert (records_left[0].why, records_left[0].what_to_do) == (
        "It was in Coperniq before this replay, which updated it.",
        f"A replay of Contact.csv, import {str(imported)[:8]}, by the mapping file of then brings its values back.",
    )
    replayer.apply(imported, OLD)
    assert (mails(replayer), set(records(replayer))) == (there, {"old@example.com", "b@example.com"})


def test_a_rollback_of_a_replay_promises_no_values_that_were_never_sent(replayer: Replayer) -> None:
    world = replayer.planner.world
    replayer.map(OLD)
    imported = replayer.imported(Contact=MAILS)
    replayed = replayer.apply(imported, NEW).import_id
    world.conn.execute(
        "UPDATE csv_import_records SET coperniq_id = NULL WHERE csv_import_id = %s AND record_number = 1", [imported]
    )
    (kept,) = rolling_back.plan(world.conn, rolling_back.find(world.conn, str(replayed))).samples.values()
    assert [one.what_to_do.startswith("A replay of Contact.csv") for one in kept] == [False, True]
