"""Whose a row is: who names an address is not who has it, and nobody else loses anything."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.types.json import Jsonb

from assets.csv_imports.judging import rules
from assets.erasing import erasing
from tests.integration.coperniq.test_open_rows import Case
from tests.integration.coperniq.world import contact
from tests.integration.erasing.person import Person, bring, erase, found_in, tables
from tests.integration.forms.desk import LEAD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.world import World
    from tests.integration.forms.desk import Desk

HEADERS = ("name", "emails", "phones", "Sales rep")


def stays(world: World, import_id: UUID) -> list[bool]:
    return [row["erased_at"] is None for row in world.rows(import_id)]


def add(world: World, rows: Sequence[dict[str, Any]], status: str = "valid", coperniq_type: str = "Contact") -> UUID:
    """Add rows as a program does that brings its own, through the functions of the database."""
    (made,) = world.query(
        "SELECT create_csv_import(%s, 'by a program', %s, 'program') AS id", world.contractor, coperniq_type
    )
    import_id: UUID = made["id"]
    for number, row in enumerate(rows, 1):
        world.conn.execute(
            "SELECT add_csv_import_record(%s, %s, %s, %s::csv_record_status, %s)",
            [import_id, number, Jsonb(row), status, "wrong" if status == "error" else None],
        )
    return import_id


def test_a_customer_without_an_address_stays_whoever_sold_to_him(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzqia", "(303) 555-0170")
    contacts = bring(
        world, "Contact.csv",
        [HEADERS, ("Bob Stays", "", "(303) 555-0101", person.email), (person.name, person.email, "", person.email)],
    )  # fmt: skip
    world.deliver()
    sites = bring(world, "Site.csv", [
        ("fullAddress", "clientId", "Sales rep"),
        ("1 Bob St, Denver, CO 80202", "Bob Stays", person.email),
        ("2 Bob St, Denver, CO 80202", "", person.email),
    ])  # fmt: skip
    tasks = bring(world, "Task.csv", [
        ("title", "status", "siteId", "contact"),
        ("Look", "open", "1 Bob St, Denver, CO 80202", person.email),
        ("Call", "open", "", person.email),
    ])  # fmt: skip
    world.deliver()
    erase(world, person, tmp_path / "outbox")
    assert [stays(world, one) for one in (contacts, sites, tasks)] == [[True, False], [True, True], [True, False]]
    assert world.rows(contacts)[0]["record_data"]["Sales rep"] == "[erased]"
    assert [node["name"] for node in world.held("Contact")][:1] == ["Bob Stays"]
    assert world.states("Contact")["+13035550101"] == "synced"
    assert found_in(tables(world.conn), person) == {}


def test_rows_of_a_program_say_whose_they_are_by_their_fields(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzria", "(303) 555-0171")
    good = add(world, [
        {"name": "Bob Stays", "emails": ["bob@stays.example"], "note": person.email},
        {"name": "Carl Stays", "phones": ["(303) 555-0102"], "note": person.email},
        {"name": person.name, "emails": ["other@zzriamail.example", person.email]},
    ])  # fmt: skip
    wrong = add(
        world, [{"name": "Dora Stays", "note": person.email}, {"emails": person.email, "phones": "12"}], "error"
    )
    sites = add(
        world, [{"fullAddress": "1 St", "clientId": "bob@stays.example", "note": person.email}], "error", "Site"
    )
    hers = add(world, [{"fullAddress": "", "clientId": person.email}], "error", "Site")
    erase(world, person, tmp_path / "outbox")
    assert [stays(world, one) for one in (good, wrong, sites, hers)] == [
        [True, True, False], [True, False], [True], [False],
    ]  # fmt: skip


@pytest.mark.parametrize("mistaken", ["an error", "refused"])
def test_a_row_that_was_corrected_to_somebody_else_takes_nothing_of_his(
    desk: Desk, tmp_path: Path, mistaken: str
) -> None:
    world, person = desk.world, Person("zzsia", "(303) 555-0172")
    phone = "12" if mistaken == "an error" else ""
    first = bring(world, "Contact.csv", [HEADERS, ("Bob Stays", person.email, phone, "")])
    second = bring(world, "Contact fixed.csv", [HEADERS, ("Bob Stays", "bob@stays.example", "", "")])
    sites = bring(world, "Site.csv", [("fullAddress", "clientId"), ("1 Bob St, Denver, CO 80202", "bob@stays.example")])
    (wrong,), (right,) = world.rows(first), world.rows(second)
    assert (wrong["status"] == "error") == (mistaken == "an error")
    world.conn.execute(
        "UPDATE csv_import_records SET corrects_record_id = %s WHERE id = %s", [wrong["id"], right["id"]]
    )
    world.conn.execute(
        "UPDATE csv_import_records SET corrected_by_id = %s, refused_at = CASE WHEN status <> 'error' THEN now() END"
        " WHERE id = %s",
        [right["id"], wrong["id"]],
    )
    erase(world, person, tmp_path / "outbox")
    assert [stays(world, one) for one in (first, second, sites)] == [[False], [True], [True]]
    assert world.rows(second)[0]["record_data"]["emails"] == "bob@stays.example"


def test_a_record_that_was_called_so_by_mistake_stays_and_is_called_so_no_more(
    desk: Desk, sandbox: SandboxHandle, tmp_path: Path
) -> None:
    world, person = desk.world, Person("zzsja", "(303) 555-0174")
    case = Case(world, sandbox)
    case.bring(contact(0, name="Bob Stays", emails=person.email))
    case.send(refused=True, sites=False)
    case.fix(contact(0, name="Bob Stays", emails="bob@stays.example"))
    case.send(sites=False)
    called = "SELECT FROM coperniq_records WHERE contractor_config_id = %s AND %s = ANY(former_names)"
    assert len(world.query(called, world.contractor, person.email)) == 1
    erase(world, person, tmp_path / "outbox")
    assert [stays(world, one) for one in case.imports] == [[False], [True]]
    assert world.query(called, world.contractor, person.email) == []
    assert found_in(tables(world.conn), person) == {}


def test_every_attempt_at_a_persons_row_is_the_persons_however_many(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zztia", "(303) 555-0173")
    key = {"name": "Ann", "phones": [person.phone]}
    attempts = [add(world, [key | ({"emails": [person.email]} if number == 0 else {})]) for number in range(30)]
    rows = [world.rows(one)[0]["id"] for one in attempts]
    for earlier, later in itertools.pairwise(rows):
        world.conn.execute("UPDATE csv_import_records SET corrects_record_id = %s WHERE id = %s", [earlier, later])
    # Of no key at all, so that each leads to the next alone.
    world.conn.execute("UPDATE csv_import_records SET record_key = NULL WHERE id = ANY(%s)", [rows])
    erase(world, person, tmp_path / "outbox")
    assert not any(stay for one in attempts for stay in stays(world, one))


@pytest.mark.parametrize("local", ["o'brien", "{ann}", "ann|bob", "a!#$%&*+/=?^_`~-b", "josé"])
def test_whatever_files_take_for_an_address_can_be_erased(desk: Desk, tmp_path: Path, local: str) -> None:
    import polars as pl

    world, email = desk.world, f"{local}@zzuia.example"
    assert pl.Series([email]).str.contains(rules.EMAIL).all()
    form = desk.submit(desk.template("lead", LEAD), email=email)
    of = erasing.address(world.conn, email)
    (found,) = [one for one in erasing.find(world.conn, of) if one.whose.id == world.contractor]
    assert found.counts["forms"] == 1
    erasing.erase(world.database, of, found.whose, tmp_path / "outbox", "test")
    assert world.query("SELECT form_data FROM mep_form_submissions WHERE id = %s", form) == [{"form_data": {}}]


def test_an_address_that_ends_like_another_is_another(desk: Desk, tmp_path: Path) -> None:
    world, email = desk.world, "brien@zzvia.example"
    bring(world, "Contact.csv", [HEADERS, ("Bob", "o'brien@zzvia.example", "", "")])
    of = erasing.address(world.conn, email)
    assert [one for one in erasing.find(world.conn, of) if one.whose.id == world.contractor] == []
