"""`coperniq_field_mapping`: all of the catalogue, what templates fill, and a human's word that nothing overwrites."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from assets.catalogue import TYPES
from assets.database import Database
from assets.forms import field_mapping, proposing
from assets.forms.field_mapping import Synced
from tests.integration.forms.desk import LEAD, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = """
    INSERT INTO coperniq_field_mapping (
        coperniq_type, coperniq_field_name, coperniq_field_type, is_required
    ) VALUES
        ('Contact', 'name', 'string', true),
        ('Contact', 'emails', 'array', false),
        ('Task', 'status', 'string', true)
"""


@pytest.fixture
def conn(migrated_database: str) -> Iterator[psycopg.Connection[Any]]:
    with Database(migrated_database).connect() as connection:
        yield connection


def rows(conn: psycopg.Connection[Any], *columns: str, where: str = "TRUE") -> list[tuple[Any, ...]]:
    return conn.execute(
        f"SELECT {', '.join(columns)} FROM coperniq_field_mapping WHERE {where} ORDER BY {', '.join(columns)}"
    ).fetchall()


def test_every_field_of_the_catalogue_is_there_once(conn: psycopg.Connection[Any]) -> None:
    every = sorted((one.name, field.name, field.required) for one in TYPES for field in one.fields)
    assert field_mapping.sync(conn) == Synced(len(every), 0, 0)
    assert rows(conn, "coperniq_type", "coperniq_field_name", "is_required") == every
    assert (
        rows(conn, "id", where="description IS NULL OR cardinality(example_values) = 0 OR source <> 'catalogue'") == []
    )
    assert rows(conn, "coperniq_field_type", where="coperniq_field_name = 'emails'") == [("array",)]
    before = rows(conn, "id", "updated_at")
    assert field_mapping.sync(conn) == Synced(0, 0, 0)
    assert rows(conn, "id", "updated_at") == before


def test_the_guides_seed_is_a_humans_and_stays(conn: psycopg.Connection[Any]) -> None:
    conn.execute(GUIDE)
    conn.execute("UPDATE coperniq_field_mapping SET description = 'Ours' WHERE coperniq_field_name = 'name'")
    assert set(rows(conn, "source", "confirmed_at IS NOT NULL", "confirmed_by")) == {("human", True, "postgres")}
    fields = sum(len(one.fields) for one in TYPES)
    assert field_mapping.sync(conn) == Synced(fields - 3, 0, 0)
    assert rows(conn, "description", where="source = 'human' AND coperniq_field_name = 'name'") == [("Ours",)]


def test_it_follows_the_catalogue(conn: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    field_mapping.sync(conn)
    real = list(proposing.of_catalogue())
    monkeypatch.setattr(proposing, "of_catalogue", lambda: iter(real[1:]))
    assert field_mapping.sync(conn) == Synced(0, 0, 1)
    monkeypatch.setattr(proposing, "of_catalogue", lambda: iter(real))
    conn.execute("SELECT set_config('mep.field_mapping_writer', 'sync', FALSE)")
    conn.execute("UPDATE coperniq_field_mapping SET description = 'of yesterday' WHERE coperniq_field_name = 'emails'")
    conn.execute("SELECT set_config('mep.field_mapping_writer', '', FALSE)")
    assert field_mapping.sync(conn) == Synced(1, 1, 0)
    assert len(rows(conn, "id")) == len(real)


def said(conn: psycopg.Connection[Any], template: str) -> list[tuple[Any, ...]]:
    return [
        (one.template_field_name.removeprefix(f"{template}."), f"{one.coperniq_type}.{one.coperniq_field_name}",
         one.confidence, one.source)
        for one in field_mapping.every(conn, template)
    ]  # fmt: skip


def test_it_follows_the_templates(desk: Desk) -> None:
    conn = desk.world.conn
    template = desk.template("lead_intake", {**LEAD, "mobile_phone": [], "budget": []})
    assert said(conn, template) == [
        ("customerName", "Contact.name", 1.0, "template"), ("email", "Contact.emails", 1.0, "template"),
        ("phone", "Contact.phones", 1.0, "template"), ("leadSource", "Contact.source", 1.0, "template"),
        ("mobile_phone", "Contact.phones", 1.0, "proposed"),
    ]  # fmt: skip
    conn.execute(
        "UPDATE template_fields AS f SET coperniq_fields = %s FROM templates AS t"
        " WHERE t.id = f.template_id AND t.name = %s AND f.name = 'leadSource'", [["Contact.title"], template],
    )  # fmt: skip
    conn.execute(
        "UPDATE template_fields AS f SET retired_at = now() FROM templates AS t"
        " WHERE t.id = f.template_id AND t.name = %s AND f.name = 'email'", [template],
    )  # fmt: skip
    field_mapping.sync(conn)
    # A form that was filled before may hold the field that is retired now.
    assert [one[:2] for one in said(conn, template)] == [
        ("customerName", "Contact.name"), ("email", "Contact.emails"), ("phone", "Contact.phones"),
        ("leadSource", "Contact.title"), ("mobile_phone", "Contact.phones"),
    ]  # fmt: skip


def test_a_humans_word_outlives_every_sync(desk: Desk) -> None:
    conn = desk.world.conn
    template = desk.template("lead_intake", {**LEAD, "notes": []})
    field_mapping.confirm(conn, f"{template}.notes", "Contact.title", "mep field-mapping (ada)")
    field_mapping.ignore(conn, f"{template}.leadSource", "Contact.source", "mep field-mapping (ada)")
    conn.execute("UPDATE coperniq_field_mapping SET description = 'Mine' WHERE template_field_name = %s", [
        f"{template}.phone"
    ])  # fmt: skip
    before = desk.world.query("SELECT * FROM coperniq_field_mapping WHERE source = 'human' ORDER BY id")
    field_mapping.sync(conn)
    assert desk.world.query("SELECT * FROM coperniq_field_mapping WHERE source = 'human' ORDER BY id") == before
    mine = [row for row in before if row["template_field_name"].startswith(f"{template}.")]
    assert {(row["template_field_name"].split(".")[1], row["is_ignored"], row["confirmed_by"]) for row in mine} == {
        ("notes", False, "mep field-mapping (ada)"), ("leadSource", True, "mep field-mapping (ada)"),
        ("phone", False, "postgres"),
    }  # fmt: skip
    form = desk.approve(template, customerName="Ada", email="a@example.com", leadSource="Web", notes="VIP")
    desk.send()
    (contact,) = desk.world.held("Contact")
    assert (contact["title"], contact.get("source"), desk.says(form)) == ("VIP", None, ("success", None))


def test_a_human_may_write_by_the_names_alone(desk: Desk) -> None:
    template = desk.template("lead_intake", {"customerName": ["Contact.name"], "mail": []})
    desk.world.conn.execute(
        "INSERT INTO coperniq_field_mapping (coperniq_type, coperniq_field_name, coperniq_field_type,"
        " template_field_name) VALUES ('Contact', 'emails', 'array', %s)", [f"{template}.mail"],
    )  # fmt: skip
    desk.approve(template, customerName="Ada", mail="ada@example.com")
    desk.send()
    assert desk.world.held("Contact")[0]["emails"] == ["ada@example.com"]


def test_a_template_that_is_deleted_takes_nobodys_word(desk: Desk) -> None:
    template = desk.template("lead_intake", {"customerName": ["Contact.name"]})
    desk.world.conn.execute("DELETE FROM templates WHERE name = %s", [template])
    rows_left = desk.world.query(
        "SELECT source, template_id FROM coperniq_field_mapping WHERE template_field_name = %s",
        f"{template}.customerName",
    )
    assert rows_left == [{"source": "template", "template_id": None}]
    field_mapping.sync(desk.world.conn)
    assert not desk.world.query(
        "SELECT id FROM coperniq_field_mapping WHERE template_field_name = %s", f"{template}.customerName"
    )


def test_a_humans_word_counts_when_its_template_comes_later(desk: Desk) -> None:
    conn, name = desk.world.conn, desk.template("late_form", {}, sync=False)
    conn.execute("UPDATE templates SET name = name || '_hidden' WHERE name = %s", [name])
    for field, of in (("email", "emails"), ("who", "name")):
        conn.execute(
            "INSERT INTO coperniq_field_mapping (coperniq_type, coperniq_field_name, coperniq_field_type,"
            " template_field_name) VALUES ('Contact', %s, 'string', %s)", [of, f"{name}.{field}"],
        )  # fmt: skip
    late = desk.template(name, {"email": [], "who": []}, sync=False)
    conn.execute("UPDATE templates SET name = %s WHERE name = %s", [name, late])
    field_mapping.sync(conn)
    mapped = field_mapping.every(conn, name)
    assert [(one.template_field_name, one.source) for one in mapped] == [
        (f"{name}.email", "human"),
        (f"{name}.who", "human"),
    ]
    desk.approve(name, who="Ada", email="ada@example.com")
    assert desk.export().forms == 1


def test_a_sync_that_looked_earlier_undoes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    conn, name = desk.world.conn, desk.template("site_survey", {"owner": []})
    look = field_mapping._of_templates

    def look_and_be_overtaken(first: psycopg.Connection[Any]) -> list[proposing.Row]:
        seen = look(first)
        monkeypatch.setattr(field_mapping, "_of_templates", look)
        conn.execute("UPDATE template_fields SET coperniq_fields = '{Site.clientId}' WHERE name = 'owner'")
        other.start()
        other.join(timeout=1)
        return seen

    with desk.world.database.connect() as first, desk.world.database.connect() as second:
        other = threading.Thread(target=field_mapping.sync, args=(second,))
        monkeypatch.setattr(field_mapping, "_of_templates", look_and_be_overtaken)
        field_mapping.sync(first)
        other.join()
    assert [one.coperniq_field_name for one in field_mapping.every(conn, name)] == ["clientId"]
