"""What a rollback says of single records: the plan names some of each kind, the report every one that is left."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from assets.coperniq import leaving, rolling_back
from assets.coperniq.undoing import Standing
from assets.fix_files import COLUMNS, reference
from assets.outbox import rollback_file
from orchestration.commands import undoing
from tests.integration.coperniq import undoer
from tests.integration.coperniq.test_checking import change, ids
from tests.integration.coperniq.test_rolling_back import SITE, of_database, roll_back
from tests.integration.coperniq.world import contact, contacts
from tests.unit.outbox.test_rollback_file import read

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    import pytest

    from assets.coperniq.leaving import Record
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World


def left(world: World, import_id: UUID) -> dict[str, Record]:
    """Roll an import back, and return what it says of each record that is left, by its key."""
    done = roll_back(world, import_id)
    records = list(rolling_back.left(world.conn, rolling_back.find(world.conn, str(import_id)), done))
    assert len(records) == sum(done.left.values())
    assert {standing: [one.standing for one in records].count(standing) for standing in done.left} == done.left
    return {one.key: one for one in records}


def test_every_record_that_is_left_is_named_with_its_reason_and_what_to_do(world: World) -> None:
    world.enter("Contact", {"name": "Person 1", "emails": ["person1@example.com"]})
    world.bring("Site 1.csv", {"fullAddress": "9 Main St", "clientId": "person1@example.com"})
    world.deliver()
    import_id = world.bring("Contact.csv", *contacts(7, title="Tech"))
    world.deliver()
    made = {node["emails"][0]: node["id"] for node in world.held("Contact")}
    later = world.bring("Contact 2.csv", contact(50), contact(2, title="Boss"))
    same = world.bring("Contact 3.csv", contact(3, title="Tech"), contact(30))
    sites = world.bring("Site.csv", {**SITE, "clientId": "person4@example.com"})
    world.deliver()
    change(world, made["person5@example.com"], name="Somebody else")
    world.enter("Site", {"fullAddress": "7 Main St", "clientId": made["person6@example.com"]})
    said = left(world, import_id)
    assert {key: one.row for key, one in said.items()} == {f"person{n}@example.com": n + 1 for n in range(1, 7)}
    assert {key: one.coperniq_id for key, one in said.items()} == {key: made[key] for key in said}
    assert {one.became for one in said.values()} == {"stays in Coperniq"}
    whys = [one.why for one in said.values()]
    assert whys[:5] == [
        "It was in Coperniq before this import, which updated it; what it was before is not known.",
        f"Row 2 of Contact 2.csv, import {str(later)[:8]}, has updated it since.",
        f"Row 1 of Contact 3.csv, import {str(same)[:8]}, has it too, unchanged.",
        f"Others use it: 1 × Site of Site.csv, import {str(sites)[:8]}.",
        "Somebody has changed it in Coperniq since: name.",
    ]
    assert whys[5].startswith("Coperniq keeps the record of row 7: ")
    assert "(IN_USE)" in whys[5]
    assert len({one.what_to_do for one in said.values()}) == 5
    assert all("{" not in f"{one.why}{one.what_to_do}" for one in said.values())


def test_what_is_in_doubt_and_what_was_not_reached_say_so(world: World, proxy: Proxy) -> None:
    import_id = world.bring("Contact.csv", *contacts(3, title="Tech"))
    proxy.script("Create", "drop")
    world.enter("Contact", {"name": "Somebody else", "emails": ["person1@example.com"]})
    world.deliver()
    proxy.headers = {"Retry-After": "3600"}
    proxy.script("Find", "throttle")
    said = left(world, import_id)
    again = f"Run `mep rollback {str(import_id)[:8]}` again"
    assert [(one.row, one.became, one.what_to_do.split(",")[0]) for one in said.values()] == [
        (1, "stays in Coperniq", f"{again}."), (2, "is in doubt", again), (3, "stays in Coperniq", f"{again}."),
    ]  # fmt: skip


def test_a_plan_names_a_few_records_of_each_kind_and_changes_nothing(world: World) -> None:
    import_id = world.bring("Contact.csv", *contacts(9))
    sites = world.bring(
        "Site.csv", *({"fullAddress": f"{n} Main St", "clientId": "person8@example.com"} for n in range(2))
    )
    world.deliver()
    before = of_database(world)
    planned = rolling_back.plan(world.conn, rolling_back.find(world.conn, str(import_id)))
    assert of_database(world) == before
    assert planned.counts == {Standing.DELETE: 8, Standing.IN_USE: 1}
    assert [(one.row, one.became) for one in planned.samples[Standing.DELETE]] == [
        (number, "is to be deleted") for number in range(1, rolling_back.SAMPLES + 1)
    ]
    (used,) = planned.samples[Standing.IN_USE]
    assert (used.row, used.why) == (9, f"Others use it: 2 × Site of Site.csv, import {str(sites)[:8]}.")
    unsent = world.bring("Contact 2.csv", contact(70))
    (withdrawn,) = rolling_back.plan(world.conn, rolling_back.find(world.conn, str(unsent))).samples[Standing.WITHDRAW]
    assert (withdrawn.coperniq_id, withdrawn.why) == (None, "It was not sent yet.")


def test_a_plan_names_the_fix_files_and_says_what_becomes_of_them(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [contact(number, emails="nobody@@example.com", name=f"Bad {number}") for number in (1, 2)]
    import_id = world.bring("Contact.csv", contact(0), *bad)
    attempts = [dict(zip(COLUMNS, (reference(number, import_id), "", ""), strict=True)) for number in (2, 3)]
    fixed = world.bring("fix 1.csv", contact(1) | attempts[0], bad[1] | attempts[1])
    world.deliver()
    of_fixed = dict(zip(COLUMNS, (reference(2, fixed), "", ""), strict=True))
    again = world.bring("fix 2.csv", contact(2) | of_fixed)
    (unread,) = world.query(
        "INSERT INTO csv_imports (contractor_config_id, import_name, coperniq_type, parent_import_id)"
        " VALUES (%s, 'fix 3.csv', 'Contact', %s) RETURNING id",
        world.contractor, import_id,
    )  # fmt: skip
    of = rolling_back.find(world.conn, str(import_id))
    planned = rolling_back.plan(world.conn, of)
    said = [(one.import_id, one.is_read, one.put_right, one.in_coperniq, one.to_send) for one in planned.fix_files]
    assert said == [(fixed, True, 1, 1, 0), (again, True, 1, 0, 1), (unread["id"], False, 0, 0, 0)]
    assert rolling_back.plan(world.conn, rolling_back.find(world.conn, str(again))).fix_files == []
    undoing._print_plan(of, planned, as_json=False)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if "fix file" in line]
    assert lines[0] == (
        f"fix file fix 1.csv, import {str(fixed)[:8]} (1 row put right, 1 in Coperniq, 0 to be sent) stays imported,"
        f" with its records: what it is still to send is sent. Where that is not wanted, roll it back, too:"
        f" `mep rollback {str(fixed)[:8]}`."
    )
    assert "is not read any more, and fails" in lines[2]
    undoing._print_plan(of, planned, as_json=True)
    printed = json.loads(capsys.readouterr().out)["fix_files"]
    assert [(one["import_id"], one["became"][:14]) for one in printed] == [
        (str(fixed), "stays imported"), (str(again), "stays imported"), (str(unread["id"]), "is not read an"),
    ]  # fmt: skip
    # That is what becomes of them.
    world.query("UPDATE csv_imports SET status = 'failed' WHERE id = %s RETURNING id", unread["id"])
    assert roll_back(world, import_id).left == {}
    world.deliver()
    assert {node["emails"][0] for node in world.held("Contact")} == {"person1@example.com", "person2@example.com"}
    assert roll_back(world, fixed).left == roll_back(world, again).left == {}
    assert world.held("Contact") == []


def test_the_report_of_a_rollback_that_was_killed_is_whole_after_the_next(
    world: World, shared_database: str, proxy: Proxy, tmp_path: Path
) -> None:
    """The first dies with a hundred records gone and others found changed; the second names all of them."""
    import_id = world.bring("Contact.csv", *contacts(750))
    world.deliver()
    sent = ids(world)
    changed = {sent[3], sent[700]}
    for id_ in changed:
        change(world, id_, name="Somebody else")
    proxy.script("Delete", "pass", "late 0.4")
    run = undoer.start(world, shared_database, import_id)
    while len(proxy.requests("Delete")) < 2:
        assert run.poll() is None
        time.sleep(0.005)
    run.kill()
    run.communicate()
    time.sleep(0.6)
    assert len(changed) < len(world.held("Contact")) < len(sent)
    of = rolling_back.find(world.conn, str(import_id))
    done = roll_back(world, import_id)
    path = rollback_file.write(
        tmp_path / "out", leaving.COLUMNS, (one.cells for one in rolling_back.left(world.conn, of, done))
    )
    assert path is not None
    header, *lines = read(path)
    assert header == ["row", "type", "key", "coperniq_id", "became", "why", "what_to_do"]
    assert {line[3] for line in lines} == changed == {node["id"] for node in world.held("Contact")}
    assert {line[5] for line in lines} == {"Somebody has changed it in Coperniq since: name."}
