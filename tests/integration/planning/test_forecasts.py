"""A plan says what the run that follows does, row for row, and leaves everything as it is."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from assets.coperniq.limits import Allowance
from assets.csv_imports.inbox import InboxUnreachable
from assets.outbox import handing_back, paths
from assets.planning import figures, forecasting, shadow
from assets.planning.forecast import LEFT, NOT_PLANNED, OUTCOMES, Difference
from sandbox.coperniq import ledger
from tests.conftest import ROOT
from tests.integration.planning.planner import Planner, counts, dump

if TYPE_CHECKING:
    from psycopg import Connection

SAMPLES = ROOT / "samples" / "inbox"
CONTACTS = "name,email\nAnn,ann@example.com\nBob,bob@example.com\nCid,cid@example.com\n"
SITES = "fullAddress,clientId\n1 Main St,ann@example.com\n2 Main St,nobody@example.com\n"


@pytest.mark.parametrize(("slug", "runs"), [("abc-heating", 2), ("sunrise-solar", 1)])
def test_the_run_does_what_was_planned_and_the_plan_does_nothing(planner: Planner, slug: str, runs: int) -> None:
    """Everything is new; then, for one of the contractors, the same files say something else."""
    shutil.copytree(SAMPLES / slug, planner.folder, dirs_exist_ok=True)
    seen = Counter[str]()
    for _ in range(runs):
        before = dump(planner.world.conn), ledger.operations(planner.world.store, planner.world.company)
        planned = planner.plan()
        assert (dump(planner.world.conn), ledger.operations(planner.world.store, planner.world.company)) == before
        done, delivered = planner.run()
        assert counts(planned) == done
        assert sum(sum(one.values()) for one in done.values())
        assert sum(one.requests for one in delivered.values()) == planned.sending.requests + planned.sending.lookups
        for path in planner.folder.glob("*.csv"):
            path.write_bytes(path.read_bytes().replace(b"Maple", b"Walnut").replace(b"Main", b"Elm") + b"\n")
        seen.update(planned.totals())
    assert {name for name in OUTCOMES if not seen[name]} <= (
        {"replaced"} if runs == 2 else {"updated", "unchanged", "replaced"}
    )


@pytest.mark.parametrize("seed", range(2))
def test_ugly_files_do_what_was_planned(planner: Planner, seed: int) -> None:
    chance = random.Random(seed)
    for turn in range(2):
        planner.put(**{name: _ugly(chance, name) for name in ("Contact", "Site", "Contact_2", "Asset", "Task")})
        planned = planner.plan()
        done, _ = planner.run()
        assert counts(planned) == done, f"turn {turn}"


def _ugly(chance: random.Random, name: str) -> str:
    """Write rows that are new, known, changed, doubled, wrong, ragged or orphans, in any mixture."""
    columns = {
        "Contact": ("name,email,phone", [("Ann", "Bob", ""), ("a{}@x.example", "A{}@X.example ", "no", "")]),
        "Site": ("fullAddress,clientId", [("{} Main St", "{}  main st", ""), ("a{}@x.example", "Ann", "who{}")]),
        "Asset": ("name,type,siteId,serialNumber", [("Unit {}", ""), ("AC",), ("{} Main St", "nowhere"), ("S{}", "")]),
        "Task": ("title,siteId,startDate", [("Fix {}", ""), ("{} Main St", "a{}@x.example"), ("2026-03-0{}", "soon")]),
    }
    header, choices = columns[name.partition("_")[0]]
    lines = [",".join(chance.choice(one).format(chance.randint(1, 6)) for one in choices) for _ in range(25)]
    if name.startswith("Contact"):
        lines = [f"{line},303-555-01{chance.randint(10, 99)}" for line in lines]
    lines += [chance.choice(lines), "a,b,c,d,e,f,g", header, '"<script>",=1+1', ",,"]
    chance.shuffle(lines)
    return "\n".join([header, *lines]) + "\n"


def test_a_child_goes_with_a_parent_of_another_file_and_names_one_that_is_missing(planner: Planner) -> None:
    planner.put(Contact=CONTACTS, Site=SITES)
    planned = planner.plan()
    sites = planned.imports[1]
    assert (sites.coperniq_type, sites.counts["created"], sites.counts["waiting"]) == ("Site", 1, 1)
    assert sites.waits_for == [('Contact "nobody@example.com", which no sendable row has', 1)]
    assert sites.samples["waiting"][0].said == 'Waits for Contact "nobody@example.com", which no sendable row has.'
    assert (planned.sending.requests, planned.sending.lookups, planned.sending.names) == (2, 2, 1)
    assert counts(planned) == planner.run()[0]


def test_what_earlier_runs_left_is_planned_too(planner: Planner) -> None:
    planner.put(Site=SITES)
    planner.run()
    (planner.folder / "Site.csv").unlink()
    planner.put(Contact=CONTACTS)
    planned = planner.plan()
    assert (planned.sending.earlier, planned.sending.requests) == (1, 2)
    planner.world.conn.execute(
        "INSERT INTO csv_imports"
        " (contractor_config_id, import_name, coperniq_type, file_hash, file_size_bytes, source_path)"
        " VALUES (%s, 'Site.csv', 'Site', 'ff', 1, %s)", [planner.world.contractor, planner.sources()[0]],
    )  # fmt: skip
    assert [one.outcome for one in planner.plan().imports] == [LEFT, "new"]


def test_updates_are_given_field_by_field(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    contacts = CONTACTS + "".join(f"Dan {number},dan{number}@example.com\n" for number in range(4, 9))
    planner.put(Contact=contacts)
    planner.run()
    planner.put(Contact=contacts.replace("Bob,", "Bobby <b>,").replace("Dan", "Dana"))
    (planned,) = planner.plan().imports
    assert planned.counts == {**dict.fromkeys(planned.counts, 0), "unchanged": 2, "updated": 6}
    assert planned.changed_fields == [("name", 6)]
    dans = [Difference(number, "name", f"Dan {number}", f"Dana {number}") for number in range(4, 9)]
    assert planned.differences == [Difference(2, "name", "Bob", "Bobby <b>"), *dans]
    assert planned.updates_left_out == 0
    assert [sample.row for sample in planned.samples["unchanged"]] == [1, 3]
    monkeypatch.setattr(figures, "MOST_DIFFERENCES", 4)
    (planned,) = planner.plan().imports
    assert ([one.row for one in planned.differences], planned.updates_left_out) == ([2, 4, 5, 6], 2)


def test_columns_are_said_with_how_they_were_found(planner: Planner) -> None:
    planner.put(Contact="Full Name,E-mail Adress,Shoe size\nAnn,ann@example.com,9\n")
    (planned,) = planner.plan().imports
    found = [(one.header, one.field, one.source) for one in planned.columns]
    assert found == [("Full Name", "name", "alias"), ("E-mail Adress", "emails", "similar"), ("Shoe size", None, None)]
    assert 0.5 < (planned.columns[1].confidence or 0) < 1


def test_files_that_fail_do_not_hold_up_the_others(planner: Planner) -> None:
    planner.put(Contact=CONTACTS, Site="a,b\n1,2\n", stock="a,b\n1,2\n")
    (planner.folder / "Asset.csv").symlink_to("/etc/passwd")
    planned = {one.file: one for one in planner.plan().imports}
    assert planned["Contact.csv"].counts["created"] == 3
    assert (planned["Site.csv"].failure or "").startswith("No column fits")
    assert "is a link" in (planned["Asset.csv"].note or "")
    assert "fits no type" in (planned["stock.csv"].note or "")
    assert [one.file for one in planned.values() if one.is_refused] == ["Site.csv", "Asset.csv", "stock.csv"]


def test_a_file_that_is_imported_already_is_not_read_again(planner: Planner) -> None:
    planner.put(Contact=CONTACTS)
    planner.run()
    planned = planner.plan()
    assert [(one.outcome, one.counts) for one in planned.imports] == [("already imported", {})]
    assert planned.sending.said == "Nothing waits to be sent."


def test_the_limits_of_the_key_say_for_how_many_days(planner: Planner) -> None:
    rows = "".join(f"Person {n},p{n}@example.com\n" for n in range(350))
    planner.put(Contact=f"name,email\n{rows}")
    taken = planner.plan(allowed=Allowance(1, 2, 1)).sending
    assert (taken.requests, taken.seconds, taken.days) == (4, 4.0, 3)
    assert taken.said.startswith("350 records of 1 type wait: about 4 requests, 4 seconds of sending; 1 of 2 requests")


def test_no_table_is_locked_for_writing(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that runs meanwhile waits for nothing: whatever the code of imports writes has a copy in the shadow."""
    planner.put(Contact=CONTACTS + "Dee,no\n", Site=SITES)
    planner.run()
    fix_file = "\n".join(hand_back(planner, "Contact.csv")).replace('"no"', '"dee@example.com"')
    planner.put(Contact=CONTACTS.replace("Ann", "Anna"), Site=SITES.replace("nobody", "bob"), fix=f"{fix_file}\n")
    held: list[Any] = []
    settle = figures.settle

    def look(conn: Connection[Any], *args: Any) -> None:
        held.extend(
            conn.execute(
                """
                SELECT c.relname, l.mode FROM pg_locks AS l INNER JOIN pg_class AS c ON l.relation = c.oid
                WHERE l.pid = pg_backend_pid() AND c.relpersistence = 'p' AND l.mode <> 'AccessShareLock'
                  AND c.relnamespace = 'public'::REGNAMESPACE
                """
            ).fetchall()
        )
        held.append("looked")
        settle(conn, *args)

    monkeypatch.setattr(figures, "settle", look)
    planned = planner.plan()
    assert held == ["looked"]
    assert counts(planned)[("fix.csv", "Contact")]["created"] == 1


def test_an_import_at_work_neither_waits_for_a_plan_nor_the_plan_for_it(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner.put(Contact=CONTACTS, Site=SITES)
    settle = figures.settle

    def import_meanwhile(conn: Connection[Any], *args: Any) -> None:
        planner.world.conn.execute("SET lock_timeout = '2s'")
        assert counts_of(planner.run()[0]) == {"created": 4, "waiting": 1}
        settle(conn, *args)

    def counts_of(done: dict[tuple[str, str], dict[str, int]]) -> dict[str, int]:
        return {name: total for name in ("created", "waiting") if (total := sum(one[name] for one in done.values()))}

    monkeypatch.setattr(figures, "settle", import_meanwhile)
    planned = planner.plan()
    planner.world.conn.execute("RESET lock_timeout")
    assert (planned.totals()["created"], planned.totals()["waiting"]) == (4, 1)


@pytest.mark.parametrize("error", [KeyboardInterrupt, InboxUnreachable])
def test_a_plan_that_is_broken_off_leaves_nothing(
    planner: Planner, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    planner.put(Contact=CONTACTS)
    before = dump(planner.world.conn)

    def fail(*_: object) -> None:
        raise error("enough")

    monkeypatch.setattr(figures, "settle", fail)
    with pytest.raises(error):
        planner.plan()
    assert dump(planner.world.conn) == before


def test_too_many_files_are_refused(planner: Planner) -> None:
    planner.put(**{f"Contact_{n}": f"name,email\nAnn,ann{n}@example.com\n" for n in range(41)})
    with pytest.raises(forecasting.TooManyFiles, match="41 files are too many for one plan, which takes 40"):
        planner.plan()


def test_the_shadow_has_every_trigger_of_the_tables(planner: Planner) -> None:
    """A trigger that reads or writes the real table would lie, or write."""
    with planner.world.database.connect() as conn, shadow.rehearsal(conn):
        shadow.cast(conn, planner.world.contractor)
        rows = conn.execute(
            """
            SELECT c.relname, t.tgname, c.relpersistence, pg_get_functiondef(t.tgfoid)
            FROM pg_trigger AS t INNER JOIN pg_class AS c ON t.tgrelid = c.oid
            WHERE NOT t.tgisinternal AND c.relname = ANY(%s)
            """,
            [list(shadow.TABLES)],
        ).fetchall()
    real = {(table, name) for table, name, kind, _ in rows if kind == "p"}
    assert real == {(table, name) for table, name, kind, _ in rows if kind == "t"}
    assert len(real) > 5
    bodies = [body for *_, kind, body in rows if kind == "t"]
    assert [table for table in shadow.TABLES for body in bodies if f"public.{table}\n" in body] == []


def hand_back(planner: Planner, name: str) -> list[str]:
    """Give the lines of the fix file of a file's import."""
    conn, outbox = planner.world.conn, planner.world.inbox / "outbox"
    done = list(handing_back.hand_back(conn, planner.world.contractor, planner.contractor.slug, outbox))
    (fix_file,) = (path for one in done if one.file == name for path in one.paths if path.name == paths.FIX_FILE)
    return fix_file.read_text(encoding="utf-8-sig").splitlines()


def test_a_fix_file_does_what_was_planned(planner: Planner) -> None:
    """Of rows that are put right, still wrong, put right already, in need of no work, twice there, and unknown."""
    wrong = "".join(f"{name},{name} at example\n" for name in ("Dee", "Eve", "Fay", "Gus"))
    planner.put(Contact=CONTACTS + wrong)
    planner.run()
    header, *rows = hand_back(planner, "Contact.csv")
    planner.put(fix="\n".join([header, rows[3].replace("Gus at example", "gus@example.com")]) + "\n")
    planner.run()
    right = [row.replace(" at ", "@").replace("@example", "@example.com") for row in rows]
    named = rows[0].replace("4 of ", "1 of ").replace("Dee at example", "ann@example.org")
    lost = rows[1].replace("5 of ", "99 of ")
    planner.put(
        fix="\n".join([header, right[0], rows[1], right[2], right[2].replace("Fay@", "fay2@"), right[3], named, lost])
    )
    before = dump(planner.world.conn)
    planned = planner.plan()
    assert dump(planner.world.conn) == before
    done, _ = planner.run()
    (counted,) = done.values()
    assert counts(planned) == done
    assert {name: number for name, number in counted.items() if number} == {"created": 2, "duplicate": 3, "rejected": 2}


def test_of_two_fix_files_for_one_file_the_first_is_planned(planner: Planner) -> None:
    planner.put(Contact=CONTACTS + "Dee,no\nEve,no\n")
    planner.run()
    header, dee, eve = hand_back(planner, "Contact.csv")
    planner.put(fix=f"{header}\n{dee.replace('no', 'dee@example.com', 1)}\n", fix_2=f"{header}\n{eve}\n")
    planned = {one.file: one for one in planner.plan().imports}
    assert (planned["fix.csv"].outcome, planned["fix.csv"].counts["created"]) == ("new", 1)
    assert planned["fix_2.csv"].outcome == NOT_PLANNED
    assert "another fix file" in (planned["fix_2.csv"].note or "")
