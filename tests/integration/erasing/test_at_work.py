"""`mep erase`: what it says and with what it ends, whatever kills it, whoever works meanwhile, as whom it is run."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from click.testing import CliRunner

from assets.database import Database
from assets.erasing import erasing
from orchestration.cli import mep
from tests.integration.analytics.conftest import dbt, finished
from tests.integration.analytics.test_gate import passed
from tests.integration.coperniq.conftest import _companies
from tests.integration.coperniq.world import World
from tests.integration.erasing.eraser import COMMITTED, PLACES, killed
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
)
from tests.integration.forms.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.coperniq_server import SandboxHandle
    from tests.integration.analytics.conftest import Dbt

__all__ = ["dbt"]


@pytest.mark.parametrize("place", PLACES)
def test_one_that_was_killed_is_completed_by_the_same_command(desk: Desk, tmp_path: Path, place: str) -> None:
    number = list(PLACES).index(place)
    world, person, outbox = desk.world, Person(f"zzkay{number}q", f"(303) 555-019{number}"), tmp_path / "outbox"
    bring(world, "Contact.csv", person.contacts())
    world.deliver()
    handed_back(world, outbox)
    (folder,) = outbox.glob("*/*")
    (folder / "rollback.csv").write_text(person.email)
    before = found_in(tables(world.conn), person)
    killed(world, person, outbox, place)
    assert found_in(tables(world.conn), person) == ({} if place in COMMITTED else before)
    erase(world, person, outbox)
    assert found_in(tables(world.conn), person) == {}
    assert person.email not in "".join(texts(outbox).values())
    assert (folder / "report.html").is_file()
    assert not world.query(
        "SELECT FROM erasures WHERE contractor_config_id = %s AND completed_at IS NULL", world.contractor
    )


def test_an_import_in_the_middle_is_waited_for(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzlea", "(303) 555-0186")
    bring(world, "Contact.csv", person.contacts())
    world.deliver()
    began = time.monotonic()
    world.lease(2.0)
    erase(world, person, tmp_path / "outbox")
    assert time.monotonic() - began > 1.5
    assert found_in(tables(world.conn), person) == {}


def test_the_service_role_may_and_nobody_else(desk: Desk) -> None:
    world, person = desk.world, Person("zzmo", "(303) 555-0187")
    bring_all(desk, person)
    of = erasing.address(world.conn, person.email)
    for role in ("authenticated", "anon"):
        with Database(world.database.url).connect() as conn:
            conn.execute(f"SET ROLE {role}".encode())
            for call in (
                "erase_form_submissions(gen_random_uuid(), '{}', 'x')", "erase_from_sync_log(gen_random_uuid(), 'x')"
            ):  # fmt: skip
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(f"SELECT {call}".encode())
    with Database(world.database.url).connect() as conn:
        conn.execute("SET ROLE service_role")
        with conn.transaction():
            erasing._erase(conn, of, whose(world, of), "test")
    assert found_in(tables(world.conn), person) == {}


def test_the_command_says_how_much_and_never_whom(
    desk: Desk, shared_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, person, outbox = desk.world, Person("zznan", "(303) 555-0188"), tmp_path / "outbox"
    imports = bring_all(desk, person)
    mention(world, person, imports[0])
    handed_back(world, outbox)
    monkeypatch.setenv("DATABASE_URL", shared_database)
    monkeypatch.setenv("MEP_INBOX", str(world.inbox))
    monkeypatch.setenv("MEP_OUTBOX", str(outbox))

    def run(*arguments: str, answer: str | None = None) -> Result:
        done = CliRunner().invoke(mep, ["erase", "--email", person.email, *arguments], input=answer)
        assert not person.canary.search(done.output), done.output
        return done

    before = tables(world.conn)
    dry = run("--dry-run")
    assert dry.exit_code == 3
    assert run("--dry-run", "--json").exit_code == 3
    assert run("--json").exit_code == 2
    refused = run(answer="n\n")
    assert refused.exit_code == 1
    assert tables(world.conn) == before
    done = run("--yes", "--json")
    assert done.exit_code == 3, done.output
    (said,) = json.loads(done.stdout)["erased"]
    assert said["counts"]["forms"] == 3
    assert {known.partition(" ")[0] for known in said["in_coperniq"]} == {
        "Contact", "Site", "Asset", "Task", "FinancialDocument",
    }  # fmt: skip
    assert {file["source"] for file in said["files"]} == {
        "Asset.csv", "Contact new.csv", "Contact.csv", "FinancialDocument.csv", "Site.csv", "Task.csv",
    }  # fmt: skip
    assert found_in(tables(world.conn), person) == {}
    again = run("--yes")
    assert again.exit_code == 3
    assert "Nothing is known by that address." in again.output
    for path in world.inbox.glob("*.csv"):
        path.unlink()
    unknown = CliRunner().invoke(mep, ["erase", "--email", "nobody@nowhere.example"])
    assert (unknown.exit_code, unknown.output) == (0, "Nothing is known by that address.\n")
    wrong = CliRunner().invoke(mep, ["erase", "--email", person.email, "--contractor", "nobody-at-all"])
    assert wrong.exit_code == 1


def test_the_views_and_their_tests_hold(
    migrated_database: str, sandbox: SandboxHandle, tmp_path: Path, dbt: Dbt
) -> None:
    company = next(_companies)
    with Database(migrated_database).connect() as conn:
        world = World(conn, sandbox.url, f"key-of-{company}", company, sandbox.store, tmp_path)
        person = Person("zzora", "(303) 555-0189")
        bring_all(Desk(world), person)
        finished(dbt(migrated_database, "build"))
        before = marts(conn)
        erase(world, person, tmp_path / "outbox")
        assert passed(finished(dbt(migrated_database, "build"))) > 100
        after = marts(conn)
        assert {name: found_in({name: str(rows)}, person) for name, rows in after.items()} == {
            name: {} for name in after
        }
        assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
        for name in ("csv_import_summary", "data_quality_by_import"):
            assert columns(after[name]) == columns(before[name])


def marts(conn: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    from psycopg.rows import dict_row

    names = (
        "contractor_summary", "csv_import_summary", "data_quality_by_import", "form_funnel", "record_lineage",
        "template_usage_analytics",
    )  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        return {name: cursor.execute(f"SELECT * FROM {name}".encode()).fetchall() for name in names}


def columns(rows: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """Return rows without what tells when they changed, and how far sending is: what waited is not sent any more."""
    moving = ("updated_at", "coperniq_sync_status", "open_records")
    return sorted([[(name, str(value)) for name, value in row.items() if name not in moving] for row in rows])
