"""`mep form`: what a reviewer sees of the forms of a contractor, and decides about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner

from assets.contractors import store as contractors
from orchestration.cli import mep
from tests.integration.database.forms import FIELDS, make_form, make_template
from tests.integration.database.seed import one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

Connection = psycopg.Connection[Any]


@pytest.fixture
def conn(migrated_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """Give the owner's connection to the database that the commands work on."""
    monkeypatch.setenv("DATABASE_URL", migrated_database)
    with psycopg.connect(migrated_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def ids(conn: Connection) -> dict[str, UUID]:
    """Register a contractor, and write a template with fields of every type as `form`."""
    contractors.add(conn, "abc", "ABC", "office@abc.example", ["hvac"])
    return {"form": make_template(conn, FIELDS), "contractor": contractors.get(conn, "abc").id}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(mep, ["form", *map(str, arguments)])


def test_forms_are_listed_by_status(conn: Connection, ids: dict[str, UUID]) -> None:
    draft, submitted = make_form(conn, ids, {}), make_form(conn, ids, status="submitted")
    every = run("list", "abc").output.splitlines()
    assert [line.split()[:2] for line in every] == [[str(submitted)[:8], "submitted"], [str(draft)[:8], "draft"]]
    assert run("list", "abc", "--status", "draft").output.splitlines() == every[1:]
    assert run("list", "abc", "--status", "archived").output == "abc has no archived forms.\n"


def test_a_form_is_shown_with_what_is_wrong_with_it(conn: Connection, ids: dict[str, UUID]) -> None:
    draft = make_form(conn, ids, {"fuel": "gaz"})
    shown = run("show", str(draft)[:8]).output
    assert shown.startswith(
        f"Lead: intake 1 of abc\n  id         {draft}\n  status     draft, filled by tech@a.example\n"
    )
    assert "  Coperniq   not exported\n  required   Phone is required: fill it in before you submit.\n" in shown
    assert shown.endswith('  options    Fuel is "gaz": choose one of gas, electric, oil.\n')


def test_what_was_submitted_is_not_judged_again(conn: Connection, ids: dict[str, UUID]) -> None:
    form = str(make_form(conn, ids, status="submitted"))[:8]
    conn.execute("UPDATE template_fields SET options = '{oil}' WHERE name = 'fuel'")
    assert run("show", form).output.endswith("  Coperniq   not exported\n")


def test_a_revision_is_shown_with_its_review(conn: Connection, ids: dict[str, UUID]) -> None:
    form = make_form(conn, ids, status="submitted")
    assert run("reject", form, "--reason", "No address", "--by", "ann").output == f"{str(form)[:8]} is rejected\n"
    assert "  review     rejected by ann: No address\n" in run("show", form).output
    revision = one(conn, "SELECT revise_form_submission(%s)", form)
    assert run("show", revision).output.startswith("Lead: intake 2 of abc, revision 1\n")
    assert f"  revises    {form}\n" in run("show", revision).output
    assert "  Coperniq   not exported\n" in run("show", form).output
    conn.execute("SELECT submit_form_submission(%s)", [revision])
    assert run("approve", revision).exit_code == 0
    assert "  Coperniq   not exported, its approved revision is instead\n" in run("show", form).output


def test_several_forms_are_approved_each_for_itself(conn: Connection, ids: dict[str, UUID]) -> None:
    good, draft, other = (make_form(conn, ids, status=status) for status in ("submitted", "draft", "submitted"))
    done = run("approve", good, draft, "ffffffff-0", other, good)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{str(good)[:8]} is approved", f"{str(other)[:8]} is approved", f"{str(good)[:8]} was approved already",
    ]  # fmt: skip
    assert done.stderr.splitlines() == [
        f"mep: Submission {draft} is draft: only a submitted one can be approved.",
        'mep: No form has an id that begins with "ffffffff-0": `mep form list CONTRACTOR` prints them.',
    ]
    by = one(conn, "SELECT reviewed_by FROM mep_form_submissions WHERE id = %s", good)
    assert by.startswith("mep form (")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reject", "{form}", "--reason", " "), "mep: A rejection says why: give a reason, the contractor reads it.\n"),
        (("approve", "{form:.7}"), "too short: give at least 8 characters"),
        (("approve", "________"), "No form has an id"),
    ],
)
def test_what_cannot_be_reviewed_is_said_in_one_line(
    conn: Connection, ids: dict[str, UUID], arguments: tuple[str, ...], said: str
) -> None:
    form = str(make_form(conn, ids, status="submitted"))
    done = run(*(each.format(form=form) for each in arguments))
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr
    assert one(conn, "SELECT status::text FROM mep_form_submissions WHERE id = %s", form) == "submitted"


def test_an_id_that_several_forms_begin_with_is_refused(conn: Connection, ids: dict[str, UUID]) -> None:
    for last in "12":
        conn.execute(
            "INSERT INTO mep_form_submissions (id, template_id, contractor_config_id, form_title)"
            " VALUES (%s, %s, %s, 'F')", [UUID(f"00000000-0000-4000-8000-00000000000{last}"), *ids.values()],
        )  # fmt: skip
    assert "give more of it" in run("approve", "00000000").stderr


def test_a_title_does_not_write_to_the_terminal(conn: Connection, ids: dict[str, UUID]) -> None:
    form = make_form(conn, ids)
    conn.execute("UPDATE mep_form_submissions SET form_title = E'a\\x1b[2J', submitted_by = E'x\\n  y'")
    assert "\x1b" not in run("list", "abc").output + run("show", form).output
    assert "\n  y" not in run("show", form).output


@pytest.mark.parametrize("command", ["list", "show", "approve", "reject"])
def test_help_gives_an_example(command: str) -> None:
    assert f"\n  mep form {command} " in run(command, "--help").output
