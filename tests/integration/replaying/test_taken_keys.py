"""In the fix file of a replay a row is its own record: the key of another one is an error."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from assets.outbox import paths
from assets.outbox.handing_back import hand_back
from tests.integration.replaying.test_records_of_rows import MAILS, NEW, OLD, ONLY_B, correct, mails

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.integration.coperniq.world import World
    from tests.integration.replaying.replayer import Replayer

NO_MAIL = OLD.replace("field: emails}", "field: emails, validate: {regex: '[x].*'}}")


def handed_back(world: World, import_id: UUID) -> Path:
    """Hand back what there is, and give the fix file of an import."""
    outbox = world.inbox / "outbox"
    list(hand_back(world.conn, world.contractor, "office", outbox))
    return paths.folder(outbox, "office", import_id) / paths.FIX_FILE


def refused(replayer: Replayer, mapping: str) -> tuple[dict[str, Any], UUID | None]:
    """Replay an import by a mapping that refuses rows of it; give what Coperniq had before, and the replay."""
    replayer.map(OLD)
    imported = replayer.imported(Contact=MAILS)
    there = mails(replayer)
    replayed = replayer.apply(imported, mapping).import_id
    replayer.map(NEW)
    return there, replayed


def test_a_row_that_is_given_the_key_of_another_record_is_an_error(replayer: Replayer) -> None:
    """It would write over that one, and leave its own as it was; the rows beside it stand for themselves."""
    world = replayer.planner.world
    there, replayed = refused(replayer, NO_MAIL)
    header, ann, bob = "name,mail,email", f"1 of {replayed}", f"2 of {replayed}"
    fix = correct(
        replayer, "fix", header, f"Ann,x,b@example.com,{ann}", f"Robert,x,b@example.com,{bob}",
        f"Anna,x,anna@example.com,{ann}",
    )  # fmt: skip
    assert mails(replayer) == dict(zip(there, ["anna@example.com", "b@example.com"], strict=True))
    assert replayer.there() == dict(zip(there, ["Anna", "Robert"], strict=True))
    first, *others = world.rows(fix)
    said = "The key is another record's. Change email in row 1 and send the fix file."
    assert (first["status"], first["error_message"], first["invalid_fields"]) == ("error", said, ["emails"])
    assert [row["status"] for row in others] == ["valid", "valid"]
    (cause,) = world.import_of(fix)["error_summary"]["validation_errors"]
    assert cause == {
        "cause": "The key is another record's", "field": "emails", "rule": "key_taken", "records": 1, "first_row": 1,
    }  # fmt: skip


def test_the_key_of_another_record_is_no_key_of_the_row(replayer: Replayer) -> None:
    """The next export of that other record puts nothing right here; the row's own next attempt does."""
    world = replayer.planner.world
    there, replayed = refused(replayer, ONLY_B)
    fix = correct(replayer, "fix", "name,mail,email", f"Ann,x,bob@example.com,1 of {replayed}")
    replayer.imported(Contact_later="name,mail,email\nBob,b@example.com,bob@example.com\n")
    (row,) = world.rows(fix)
    assert (row["status"], row["corrected_by_id"]) == ("error", None)
    (line,) = csv.DictReader(handed_back(world, fix).read_text(encoding="utf-8-sig").splitlines())
    assert (line["_problem"], line["_what_to_do"]) == (
        "The key is another record's.", "Change email, then send this file back.",
    )  # fmt: skip
    correct(replayer, "fix2", "name,mail,email", f"Ann,x,beth@example.com,1 of {fix}")
    assert mails(replayer) == dict(zip(there, ["beth@example.com", "bob@example.com"], strict=True))
    assert world.rows(fix)[0]["corrected_by_id"] is not None
