"""Who is erased is found nowhere any more, what was counted still adds up, and nobody else loses anything."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest

from assets.csv_imports import registering
from assets.csv_imports.local_inbox import LocalInbox
from assets.erasing import erasing
from assets.erasing.erasing import ErasingError
from assets.lineage import tracing
from assets.lineage.tracing import TraceError
from assets.progress import Progress
from orchestration.traces import print_traces
from tests.integration.coperniq import audit
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.erasing.person import (
    Person,
    bring,
    bring_all,
    erase,
    found_in,
    handed_back,
    mention,
    tables,
    texts,
    whose,
    write,
)
from tests.integration.forms.desk import LEAD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.coperniq.world import World
    from tests.integration.forms.desk import Desk

COUNTED = (
    "SELECT csv_import_id, status, total_records_attempted, total_records_success, total_records_failed, success_rate"
    " FROM csv_import_summary WHERE contractor_id = %s ORDER BY 1",
    "SELECT i.id, r.record_number, r.status, r.line_number, r.invalid_fields, r.coperniq_id"
    " FROM csv_import_records AS r JOIN csv_imports AS i ON i.id = r.csv_import_id"
    " WHERE i.contractor_config_id = %s ORDER BY 1, 2",
    "SELECT * FROM form_funnel WHERE contractor_id = %s ORDER BY template_id",
    "SELECT id, coperniq_entity_id, data_quality_score FROM data_lineage WHERE contractor_config_id = %s ORDER BY 1",
    "SELECT id, operation_type, status, records_processed, started_at, completed_at FROM coperniq_sync_log"
    " WHERE contractor_config_id = %s ORDER BY 1",
)


def counted(world: World) -> list[list[dict[str, Any]]]:
    return [world.query(statement, world.contractor) for statement in COUNTED]


def summaries(world: World) -> list[dict[str, Any]]:
    return world.query(
        "SELECT * FROM csv_import_summary WHERE contractor_id = %s ORDER BY csv_import_id", world.contractor
    )


def still_open(world: World) -> list[tuple[Any, int]]:
    rows = world.query(
        """
        SELECT i.id, count(o.csv_import_record_id) AS rows FROM csv_imports AS i
        LEFT JOIN open_csv_import_records AS o ON o.csv_import_id = i.id
        WHERE i.contractor_config_id = %s GROUP BY i.id ORDER BY i.id
        """,
        world.contractor,
    )
    return [(row["id"], row["rows"]) for row in rows]


def test_nothing_of_a_person_is_left_and_every_count_is_as_it_was(desk: Desk, tmp_path: Path) -> None:
    world, person, outbox = desk.world, Person(), tmp_path / "outbox"
    imports = bring_all(desk, person)
    mention(world, person, imports[0])
    handed_back(world, outbox)
    statuses = {row["status"] for one in imports for row in world.rows(one)}
    assert {"valid", "error", "duplicate"} <= statuses
    before = found_in(tables(world.conn), person)
    assert {
        "csv_import_records", "coperniq_records", "mep_form_submissions", "possible_duplicates", "alerts",
        "coperniq_sync_log", "mep_template_usage", "csv_imports", "data_lineage",
    } <= set(before)  # fmt: skip
    assert found_in(texts(outbox), person)
    stood = counted(world)
    erase(world, person, outbox)
    assert found_in(tables(world.conn), person) == {}
    assert found_in(texts(outbox), person) == {}
    assert counted(world) == stood
    assert still_open(world) == [(one["csv_import_id"], one["open_records"]) for one in summaries(world)]
    (done,) = world.query("SELECT * FROM erasures WHERE contractor_config_id = %s", world.contractor)
    assert done["completed_at"] is not None
    assert done["counts"]["forms"] == 3
    assert len([known for known in done["in_coperniq"] if known.startswith("Contact ")]) == 1
    assert not world.query(
        "SELECT FROM coperniq_record_names AS n JOIN coperniq_records AS c ON c.id = n.record_id"
        " WHERE c.contractor_config_id = %s AND NOT EXISTS (SELECT FROM unnest(c.names) AS name WHERE n.name_hash ="
        " hashtextextended(name, hashtextextended(c.coperniq_type, uuid_hash_extended(c.contractor_config_id, 0))))",
        world.contractor,
    )
    audit.rows_are_accounted_for(world)
    audit.imports_say_how_far_they_are(world)


def test_what_is_others_stays(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzbea", "(303) 555-0178")
    imports = bring_all(desk, person)
    states = {name: world.states(name) for name in ("Contact", "Site", "Asset", "Task", "FinancialDocument")}
    rows = {row["id"]: row for one in imports for row in world.rows(one)}
    erase(world, person, tmp_path / "outbox")
    for name, before in states.items():
        after = {key: state for key, state in world.states(name).items() if not key.startswith("erased:")}
        theirs = {key: state for key, state in before.items() if not person.canary.search(key)}
        assert after == theirs, name
        assert len(theirs) >= 1, name
    for one in imports:
        for row in world.rows(one):
            before = rows[row["id"]]
            name = str(before["record_data"])
            if "Stays" in name or "Bob" in name:
                assert row["erased_at"] is None
                expected = name.replace(person.email, "[erased]") if "jozz" not in name else name
                assert str(row["record_data"]) == expected
            else:
                assert row["erased_at"] is not None, before
                assert (row["record_data"], row["mapped_data"]) == ({}, None)


def test_the_same_person_of_another_contractor_stays_until_that_is_asked_for(
    desk: Desk, another: Desk, tmp_path: Path
) -> None:
    person, outbox = Person("zzcy", "(303) 555-0179"), tmp_path / "outbox"
    desk.world.inbox, another.world.inbox = tmp_path / "mine", tmp_path / "theirs"
    for one in (desk, another):
        one.world.inbox.mkdir()
        bring(one.world, "Contact.csv", person.contacts())
        one.world.deliver()
    before = [another.world.rows(one["id"]) for one in imports_of(another.world)]
    erase(desk.world, person, outbox)
    assert [another.world.rows(one["id"]) for one in imports_of(another.world)] == before
    told: list[Progress] = []
    of = erasing.address(desk.world.conn, f" {person.email.upper()} ")
    found = erasing.find(desk.world.conn, of, tell=told.append)
    rows = [one.whose.rows for one in found]
    assert rows == [len(person.contacts()) - 1] * 2, "all but the header"
    assert {one.of for one in told} >= {one.whose.slug for one in found}
    assert sum(rows) - rows[-1] <= told[-1].done <= (told[-1].total or 0)
    assert {one.whose.id: (one.any, len(one.erased)) for one in found} == {
        desk.world.contractor: (False, 1), another.world.contractor: (True, 0),
    }  # fmt: skip
    erase(another.world, person, outbox)
    assert found_in(tables(desk.world.conn), person) == {}


def test_a_name_that_two_people_have_leads_to_neither(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzdi", "(303) 555-0180")
    bring(
        world, "Contact.csv", [("name", "emails"), ("John Smith", person.email), ("John Smith", "john@stays.example")]
    )
    world.deliver()
    clients = [("1 A St", "John Smith"), ("2 B St", person.email), ("3 C St", "john@stays.example")]
    sites = bring(world, "Site.csv", [("fullAddress", "clientId"), *clients])
    world.deliver()
    assert person.email in (world.rows(sites)[0]["error_message"] or "")
    erase(world, person, tmp_path / "outbox")
    rows = world.rows(sites)
    assert [row["erased_at"] is None for row in rows] == [True, False, True]
    assert {"[erased]", "john@stays.example"} <= set(re.split(r" or |may be |\. ", rows[0]["error_message"]))
    assert list(world.states("Contact").values()) == ["synced", "synced"]


def test_what_anothers_message_says_of_the_persons_records_goes(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzpia", "(303) 555-0176")
    bring(world, "Contact.csv", person.contacts())
    sites = [(person.address, person.email, "Cabin"), ("1 Bob St, Denver, CO 80202", "bob@stays.example", "Cabin")]
    bring(world, "Site.csv", [("fullAddress", "clientId", "Site name"), *sites])
    world.deliver()
    tasks = bring(world, "Task.csv", [("title", "status", "siteId"), ("Bob's tune-up", "open", "Cabin")])
    (before,) = world.rows(tasks)
    assert person.address.lower() in before["error_message"]
    erase(world, person, tmp_path / "outbox")
    (row,) = world.rows(tasks)
    assert row["error_message"] is not None
    assert (row["erased_at"], person.canary.search(row["error_message"])) == (None, None)
    assert "1 bob st, denver, co 80202 | bob@stays.example" in row["error_message"]


def test_what_waits_is_never_sent(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzed", "(303) 555-0181")
    imports = [bring(world, "Contact.csv", person.contacts()), bring(world, "Site.csv", person.files()["Site.csv"])]
    template = desk.template("lead", LEAD)
    desk.approve(template, customerName=person.name, email=person.email)
    erase(world, person, tmp_path / "outbox")
    desk.send()
    assert not [node for node in world.held("Contact") + world.held("Site") if person.canary.search(str(node))]
    assert {node["name"] for node in world.held("Contact")} == {"Bob Stays", "Carl Stays", "Dora Stays"}
    assert {world.import_of(one)["coperniq_sync_status"] for one in imports} == {"synced"}


def test_a_later_file_brings_the_person_as_somebody_new(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzfay", "(303) 555-0182")
    first = bring(world, "Contact.csv", person.contacts())
    world.deliver()
    erase(world, person, tmp_path / "outbox")
    (passed,) = registering.register_files(
        world.conn, world.contractor, LocalInbox(world.inbox), [world.inbox / "Contact.csv"], "test", retry=False
    )
    assert (passed.outcome, passed.import_id) == ("already imported", first)
    bring(world, "Contact later.csv", person.contacts()[:3])
    world.deliver()
    assert world.states("Contact")[person.email] == "synced"
    erase(world, person, tmp_path / "outbox")
    assert found_in(tables(world.conn), person) == {}
    assert len(world.query("SELECT FROM erasures WHERE contractor_config_id = %s", world.contractor)) == 2


def test_a_rollback_deletes_what_an_erased_person_has_in_coperniq(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzgil", "(303) 555-0183")
    first = bring(world, "Contact.csv", person.contacts())
    world.deliver()
    erase(world, person, tmp_path / "outbox")
    of = erasing.address(world.conn, person.email)
    left = erasing.left(world.conn, of, whose(world, of), LocalInbox(world.inbox))
    assert [known.partition(" ")[0] for known in left.in_coperniq] == ["Contact"]
    assert [(held.source, held.lines) for held in left.files] == [("Contact.csv", [3, 4, 5, 6, 7, 8])]
    roll_back(world, first)
    assert world.held("Contact") == []
    (world.inbox / "Contact.csv").unlink()
    left = erasing.left(world.conn, of, whose(world, of), LocalInbox(world.inbox))
    assert (left.in_coperniq, left.files) == ([], [])


def test_a_trace_says_that_it_was_erased(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzhal", "(303) 555-0184")
    first = bring(world, "Contact.csv", person.contacts())
    world.deliver()
    erase(world, person, tmp_path / "outbox")
    with pytest.raises(TraceError, match=r"^What was known by that was erased 20"):
        tracing.trace(world.conn, person.email, world.contractor)
    (erased,) = tracing.trace(world.conn, str(world.rows(first)[1]["id"]), world.contractor)
    row = erased.rows[0]
    assert (row.cells, row.erased_at is None, row.sent is None) == ([], False, False)
    with redirect_stdout(io.StringIO()) as printed:
        print_traces([erased])
    assert "erased" in printed.getvalue()
    assert not person.canary.search(printed.getvalue())


def test_nothing_is_erased_while_something_may_bring_it_back(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzida", "(303) 555-0185")
    bring(world, "Contact.csv", person.contacts())
    world.deliver()
    of = erasing.address(world.conn, person.email)
    world.conn.execute(
        "UPDATE coperniq_records SET state = 'unknown', claim_id = gen_random_uuid() WHERE record_key = %s",
        [person.email],
    )
    with pytest.raises(ErasingError, match=r"of 1 of the person's records .* is not settled: run `mep import`"):
        erase(world, person, tmp_path / "outbox")
    world.conn.execute(
        "UPDATE coperniq_records SET state = 'synced', claim_id = NULL WHERE record_key = %s", [person.email]
    )
    path = write(world.inbox, "Site.csv", person.files()["Site.csv"])
    registering.register_files(world.conn, world.contractor, LocalInbox(world.inbox), [path], "test", retry=False)
    with pytest.raises(ErasingError, match=r"^Site.csv of .* is not read to its end"):
        erase(world, person, tmp_path / "outbox")
    assert erasing.find(world.conn, of)[0].any


def imports_of(world: World) -> list[dict[str, Any]]:
    return world.query(
        "SELECT id FROM csv_imports WHERE contractor_config_id = %s ORDER BY created_at", world.contractor
    )
