"""`mep demo`: what it prints is what the tables and the sandbox hold, and a second run changes nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from sandbox.coperniq.ledger import records
from tests.conftest import ROOT
from tests.integration.analytics.conftest import finished, starter
from tests.integration.analytics.test_gate import passed
from tests.pipeline.project import COMPANY, Project, demo_project, doubled
from tests.pooler import POOLED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

pytestmark = pytest.mark.timeout(900)  # a whole stack starts

EXPECTED = json.loads((ROOT / "samples" / "expected.json").read_text())["contractors"]
ROW = re.compile(r"│ ([^│]+?) +│ ([^│]+?) +│ [0-9a-f]{8} +│ ([^│]+?) +│" + r" +(\d+) │" * 6)
WITH_ADDRESSES = ("Contact.csv", "contacts_2026.csv")
"""Files of contacts that carry service addresses: they are imported as sites too, most of which Site.csv repeats."""
FORMS = json.loads((ROOT / "samples" / "forms.json").read_text())
APPROVED = [form for form in FORMS if form["becomes"] == "approved"]
OF_FORMS = "Forms approved until "
COLUMNS = ("attempted", "success", "failed", "duplicate", "sent", "waiting")
COUNTED = """
    SELECT m.import_name, coalesce(m.coperniq_type, '?'),
           count(r.id),
           count(r.id) FILTER (WHERE r.status IN ('valid', 'warning')),
           count(r.id) FILTER (WHERE r.status = 'error'),
           count(r.id) FILTER (WHERE r.status = 'duplicate'),
           count(l.id),
           count(r.id) FILTER (
               WHERE r.status IN ('valid', 'warning') AND l.id IS NULL
                     AND coalesce(r.error_message, '') NOT LIKE '%Replaced, before it was sent%'
           )
    FROM csv_imports AS m
    LEFT JOIN csv_import_records AS r ON r.csv_import_id = m.id
    LEFT JOIN data_lineage AS l ON l.csv_import_record_id = r.id
    GROUP BY m.id, m.import_name
"""


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    with demo_project() as copied:
        yield copied


@pytest.fixture(scope="module")
def first(project: Project) -> CompletedProcess[str]:
    return project.mep("demo")


@pytest.fixture(scope="module")
def database(project: Project, first: CompletedProcess[str]) -> Iterator[psycopg.Connection[Any]]:
    """Give the database that the first run left, its server started again for the test."""
    del first
    project.cluster.start()
    with psycopg.connect(project.cluster.url("mep"), autocommit=True) as connection:
        yield connection


def printed(output: str) -> dict[tuple[str, str], dict[str, int]]:
    """Read the tables that a run printed: {(file, type): {column: number}}."""
    found = {
        match.group(1, 2): dict(zip(COLUMNS, map(int, match.groups()[3:]), strict=True))
        for match in ROW.finditer(output)
    }
    assert found, output
    return found


@pytest.mark.skipif(POOLED, reason="The stack is the test's, not the demo's: run without MEP_TEST_POOLED.")
def test_it_succeeds_and_leaves_nothing_running(project: Project, first: CompletedProcess[str]) -> None:
    assert first.returncode == 0, first.stderr
    assert project.leftovers() == []
    assert not (project.state / "local.env").exists()


def test_what_it_prints_is_what_the_tables_say(first: CompletedProcess[str], database: psycopg.Connection[Any]) -> None:
    rows = database.execute(COUNTED)
    counted = {(name, kind): dict(zip(COLUMNS, numbers, strict=True)) for name, kind, *numbers in rows}
    assert printed(first.stdout) == counted


def test_what_it_prints_is_what_was_planted(first: CompletedProcess[str]) -> None:
    planted = {
        (name, file["type"]): {
            "attempted": file["attempted"],
            "success": file["counts"]["valid"] + file["counts"]["warning"],
            "failed": file["counts"]["error"],
            "duplicate": file["counts"]["duplicate"],
            "sent": file["counts"]["valid"] + file["counts"]["warning"] - file["waiting"],
            "waiting": file["waiting"],
        }
        for files in EXPECTED.values()
        for name, file in files.items()
        if file["outcome"] == "imported"
    }
    failed = {
        (name, file["type"] or "?"): dict.fromkeys(COLUMNS, 0)
        for files in EXPECTED.values()
        for name, file in files.items()
        if file["outcome"] == "failed"
    }
    found = printed(first.stdout)
    sites = {name: found.pop((name, "Site")) for name in WITH_ADDRESSES}
    of_forms = [found.pop(key) for key in list(found) if key[0].startswith(OF_FORMS)]
    assert found == planted | failed
    assert of_forms == [{**dict.fromkeys(COLUMNS, 0), "attempted": 1, "success": 1, "sent": 1}] * len(APPROVED)
    for name, counts in sites.items():
        assert counts["attempted"] == EXPECTED["abc-heating"][name]["attempted"]
        assert counts["success"] > counts["sent"] > 0


def test_the_templates_are_synced_and_enabled(first: CompletedProcess[str], database: psycopg.Connection[Any]) -> None:
    files = {path.stem for path in (ROOT / "templates").rglob("*.yaml")}
    assert f"Templates: {len(files)} new, 0 changed, 0 unchanged, 0 retired\n" in first.stdout
    assert {name for (name,) in database.execute("SELECT name FROM templates WHERE is_active")} == files
    enabled = dict(database.execute("SELECT slug, templates_enabled FROM mep_contractor_configs").fetchall())
    assert "lead_intake" in enabled["abc-heating"]
    assert "solar_site_survey" in enabled["sunrise-solar"]
    assert set().union(*enabled.values()) <= files


def test_approved_forms_are_in_coperniq_and_counted(
    project: Project, first: CompletedProcess[str], database: psycopg.Connection[Any]
) -> None:
    assert f"· {len(FORMS)} forms filled\n" in first.stdout
    ways = "SELECT status::TEXT, coperniq_import_status, count(*) FROM mep_form_submissions GROUP BY 1, 2 ORDER BY 1"
    assert database.execute(ways).fetchall() == [
        ("approved", "success", len(APPROVED)), ("draft", None, len(FORMS) - len(APPROVED)),
    ]  # fmt: skip
    usage = "SELECT sum(fills), sum(submissions) FROM template_usage_analytics"
    assert database.execute(usage).fetchone() == (len(FORMS), len(APPROVED))
    lead, survey, proposal, order = (form["data"] for form in APPROVED)
    (contact,) = held(project, "Contact", name=lead["customerName"])
    (site,) = held(project, "Site", fullAddress=survey["address"], clientId=contact["id"])
    assert len(held(project, "Asset", name=proposal["equipmentName"], siteId=site["id"])) == 1
    assert len(held(project, "Task", title=order["title"], status=order["status"], siteId=site["id"])) == 1


def held(project: Project, type_name: str, **values: object) -> list[dict[str, Any]]:
    """List what Coperniq holds of a type with these values."""
    every: list[dict[str, Any]] = records(project.store, type_name, COMPANY)
    return [record for record in every if record.items() >= values.items()]


def test_what_was_sent_is_in_the_sandbox_once(
    project: Project, first: CompletedProcess[str], database: psycopg.Connection[Any]
) -> None:
    sent = project.sent()
    assert sum(map(len, sent.values())) == sum(row["sent"] for row in printed(first.stdout).values())
    assert not any(doubled(records) for records in sent.values())
    ours = dict(
        database.execute(
            "SELECT coperniq_entity_type, count(DISTINCT coperniq_entity_id) FROM data_lineage GROUP BY 1"
        ).fetchall()
    )
    assert ours == {name: len(records) for name, records in sent.items() if records}


def test_dbt_test_passes_on_what_it_leaves(project: Project, database: psycopg.Connection[Any], tmp_path: Path) -> None:
    url = project.settings.get("DATABASE_URL") or project.cluster.url("mep")
    assert passed(finished(starter(tmp_path)(url, "test"))) > 100


def test_the_audit_log_adds_up_to_what_was_sent(database: psycopg.Connection[Any], project: Project) -> None:
    logged = database.execute(
        "SELECT sum(records_successful) FROM coperniq_sync_log WHERE operation_type = 'import'"
    ).fetchone()
    assert logged == (sum(map(len, project.sent().values())),)
    assert database.execute("SELECT count(*) FROM coperniq_sync_log WHERE status <> 'success'").fetchone() == (0,)


def test_each_failed_file_says_why(first: CompletedProcess[str]) -> None:
    for files in EXPECTED.values():
        for name, file in files.items():
            if file["outcome"] == "failed":
                assert re.search(rf"{re.escape(name)}: failed: .{{20,}}", first.stdout), name
    assert "Site_copy.csv: already imported as Site.csv" in first.stdout


def test_a_second_run_says_already_imported_and_changes_nothing(
    project: Project, first: CompletedProcess[str], database: psycopg.Connection[Any]
) -> None:
    state = "SELECT (SELECT count(*) FROM csv_imports), (SELECT count(*) FROM csv_import_records)"
    before, sent = database.execute(state).fetchone(), project.sent()
    again = project.mep("demo", "--json")
    assert again.returncode == 0, again.stderr
    said = json.loads(again.stdout)
    assert [file["outcome"] for run in said["contractors"] for file in run["files"]].count("already imported") >= 15
    counted = {
        (one["import_name"], one["coperniq_type"] or "?"): {name: one[name] for name in COLUMNS}
        for run in said["contractors"]
        for one in run["imports"]
    }
    files = {key: counts for key, counts in printed(first.stdout).items() if not key[0].startswith(OF_FORMS)}
    assert counted == files, "what forms were made into is not made again"
    assert said["dbt"]["failed"] == []
    assert project.sent() == sent
    project.cluster.start()
    with psycopg.connect(project.cluster.url("mep")) as connection:
        assert connection.execute(state).fetchone() == before
