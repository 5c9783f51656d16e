"""The checks of imports: each passes on good data, and fails for its own contractor alone when its rule is broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from assets import leases
from assets.alerts import store as alerts
from assets.contractors import store as contractors
from assets.csv_imports import arrivals, registering
from assets.csv_imports.checks import import_checks
from assets.database import Database
from orchestration.alerting import tell_of_what_happened, tell_of_what_lasts
from tests.integration.checking import run_checks, shown
from tests.integration.csv_imports.conftest import CONTACTS, Office, make_office

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

NAMES = {"every_file_was_read", "no_import_is_stuck", "every_record_has_one_status", "few_rows_are_rejected"}
HALF_BAD = "name,email\nAnn,a@b.co\nBob,not an address\nCid,c@b.co\nDan,neither is this\n"


@pytest.fixture
def other(connection: psycopg.Connection[Any], tmp_path: Path) -> Office:
    """Give a second contractor."""
    return make_office(connection, tmp_path, "other")


@pytest.fixture
def database(migrated_database: str) -> Database:
    return Database(migrated_database)


def failing(database: Database, slug: str | None) -> set[str]:
    done = run_checks(import_checks, database, slug)
    assert set(done) == NAMES
    return {name for name, check in done.items() if not check.passed}


def raised(office: Office) -> list[tuple[str, str, int | None]]:
    found = alerts.every(office.conn, closed=True, most=99)
    return sorted((kept.cause, kept.said, kept.records) for kept in found)


def test_all_pass_on_good_data(office: Office, database: Database) -> None:
    office.send("Contact.csv", CONTACTS)
    for slug in (office.slug, None):
        done = run_checks(import_checks, database, slug)
        assert {name: check.passed for name, check in done.items()} == dict.fromkeys(NAMES, True)
        assert [shown(check) for check in done.values()] == [{"imports": 0, "rows": 0}] * len(NAMES)
    assert raised(office) == []


def test_the_severities_are_chosen(office: Office) -> None:
    done = {spec.name: spec for spec in import_checks.check_specs}
    assert [name for name, spec in done.items() if spec.blocking] == ["every_record_has_one_status"]
    for name, spec in done.items():
        assert spec.description
        assert ("An error" in spec.description) == (name in ("no_import_is_stuck", "every_record_has_one_status"))


def test_lost_rows_are_found_for_their_contractor_alone(office: Office, other: Office, database: Database) -> None:
    broken = office.send("Contact.csv", CONTACTS)
    other.send("Contact.csv", CONTACTS)
    assert failing(database, office.slug) == set()
    with office.conn.transaction():
        office.conn.execute("ALTER TABLE csv_import_records DISABLE TRIGGER USER")
        office.conn.execute(
            "DELETE FROM csv_import_records WHERE csv_import_id = %s AND record_number IN (1, 2)", [broken]
        )
        office.conn.execute("ALTER TABLE csv_import_records ENABLE TRIGGER USER")
    assert failing(database, other.slug) == set()
    assert failing(database, None) == {"every_record_has_one_status"}
    check = run_checks(import_checks, database, office.slug)["every_record_has_one_status"]
    assert (check.passed, check.severity, check.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    assert (shown(check)["imports"], shown(check)["rows"]) == (1, 2)
    assert "mep rollback" in (check.description or "")
    why = "Contact.csv: it says 3 rows, 3 good and 0 rejected, but has 1, 1 and 0"
    assert why in str(shown(check)["where"])
    assert raised(office) == [("conservation", why, 2)]


def test_too_many_rejected_rows_are_measured_by_the_contractors_threshold(
    office: Office, other: Office, database: Database
) -> None:
    office.send("Contact.csv", HALF_BAD)
    assert failing(database, other.slug) == set()
    check = run_checks(import_checks, database, office.slug)["few_rows_are_rejected"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (shown(check)["imports"], shown(check)["rows"]) == (1, 2)
    said = "Contact.csv: 2 of 4 rows were rejected, 50.0 %; the threshold is 10 %"
    assert said in str(shown(check)["where"])
    for share, failed in ((0.499, {"few_rows_are_rejected"}), (0.5, set()), (1, set()), (0, {"few_rows_are_rejected"})):
        contractors.set_rejected_share(office.conn, office.slug, share)
        assert failing(database, office.slug) == failed, share
    assert [(cause, records) for cause, _, records in raised(office)] == [("rejected_share", 2)]


def test_no_row_of_a_file_is_a_hundred_per_cent_of_nothing(office: Office, database: Database) -> None:
    contractors.set_rejected_share(office.conn, office.slug, 0)
    office.send("Contact.csv", CONTACTS)
    assert failing(database, office.slug) == set()


def test_a_file_that_failed_is_told_without_what_it_holds_until_it_comes_again(
    office: Office, other: Office, database: Database
) -> None:
    office.put("Contact.csv", "Ann Lee,ann.lee@example.com\nBob Ray,bob@example.com\n")
    office.put("nothing in particular.csv", "x,y\n1,2\n")
    office.run()
    assert failing(database, other.slug) == set()
    check = run_checks(import_checks, database, office.slug)["every_file_was_read"]
    assert (check.passed, check.severity, shown(check)["imports"]) == (False, dg.AssetCheckSeverity.WARN, 2)
    told = raised(office)
    assert [cause for cause, *_ in told] == ["import_failed"] * 2
    assert "nothing in particular.csv fits no type" in told[1][1]
    assert not any(word in f"{told} {shown(check)}" for word in ("Ann", "ann.lee", "Bob"))
    office.put("Contact.csv", CONTACTS)
    office.run()
    check = run_checks(import_checks, database, office.slug)["every_file_was_read"]
    assert (check.passed, shown(check)["imports"]) == (False, 1)


def test_a_refused_file_is_told_once_for_each_version_until_it_is_mended_or_gone(
    office: Office, other: Office, database: Database
) -> None:
    mappings = office.root / "mappings"
    mappings.mkdir()
    (mappings / "Contact.yaml").write_text("version: 2\n")
    office.put("Contact.csv", CONTACTS)
    office.put("Site.csv", 'fullAddress,clientId\n"1 Main St, Denver, CO 80202",a@b.co\n')
    (office.root / office.slug / "tasks.csv").symlink_to("Contact.csv")

    def run() -> None:
        listed = office.inbox.files(office.slug)
        with arrivals.taken(office.conn, office.id, listed) as refused:
            registered = registering.register_files(
                office.conn, office.id, office.inbox, office.sources(), "a test", retry=False, mappings=mappings
            )
            refused |= {file.source: file.note or "" for file in registered if file.is_refused}
        office.read()

    def told() -> list[tuple[str, str, str | None, bool]]:
        tell_of_what_lasts(office.conn)
        found = alerts.every(office.conn, closed=True, most=99)
        return sorted((kept.cause, kept.said.partition(" is ")[0], kept.slug, not kept.closed_at) for kept in found)

    run()
    assert failing(database, other.slug) == set()
    check = run_checks(import_checks, database, office.slug)["every_file_was_read"]
    assert (check.passed, check.severity, shown(check)["imports"]) == (False, dg.AssetCheckSeverity.WARN, 2)
    assert "Contact.csv: mappings/Contact.yaml, line 1" in str(shown(check)["where"])
    override, link = told()
    assert override[1].startswith("Contact.csv: mappings/Contact.yaml, line 1")
    assert link == ("file_refused", "tasks.csv: tasks.csv", office.slug, True)
    run()
    assert told() == [override, link], "the same versions"
    (mappings / "Contact.yaml").unlink()
    run()
    assert told() == [(*override[:3], False), link]
    (office.root / office.slug / "tasks.csv").unlink()
    (office.root / office.slug / "tasks.csv").symlink_to("Site.csv")
    arrivals.look_around(office.conn, office.inbox, "", timedelta(seconds=60), arrivals.Clock())
    run()
    assert told() == [(*override[:3], False), (*link[:3], False), link], "another version"
    (office.root / office.slug / "tasks.csv").unlink()
    arrivals.look_around(office.conn, office.inbox, "", timedelta(seconds=60), arrivals.Clock())
    assert failing(database, office.slug) == set()
    assert not any(is_open for *_, is_open in told())


def test_what_a_run_that_died_before_its_checks_left_is_told_once_by_the_sensor(
    office: Office, database: Database
) -> None:
    office.send("Contact.csv", HALF_BAD)
    office.put("nothing in particular.csv", "x,y\n1,2\n")
    office.run()
    broken = office.send("contacts 2.csv", CONTACTS)
    with office.conn.transaction():
        office.conn.execute("ALTER TABLE csv_import_records DISABLE TRIGGER USER")
        office.conn.execute("DELETE FROM csv_import_records WHERE csv_import_id = %s AND record_number = 1", [broken])
        office.conn.execute("ALTER TABLE csv_import_records ENABLE TRIGGER USER")
    tell_of_what_happened(office.conn, datetime.now(UTC) + timedelta(minutes=1))
    assert raised(office) == [], "of what finished earlier somebody has heard"
    tell_of_what_happened(office.conn, datetime.now(UTC) - timedelta(minutes=1))
    told = raised(office)
    assert [cause for cause, *_ in told] == ["conservation", "import_failed", "rejected_share"]
    assert failing(database, office.slug) == NAMES - {"no_import_is_stuck"}
    assert raised(office) == told


@pytest.mark.parametrize("left", ["pending", "validating", "processing", "read but not entered"])
def test_an_import_is_stuck_while_no_run_works_on_it(
    office: Office, other: Office, database: Database, left: str
) -> None:
    found = office.send("Contact.csv", CONTACTS)
    with office.conn.transaction():
        # What a run leaves that dies at this place.
        office.conn.execute("ALTER TABLE csv_imports DISABLE TRIGGER USER")
        office.conn.execute(
            "UPDATE csv_imports SET entered_at = NULL, status = coalesce(%s::csv_import_status, status),"
            " created_at = now() - INTERVAL '20 minutes', started_at = now() - INTERVAL '20 minutes',"
            " completed_at = CASE WHEN %s THEN now() - INTERVAL '20 minutes' END WHERE id = %s",
            [None if " " in left else left, " " in left, found],
        )
        office.conn.execute("ALTER TABLE csv_imports ENABLE TRIGGER USER")
    assert failing(database, other.slug) == set()
    check = run_checks(import_checks, database, office.slug)["no_import_is_stuck"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert f"no run works on it, and it is {left} since" in str(shown(check)["where"])
    assert [cause for cause, *_ in raised(office)] == ["stuck"]
    lease = leases.take(office.conn, office.id, "a test")
    assert lease is not None
    assert "no_import_is_stuck" not in failing(database, office.slug), "somebody works on it"
    office.conn.execute("UPDATE contractor_leases SET expires_at = now() - INTERVAL '10 minutes'")
    assert "no_import_is_stuck" not in failing(database, office.slug), "somebody has just stopped to"
    office.conn.execute("UPDATE contractor_leases SET expires_at = now() - INTERVAL '16 minutes'")
    assert "no_import_is_stuck" in failing(database, office.slug)
    office.conn.execute("UPDATE csv_imports SET status = 'failed' WHERE id = %s", [found])
    assert "no_import_is_stuck" not in failing(database, office.slug)


def test_what_is_a_day_old_is_looked_at_no_more(office: Office, database: Database) -> None:
    office.send("Contact.csv", HALF_BAD)
    office.put("nothing in particular.csv", "x,y\n1,2\n")
    office.run()
    assert failing(database, office.slug) == {"few_rows_are_rejected", "every_file_was_read"}
    office.conn.execute(
        "UPDATE csv_imports SET started_at = now() - INTERVAL '26 hours', completed_at = now() - INTERVAL '25 hours'"
    )
    assert failing(database, office.slug) == set()
