"""What commands answer programs: one document of JSON each, that says what the words for people say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from click.testing import CliRunner

from orchestration.cli import mep
from tests.integration.database.forms import FIELDS, make_form, make_template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Connection = psycopg.Connection[Any]

SLUG = "abc"
ADD = ("contractor", "add", SLUG, "--name", "ABC", "--email", "office@abc.example", "--trade", "hvac")


@pytest.fixture
def conn(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setenv("DATABASE_URL", migrated_database)
    monkeypatch.setenv("MEP_MAPPINGS", str(tmp_path / "mappings"))
    with psycopg.connect(migrated_database, autocommit=True) as connection:
        yield connection


def ask(*arguments: object, code: int = 0) -> Any:
    """Call a command with --json; return what it answers."""
    done = CliRunner().invoke(mep, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


@pytest.mark.usefixtures("conn")
def test_contractors() -> None:
    assert ask(*ADD) == {"contractor": SLUG, "changed": True}
    assert ask(*ADD) == {"contractor": SLUG, "changed": False}
    (listed,) = ask("contractor", "list")
    assert (listed["slug"], listed["email"], listed["trades"]) == (SLUG, "office@abc.example", ["hvac"])
    changed = ask("contractor", "set", SLUG, "--rejected-share", "0.25", "--inactive")
    assert changed == {**listed, "rejected_share": 0.25, "is_active": False}
    assert ask("contractor", "show", SLUG) == {**changed, "imports": []}


def test_forms(conn: Connection) -> None:
    ask(*ADD)
    (contractor,) = conn.execute("SELECT id FROM mep_contractor_configs").fetchone() or (None,)
    ids = {"form": make_template(conn, FIELDS), "contractor": contractor}
    draft = make_form(conn, ids, {"fuel": "gaz"})
    submitted, other = make_form(conn, ids, status="submitted"), make_form(conn, ids, status="submitted")
    assert {one["id"]: one["status"] for one in ask("form", "list", SLUG)} == {
        str(draft): "draft", str(submitted): "submitted", str(other): "submitted",
    }  # fmt: skip
    shown = ask("form", "show", draft)
    assert (shown["contractor"], {fault["rule"] for fault in shown["faults"]} >= {"required", "options"}) == (
        SLUG,
        True,
    )
    said = ask("form", "approve", submitted, draft, code=1)
    assert said[0] == {"form": str(submitted), "status": "approved", "changed": True}
    assert (said[1]["form"], "draft" in said[1]["error"]) == (str(draft), True)
    assert ask("form", "reject", other, "--reason", "No serial.") == [
        {"form": str(other), "status": "rejected", "changed": True}
    ]


def test_what_fields_fill(conn: Connection) -> None:
    make_template(conn, FIELDS)
    assert ask("field-mapping", "confirm", "intake.fuel", "Contact.source") == {
        "template_field": "intake.fuel", "fills": "Contact.source",
    }  # fmt: skip
    (listed,) = ask("field-mapping", "list", "intake")
    assert (listed["coperniq_field_name"], listed["source"], listed["asks"]) == ("source", "human", False)
    assert ask("field-mapping", "ignore", "intake.fuel") == {
        "template_field": "intake.fuel", "does_not_fill": None, "ignored": 1,
    }  # fmt: skip


def test_migrations(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_database)
    applied = ask("migrate", "up")["applied"]
    assert applied[0] == {"version": "001", "name": applied[0]["name"]}
    assert ask("migrate", "up") == {"applied": []}
    assert {one["condition"] for one in ask("migrate", "status")} == {"applied", "optional"}
    assert ask("migrate", "down", "--yes", "--to", int(applied[-1]["version"]) - 1) == {"rolled_back": [applied[-1]]}


@pytest.mark.usefixtures("conn")
def test_mappings_and_templates(tmp_path: Path) -> None:
    ask(*ADD)
    file = tmp_path / "Contact.csv"
    file.write_text("Name,E-mail\nAnn,ann@a.example\n")
    drafted = ask("mapping", "suggest", file)
    assert (drafted["type"], drafted["written"], "header: Name" in drafted["draft"]) == ("Contact", None, True)
    written = ask("mapping", "suggest", file, "--contractor", SLUG, "--write")["written"]
    assert ask("mapping", "check", SLUG) == [{"file": f"{SLUG}/Contact.yaml", "error": None}]
    (tmp_path / "mappings" / SLUG / "Nothing.yaml").write_text("")
    (good, bad) = ask("mapping", "check", SLUG, code=1)
    assert (good["error"], bad["file"], "is not read" in bad["error"]) == (None, f"{SLUG}/Nothing.yaml", True)
    assert written == str(tmp_path / "mappings" / SLUG / "Contact.yaml")
    folder = tmp_path / "templates" / "hvac"
    folder.mkdir(parents=True)
    (folder / "bad.yaml").write_text("name: [")
    checked = ask("templates", "check", folder.parent, code=1)
    assert (checked["good"], checked["faulty"], checked["faults"][0]["file"]) == (0, 1, "hvac/bad.yaml")


@pytest.mark.usefixtures("conn")
def test_what_a_terminal_would_obey_is_escaped() -> None:
    name = "A\u202eB\x1b[31m\u009b\U000e0041C"
    ask("contractor", "add", SLUG, "--name", name, "--email", "office@abc.example")
    done = CliRunner().invoke(mep, ["contractor", "list", "--json"])
    assert json.loads(done.stdout)[0]["name"] == name
    assert done.stdout.replace("\n", "").isprintable()
