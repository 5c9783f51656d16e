"""Exports that are killed, wherever they stand, and exports at once: every form becomes one record, once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from assets.forms import exports
from tests.conftest import ROOT
from tests.integration.coperniq import audit
from tests.integration.forms.desk import ADDRESS, LEAD, SURVEY, Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    import psycopg

FORMS = 40
# Exports a contractor's forms as a run does, and stops at the place where it is to be killed.
EXPORTER = """
import sys, time
from assets.csv_imports import settling
from assets.database import Database
from assets.forms import exporting, exports

url, contractor, place, most = sys.argv[1:]

def stop(*_, **__):
    print("here", flush=True)
    time.sleep(600)

def then_stop(function):
    return lambda *args, **named: (function(*args, **named), stop())

if place == "anywhere":
    print("here", flush=True)
else:
    module, _, name = place.partition(".")
    module = {"exports": exports, "settling": settling}[module]
    name, _, when = name.partition(" ")
    setattr(module, name, stop if when == "before" else then_stop(getattr(module, name)))
with Database(url).connect() as conn:
    exporting.Export(conn, contractor, "test", 0.9, lambda _: None).run(int(most))
"""
PLACES = [
    "exports.hold after", "exports.choose before", "exports.register after", "settling.settle after",
    "settling.enter after", "exports.link after", "exports.conclude after",
]  # fmt: skip
TABLES = ("form_exports", "csv_import_records", "csv_column_mapping", "coperniq_records", "csv_imports")


def fill(desk: Desk) -> list[UUID]:
    """Approve forms of two templates: each makes a contact, each second one a site of it."""
    lead, survey = desk.template("lead_intake", LEAD), desk.template("site_survey", SURVEY)
    return [
        desk.approve(
            survey, customerName=f"P{n}", customerEmail=f"p{n}@example.com", address=f"{n} {ADDRESS}", city="Denver"
        )
        if n % 2
        else desk.approve(lead, customerName=f"P{n}", email=f"p{n}@example.com")
        for n in range(FORMS)
    ]


def kill(desk: Desk, url: str, script: Path, place: str, seconds: float = 0.0, most: int = 1_000) -> None:
    """Start an export in a process of its own, and kill it with SIGKILL where it stops, or so long after it began."""
    script.write_text(EXPORTER)
    command = [sys.executable, str(script), url, str(desk.world.contractor), place, str(most)]
    with subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        said = run.stdout.readline()
        time.sleep(seconds)
        run.kill()
    assert said == "here\n"


def standing(desk: Desk) -> dict[str, int]:
    """Count what stands of the contractor's exports."""
    own = {
        "form_exports": "csv_import_id IN (SELECT id FROM csv_imports WHERE contractor_config_id = %(c)s)",
        "csv_import_records": "csv_import_id IN (SELECT id FROM csv_imports WHERE contractor_config_id = %(c)s)",
        "csv_column_mapping": "csv_import_id IN (SELECT id FROM csv_imports WHERE contractor_config_id = %(c)s)",
        "coperniq_records": "contractor_config_id = %(c)s",
        "csv_imports": "contractor_config_id = %(c)s",
    }
    counts = {}
    for table in TABLES:
        query = f"SELECT count(*) FROM {table} WHERE {own[table]}"
        (counts[table],) = desk.world.conn.execute(query, {"c": desk.world.contractor}).fetchone() or (0,)
    return counts


def assert_complete(desk: Desk, forms: list[UUID]) -> None:
    """Assert that every form is in Coperniq, once, with its site where it has one."""
    desk.world.deliver()
    assert len(desk.world.held("Contact")) == FORMS
    assert len(desk.world.held("Site")) == FORMS // 2
    assert {desk.says(form) for form in forms} == {("success", None)}
    assert [len(desk.exports(form)) for form in forms] == [1, 2] * (FORMS // 2)
    (exported,) = desk.world.query(
        "SELECT count(*) FROM mep_template_usage WHERE contractor_config_id = %s AND action = 'exported'",
        desk.world.contractor,
    )
    assert exported["count"] == FORMS
    audit.agrees(desk.world)


@pytest.mark.parametrize("place", PLACES)
def test_of_a_killed_export_nothing_stands(desk: Desk, shared_database: str, place: str, tmp_path: Path) -> None:
    forms = fill(desk)
    kill(desk, shared_database, tmp_path / "exporter.py", place)
    assert set(standing(desk).values()) == {0}
    assert {desk.says(form) for form in forms} == {(None, None)}
    # The server lets go of what the dead one held.
    done = desk.export()
    for _ in range(50):
        if done.forms == FORMS:
            break
        time.sleep(0.1)
        done.forms += desk.export().forms
    assert done.forms == FORMS
    assert_complete(desk, forms)


def test_exports_killed_at_any_moment_are_completed_in_the_end(
    desk: Desk, shared_database: str, tmp_path: Path
) -> None:
    forms = fill(desk)
    chance = random.Random(7)
    for _ in range(5):
        kill(desk, shared_database, tmp_path / "exporter.py", "anywhere", chance.uniform(0.0, 0.5), most=4)
    for _ in range(50):
        desk.export()
        if not desk.world.query(
            "SELECT FROM forms_to_export WHERE contractor_config_id = %s", desk.world.contractor
        ):  # fmt: skip
            break
        time.sleep(0.1)
    assert_complete(desk, forms)


def test_two_exports_at_once_take_each_form_once(desk: Desk) -> None:
    forms = fill(desk)

    def export() -> int:
        with desk.world.database.connect() as conn:
            return desk.exporter(conn=conn).run(most=7).forms

    with ThreadPoolExecutor(2) as pool:
        exported = [run.result() for run in [pool.submit(export) for _ in range(2)]]
    assert sum(exported) == FORMS
    assert_complete(desk, forms)


class Late:
    """A connection whose first statement sees the database as it was, and takes its rows after something else."""

    def __init__(self, conn: psycopg.Connection[Any], meanwhile: Callable[[], object]) -> None:
        self.conn = conn
        self.meanwhile = meanwhile
        self.began = False

    def execute(self, statement: Any, parameters: Any) -> Any:
        if self.began:
            return self.conn.execute(statement, parameters)
        self.began = True
        # A cursor's snapshot is that of its declaration; its rows are locked when they are fetched.
        with self.conn.cursor(name="late") as cursor:
            cursor.execute(statement, parameters)
            self.meanwhile()
            rows = cursor.fetchall()
        return SimpleNamespace(fetchall=lambda: rows)


def test_forms_that_were_exported_while_they_were_being_chosen_are_left(desk: Desk) -> None:
    forms = fill(desk)
    with desk.world.database.connect() as conn, conn.transaction():
        late: Any = Late(conn, lambda: desk.exporter().run(most=7))
        assert exports.choose(late, desk.world.contractor, 0.9, FORMS) == {}
    assert_complete(desk, forms)
