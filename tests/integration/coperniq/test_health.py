"""The checks of what was sent, and what the tables say of all contractors at once: each on good and on broken data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import pytest

from assets import leases
from assets.alerts import store as alerts
from assets.catalogue import CONTACT
from assets.coperniq import health
from assets.coperniq.checking import Check
from assets.coperniq.checks import sending_checks
from assets.coperniq.limits import KeyLimits
from assets.coperniq.store import Scope
from orchestration.alerting import tell_of_what_lasts
from tests.integration.checking import run_checks, shown
from tests.integration.coperniq.world import World, contact, contacts, ignore

if TYPE_CHECKING:
    from uuid import UUID

    from assets.alerts.causes import Kept

STUCK, WAITS, LINEAGE = (
    "nothing_in_flight_is_stuck", "nothing_waits_for_longer_than_a_day", "every_sent_row_has_its_lineage",
)  # fmt: skip


def failing(world: World, slug: str | None = None) -> dict[str, dg.AssetCheckEvaluation]:
    (of,) = world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", world.contractor)
    done = run_checks(sending_checks, world.database, slug or of["slug"])
    assert len(done) == 21
    return {name: check for name, check in done.items() if not check.passed}


def raised(world: World, *, closed: bool = False) -> list[Kept]:
    found = alerts.every(world.conn, closed=closed, most=1_000)
    (of,) = world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", world.contractor)
    return [kept for kept in found if kept.slug == of["slug"]]


def entered(world: World, import_id: UUID, hours: int) -> None:
    """Let an import have been entered so long ago, and its records be as they are since."""
    world.conn.execute(
        "UPDATE csv_imports SET entered_at = now() - make_interval(hours => %s) WHERE id = %s", [hours, import_id]
    )
    world.conn.execute(
        "UPDATE coperniq_records SET updated_at = now() - make_interval(hours => %s) WHERE csv_import_id = %s",
        [hours, import_id],
    )


@pytest.fixture
def other(world: World, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the slug of a second contractor."""
    second = World(world.conn, world.url, world.key, world.company, world.store, tmp_path_factory.mktemp("inbox"))
    (of,) = world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", second.contractor)
    return of["slug"]


def test_all_pass_on_what_was_sent_and_on_what_waits_since_today(world: World) -> None:
    world.bring("Contact.csv", *contacts(3))
    world.bring("Site.csv", {"fullAddress": "1 Main St", "clientId": "nobody@example.com"})
    world.deliver()
    assert failing(world) == {}
    tell_of_what_lasts(world.conn)
    assert raised(world) == []


def test_a_request_whose_run_is_gone_is_stuck(world: World, other: str) -> None:
    found = world.bring("Contact.csv", *contacts(2))
    world.deliver()
    world.conn.execute(
        "UPDATE coperniq_records SET state = 'in_flight', claim_id = gen_random_uuid(),"
        " claimed_at = now() - INTERVAL '20 minutes' WHERE csv_import_id = %s",
        [found],
    )
    assert failing(world, other) == {}
    (name,) = (broken := failing(world))
    assert name == f"contact/{STUCK}"
    assert broken[name].severity is dg.AssetCheckSeverity.ERROR
    assert (shown(broken[name])["imports"], shown(broken[name])["rows"]) == (1, 2)
    (kept,) = raised(world)
    assert (kept.cause, kept.subject, kept.records) == ("stuck", str(found), 2)
    lease = leases.take(world.conn, world.contractor, "a test")
    assert lease is not None
    assert failing(world) == {}, "a run works on it"
    tell_of_what_lasts(world.conn)
    assert raised(world) == []
    lease.give_back(world.conn)
    tell_of_what_lasts(world.conn)
    assert [kept.cause for kept in raised(world)] == ["stuck"]
    world.conn.execute("UPDATE coperniq_records SET claimed_at = now() WHERE csv_import_id = %s", [found])
    assert failing(world) == {}, "its run has had no time yet"


def test_what_waits_for_longer_than_a_day_says_for_what_and_not_for_whom(world: World, other: str) -> None:
    found = world.bring(
        "Site.csv",
        {"fullAddress": "1 Main St", "clientId": "nobody@example.com"},
        {"fullAddress": "2 Main St", "clientId": 'Ann "the boss" Lee; x, which waits itself'},
        {"fullAddress": "3 Main St", "clientId": "nobody.else@example.com"},
    )
    world.deliver()
    entered(world, found, 23)
    assert failing(world) == {}
    entered(world, found, 25)
    assert failing(world, other) == {}
    (name,) = (broken := failing(world))
    assert name == f"site/{WAITS}"
    assert broken[name].severity is dg.AssetCheckSeverity.WARN
    (kept,) = raised(world)
    assert (kept.cause, kept.records, kept.kind) == ("waiting", 3, "import")
    assert kept.said == (
        "Site.csv: waiting for a Contact that no sendable row has (2), a parent that no sendable row has (1)"
    )
    assert not any(word in f"{kept} {shown(broken[name])}" for word in ("nobody", "Ann", "boss", "Main"))
    world.conn.execute("UPDATE coperniq_records SET updated_at = now() WHERE csv_import_id = %s", [found])
    assert failing(world) == {}, "it has only just come to this state"


def test_being_sent_and_in_doubt_are_waits_too(world: World) -> None:
    found = world.bring("Contact.csv", *contacts(3))
    world.conn.execute(
        "UPDATE coperniq_records SET state = 'unknown', claim_id = gen_random_uuid()"
        " WHERE csv_import_id = %s AND record_number = 1",
        [found],
    )
    entered(world, found, 25)
    (check,) = failing(world).values()
    assert "waiting for being sent (2), somebody to say whether Coperniq has them (1)" in str(shown(check)["where"])
    world.conn.execute(
        "UPDATE coperniq_records SET undone_record_id = csv_import_record_id WHERE csv_import_id = %s", [found]
    )
    assert failing(world) == {}, "a rollback withholds them"


def test_a_sent_row_without_lineage_is_found(world: World, other: str) -> None:
    found = world.bring("Contact.csv", *contacts(3))
    world.deliver()
    rows = world.rows(found)
    assert failing(world) == {}
    world.conn.execute("DELETE FROM data_lineage WHERE csv_import_record_id = %s", [rows[0]["id"]])
    world.conn.execute(
        "UPDATE data_lineage SET coperniq_entity_id = 'another' WHERE csv_import_record_id = %s", [rows[1]["id"]]
    )
    assert failing(world, other) == {}
    (name,) = (broken := failing(world))
    assert name == f"contact/{LINEAGE}"
    assert broken[name].severity is dg.AssetCheckSeverity.ERROR
    assert (shown(broken[name])["imports"], shown(broken[name])["rows"]) == (1, 2)
    (kept,) = raised(world)
    assert (kept.cause, kept.subject, kept.records) == ("lineage", str(found), 2)


def test_a_row_that_is_in_coperniq_unchanged_needs_no_lineage_of_its_own(world: World) -> None:
    world.bring("Contact.csv", *contacts(2))
    world.deliver()
    again = world.bring("contacts again.csv", contact(0), contact(1), contact(2))
    world.deliver()
    assert [row["status"] for row in world.rows(again)] == ["skipped", "skipped", "valid"]
    assert failing(world) == {}


def test_drift_is_told_from_what_the_last_comparison_found_and_is_over_when_it_is(world: World) -> None:
    world.bring("Contact.csv", *contacts(3))
    world.deliver()
    (first, second, _) = world.held("Contact")
    world.change("Contact", first["id"], name="Somebody else")
    world.erase("Contact", second["id"])
    Check(world.conn, world.client(), Scope(world.contractor, CONTACT), "test", ignore).run()
    asked = len(world.log())
    tell_of_what_lasts(world.conn)
    (kept,) = raised(world)
    assert (kept.cause, kept.kind, kept.records) == ("drift", "contractor", 2)
    assert kept.said == "Contact: 1 missing, 1 changed there"
    assert len(world.log()) == asked, "Coperniq is not asked"
    world.conn.execute("UPDATE coperniq_findings SET resolved_at = now()")
    tell_of_what_lasts(world.conn)
    assert raised(world) == []
    assert [kept.cause for kept in raised(world, closed=True)] == ["drift"]


def test_a_used_up_quota_is_told_without_the_key(world: World) -> None:
    limits = KeyLimits(world.database, "a secret key", 0, 1)
    assert (limits.take(), limits.take() is not None) == (None, True)
    limits.close()
    tell_of_what_lasts(world.conn)
    (kept,) = (kept for kept in alerts.every(world.conn, closed=False, most=99) if kept.cause == "quota")
    assert "one is free again at" in kept.said
    assert "a secret key" not in str(kept)
    world.conn.execute("UPDATE coperniq_api_keys SET used_up_until = NULL")
    tell_of_what_lasts(world.conn)
    assert health.used_up(world.conn) == []
    assert "quota" not in {kept.cause for kept in alerts.every(world.conn, closed=False, most=99)}
