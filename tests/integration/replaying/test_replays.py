"""A replay judges stored rows again, says what differs, and lets that and nothing else take effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.csv_imports import registering, store
from assets.csv_imports.judging import rules, version
from assets.replaying import figures
from assets.replaying.making import ReplayError
from assets.replaying.replay import Changed
from sandbox.coperniq import ledger
from tests.integration.planning.planner import dump
from tests.integration.replaying.replayer import RIGHT, UPPER

if TYPE_CHECKING:
    from tests.integration.replaying.replayer import Replayer

CONTACTS = "name,company,email\nAnn,Acme,ann@example.com\nBob,Best,bob@example.com\nCid,Core,cid@example.com\n"
WRONG = "version: 1\ntype: Contact\ncolumns:\n  - {header: name, field: null}\n  - {header: company, field: name}\n"


def test_a_look_says_what_differs_and_changes_nothing(replayer: Replayer) -> None:
    replayer.map(WRONG)
    imported = replayer.imported(Contact=CONTACTS)
    world = replayer.planner.world
    before = dump(world.conn), ledger.operations(world.store, world.company)
    found = replayer.look(imported, RIGHT)
    assert (dump(world.conn), ledger.operations(world.store, world.company)) == before
    assert (found.rows, found.differing, found.statuses) == (3, 3, [("valid", "valid", 3)])
    assert (found.differing_rows, [one.row for one in found.samples]) == ([(1, 3)], [1, 2, 3])
    assert found.fields == [("name", 3)]
    assert [(one.field, one.before, one.after) for one in found.samples[0].changed] == [("name", "Acme", "Ann")]
    assert found.planned is not None
    assert found.sending is not None
    assert {name: rows for name, rows in found.planned.counts.items() if rows} == {"updated": 3}
    assert found.sending.requests == 1


def test_what_differs_is_applied_to_the_same_records_and_then_nothing_differs(replayer: Replayer) -> None:
    replayer.map(WRONG)
    imported = replayer.imported(Contact=CONTACTS)
    there = replayer.there()
    replayed = replayer.apply(imported, RIGHT).import_id
    assert replayer.there() == dict(zip(there, ["Ann", "Bob", "Cid"], strict=True))
    again = replayer.look(imported, RIGHT)
    assert (again.differing, again.record_numbers) == (0, None)
    assert replayer.begin(imported, RIGHT).import_id is None
    of_replay = replayer.look(replayed or imported, WRONG)
    assert (of_replay.import_id, of_replay.differing) == (imported, 3)
    links = replayer.planner.world.query(
        "SELECT r.record_number, former.record_number AS former FROM csv_import_records AS r"
        " INNER JOIN csv_import_records AS former ON r.corrects_record_id = former.id WHERE r.csv_import_id = %s",
        replayed,
    )
    assert {(row["record_number"], row["former"]) for row in links} == {(1, 1), (2, 2), (3, 3)}


def test_only_rows_that_differ_run_and_a_replay_of_a_replayed_import_starts_from_there(replayer: Replayer) -> None:
    replayer.map(RIGHT)
    imported = replayer.imported(Contact=CONTACTS.replace("Bob", "BOB"))
    begun = replayer.apply(imported, UPPER)
    assert begun.replay is not None
    assert begun.replay.differing_rows == [(1, 1), (3, 3)]
    assert sorted(replayer.there().values()) == ["ANN", "BOB", "CID"]
    numbers = replayer.planner.world.query(
        "SELECT record_number FROM csv_import_records WHERE csv_import_id = %s ORDER BY 1", begun.import_id
    )
    assert [row["record_number"] for row in numbers] == [1, 3]
    replayer.apply(imported, RIGHT)
    assert sorted(replayer.there().values()) == ["Ann", "BOB", "Cid"]


def test_rows_beyond_those_that_are_given_with_their_values_are_counted(
    replayer: Replayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    replayer.map(WRONG)
    imported = replayer.imported(Contact=CONTACTS)
    monkeypatch.setattr(figures, "MOST_SAMPLES", 2)
    found = replayer.look(imported, RIGHT)
    assert ([one.row for one in found.samples], found.not_sampled, found.differing_rows) == ([1, 2], 1, [(1, 3)])


def test_a_rule_that_changed_is_found_without_a_mapping_and_noted_by_what_is_applied(
    replayer: Replayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = replayer.imported(Contact=CONTACTS.replace("Bob", "#NULL!"))
    assert (replayer.look(imported).differing, sorted(replayer.there().values())) == (0, ["Ann", "Cid"])
    # What Excel writes for an error is a name like any other.
    monkeypatch.setattr(rules, "FORMULA_ERRORS", ())
    monkeypatch.setattr(rules, "text_schema", rules.text_schema.__wrapped__)
    monkeypatch.setattr(version, "RULES", version.RULES + 1)
    found = replayer.look(imported)
    assert (found.differing_rows, found.samples[0].changed[-1]) == ([(2, 2)], Changed("name", None, "#NULL!"))
    assert sorted(found.statuses) == [("error", "valid", 1), ("valid", "valid", 2)]
    begun = replayer.apply(imported)
    assert sorted(replayer.there().values()) == ["#NULL!", "Ann", "Cid"]
    noted = replayer.planner.world.query(
        "SELECT m.rules_version, r.record_number, r.status::TEXT AS status FROM csv_imports AS m"
        " INNER JOIN csv_import_records AS r ON m.id = r.csv_import_id WHERE m.id = ANY(%s) ORDER BY 1, 2",
        [imported, begun.import_id],
    )
    assert [tuple(row.values()) for row in noted] == [
        (version.RULES - 1, 1, "valid"), (version.RULES - 1, 2, "error"), (version.RULES - 1, 3, "valid"),
        (version.RULES, 2, "valid"),
    ]  # fmt: skip
    assert replayer.look(imported).differing == 0


def test_without_a_mapping_that_of_the_contractor_counts(replayer: Replayer) -> None:
    replayer.map(WRONG)
    imported = replayer.imported(Contact=CONTACTS)
    assert replayer.look(imported).differing == 0
    replayer.map(RIGHT)
    assert replayer.look(imported).differing == 3


def test_a_row_whose_key_changes_stays_the_record_that_it_is_and_its_children_follow(replayer: Replayer) -> None:
    """The next file with the right mapping finds all of them again, too."""
    wrong = "version: 1\ntype: Contact\ncolumns:\n  - {header: mail, field: emails}\n  - {header: email, field: null}\n"
    right = "version: 1\ntype: Contact\ncolumns:\n  - {header: mail, field: null}\n  - {header: email, field: emails}\n"
    replayer.map(wrong)
    contacts = "name,mail,email\nAnn,old@example.com,ann@example.com\nBob,b@example.com,bob@example.com\n"
    sites = "fullAddress,clientId\n1 Main St,Ann\n2 Main St,Bob\n"
    assets = "name,type,siteId\nUnit,AC,1 Main St\n"
    replayer.imported(Contact=contacts, Site=sites, Asset=assets)
    (imported,) = replayer.planner.world.query(
        "SELECT id FROM csv_imports WHERE coperniq_type = 'Contact' AND contractor_config_id = %s",
        replayer.planner.world.contractor,
    )
    there = replayer.there(field="emails"), replayer.there("Site", "fullAddress"), replayer.there("Asset")
    assert [len(one) for one in there] == [2, 2, 1]
    replayer.apply(imported["id"], right)
    assert replayer.there(field="emails") == dict(
        zip(there[0], [["ann@example.com"], ["bob@example.com"]], strict=True)
    )
    assert replayer.look(imported["id"], right).differing == 0
    replayer.map(right)
    replayer.imported(Contact=contacts + "\n", Site=sites.replace("Ann", "ann@example.com"), Asset=assets + "\n")
    assert [*replayer.there()] == [*there[0]]
    assert (replayer.there("Site", "fullAddress"), replayer.there("Asset")) == there[1:]


def test_what_a_later_file_or_a_fix_file_has_brought_is_left_alone(replayer: Replayer) -> None:
    replayer.map(WRONG)
    imported = replayer.imported(Contact=CONTACTS + "Dan,Dire,dan at example\n")
    replayer.imported(Contact_later="name,company,email\nNew,Newer,bob@example.com\n")
    header = "name,company,email,_row,_problem,_what_to_do"
    replayer.imported(fix=f"{header}\nDan,Dire,dan@example.com,4 of {imported},wrong,do\n")
    there = replayer.there()
    assert sorted(there.values()) == ["Acme", "Core", "Dire", "Newer"]
    found = replayer.look(imported, RIGHT)
    assert (found.left, found.differing) == ({"corrected": 1, "superseded": 1}, 2)
    replayer.apply(imported, RIGHT)
    assert sorted(replayer.there().values()) == ["Ann", "Cid", "Dire", "Newer"]
    assert [*replayer.there()] == [*there]


def test_errors_become_rows_and_rows_become_errors(replayer: Replayer) -> None:
    wrong = WRONG.replace("field: name}\n", "field: name, validate: {regex: '[A-C].*'}}\n")
    replayer.map(wrong)
    imported = replayer.imported(Contact=CONTACTS.replace("Core", "core") + "a,b,c,d,e\n")
    assert len(replayer.there()) == 2
    right = RIGHT.replace("field: name}\n", "field: name, validate: {regex: '[B-D].*'}}\n")
    found = replayer.look(imported, right)
    assert sorted(found.statuses) == [("error", "valid", 1), ("valid", "error", 1), ("valid", "valid", 1)]
    assert found.left == {"unreadable": 1}
    replayer.apply(imported, right)
    assert sorted(replayer.there().values()) == ["Acme", "Bob", "Cid"]
    opened = replayer.planner.world.query(
        "SELECT import_name, open_records FROM csv_import_summary WHERE contractor_id = %s ORDER BY created_at",
        replayer.planner.world.contractor,
    )
    assert [row["open_records"] for row in opened] == [1, 1]
    assert replayer.look(imported, right).differing == 0


def test_a_row_that_becomes_the_same_record_as_another_is_not_sent_over_it(replayer: Replayer) -> None:
    wrong = "version: 1\ntype: Contact\ncolumns:\n  - {header: mail, field: emails}\n  - {header: email, field: null}\n"
    right = "version: 1\ntype: Contact\ncolumns:\n  - {header: mail, field: null}\n  - {header: email, field: emails}\n"
    replayer.map(wrong)
    imported = replayer.imported(
        Contact="name,mail,email\nAnn,ann@example.com,ann@example.com\nBob,bob@example.com,ann@example.com\n"
    )
    replayer.apply(imported, right)
    assert sorted(replayer.there().values()) == ["Ann", "Bob"]
    assert replayer.look(imported, right).differing == 0


def test_a_replay_that_dies_is_gone_on_with_as_it_was_sealed(replayer: Replayer) -> None:
    replayer.map(WRONG)
    imported = replayer.imported(Contact=CONTACTS)
    begun = replayer.begin(imported, RIGHT)
    with pytest.raises(ReplayError, match="goes on still"):
        replayer.look(imported, RIGHT)
    store.begin(replayer.planner.world.conn, begun.import_id)
    again = replayer.begin(imported, WRONG)
    assert (again.import_id, again.replay) == (begun.import_id, None)
    replayer.go_on()
    assert sorted(replayer.there().values()) == ["Ann", "Bob", "Cid"]


def test_an_import_that_waits_or_was_rolled_back_is_not_replayed(replayer: Replayer) -> None:
    imported = replayer.imported(Contact=CONTACTS)
    world = replayer.planner.world
    replayer.planner.put(Contact_2=CONTACTS.replace("Ann", "Anna"))
    planner = replayer.planner
    registering.register_files(world.conn, world.contractor, planner.inbox, planner.sources(), "test", retry=False)
    with pytest.raises(ReplayError, match="not finished"):
        replayer.begin(imported, UPPER)
    replayer.go_on()
    world.conn.execute("UPDATE csv_imports SET status = 'rolled_back' WHERE id = %s", [imported])
    with pytest.raises(ReplayError, match="was rolled back"):
        replayer.look(imported, UPPER)


def test_a_row_that_was_erased_is_not_read_again(replayer: Replayer) -> None:
    replayer.map(RIGHT)
    imported = replayer.imported(Contact=CONTACTS)
    replayer.planner.world.conn.execute(
        "UPDATE csv_import_records SET record_data = '{}', mapped_data = NULL, erased_at = now()"
        " WHERE csv_import_id = %s AND record_number = 2",
        [imported],
    )
    found = replayer.look(imported, UPPER)
    assert (found.rows, found.differing, found.left) == (3, 2, {"gone": 1})
