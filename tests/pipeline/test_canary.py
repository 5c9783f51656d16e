"""Nothing that a run says, or that Dagster keeps of it, holds what stood in a cell: each cell is a canary.

What is written for those who may see it is left out: rows, imports' own tables, the outbox, and what commands print on
standard output for their operator.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from assets.forms import field_mapping
from tests.coperniq_server import SandboxHandle, running_sandbox
from tests.pipeline.project import Project, project_copy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SLUG = "acme"
CANARY = re.compile(rb"canary-?\d+|555-?01\d\d|\(303\)|30355501\d\d", re.IGNORECASE)
TOLD = (
    "alerts", "coperniq_sync_log", "erasures", "inbox_files", "retention_log", "contractor_leases", "coperniq_api_keys",
)  # fmt: skip
"""Tables of the product that are read by people who may not see rows, or sent out of the house."""

CONTACTS = [
    ("name", "emails", "phones", "status", "internal note"),
    ("Canary1 Good", "canary1@example.com", "(303) 555-0101 x12", "active", "canary2"),
    ("Canary3 Faulty", "canary3 at example", "555-01", "active", "canary4"),  # error: neither address nor number
    ("Canary5 Twice", "canary1@example.com", "", "active", "canary6"),  # duplicate
    ("Canary7 Placeholder", "N/A", "3.03556E+09", "active", "canary8"),  # a repair, or an error
    ("Canary9 Ragged", "canary9@example.com", "(303) 555-0109", "active", "canary10", "canary11"),
    ("Canary12 Same", "canary12@example.com", "(303) 555-0112", "active", ""),
    ("Canary12 Same", "canary13@example.com", "(303) 555-0113", "active", ""),  # of one name: ambiguous as a parent
    ("Canary14 Refused", "canary14@example.com", "(303) 555-0114", "active", ""),
    ("Canary1 Good", "canary37@example.com", "(303) 555-0101", "active", ""),  # probably the first one
]
SITES = [
    ("fullAddress", "clientId"),
    ("14 Canary15 St, Denver, CO 80202", "canary1@example.com"),
    ("16 Canary16 St, Denver, CO 80202", "canary17@example.com"),  # waits for a contact that nobody has
    ("18 Canary18 St, Denver, CO 80202", "Canary12 Same"),  # two contacts have that name
    ("", "canary19@example.com"),
]
TASKS = [
    ("title", "startDate", "endDate", "clientId", "status", "description"),
    ("Canary20", "2026-02-30", "2026-01-01", "canary1@example.com", "open", "canary21"),  # no such day
    ("Canary22", "2026-03-02", "2026-03-01", "canary1@example.com", "open", "canary23"),  # ends before it begins
]
HEADLESS = [("Canary24 Person", "canary24@example.com", "(303) 555-0124"), ("Canary25", "canary25@example.com", "")]
"""A row in the place of the headers: such a file fails, and the reason must not quote it."""
FORMS = [
    {"who": "Canary28 Form", "email": "canary29@example.com", "phone": "", "remark": "canary30"},
    {"who": "Canary31 Form", "email": "canary32@example.com", "phone": "555-01", "remark": "canary33"},  # error
    {"who": "Canary34 Form", "email": "canary35@example.com", "phone": "", "remark": "canary36"},
]
FIELDS = {"who": ["Contact.name"], "email": ["Contact.emails"], "phone": ["Contact.phones"], "remark": []}
MAPPING = """
version: 1
type: Contact
columns:
  - {header: name, field: null}
  - {header: internal note, field: name}
"""
SENDING = f"""
from orchestration import runs, settings
from orchestration.definitions import SENDING_JOB, build_defs
with runs.instance(settings.load().database_url) as opened:
    build_defs().resolve_job_def(SENDING_JOB).execute_in_process(instance=opened, partition_key="{SLUG}")
"""


@pytest.fixture(scope="module")
def copied() -> Iterator[Project]:
    with project_copy() as project:
        yield project


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxHandle]:
    with running_sandbox(tmp_path / "coperniq.sqlite") as running:
        yield running


def written(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def found_in(what: dict[str, bytes]) -> dict[str, set[bytes]]:
    return {where: set(found) for where, text in what.items() if (found := CANARY.findall(text))}


def tables(conn: psycopg.Connection[Any], schema: str, names: Sequence[str] | None = None) -> dict[str, bytes]:
    """Return each table of a schema as text, rows and all."""
    if names is None:
        names = [name for (name,) in conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])]
    dumped: dict[str, bytes] = {}
    for name in names:
        query = sql.SQL("SELECT string_agg(t::TEXT, chr(10)) FROM {}.{} AS t").format(
            sql.Identifier(schema), sql.Identifier(name)
        )
        (text,) = conn.execute(query).fetchone() or (None,)
        dumped[f"{schema}.{name}"] = (text or "").encode()
    return dumped


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.timeout(1200)  # two dozen commands, one after the other
def test_nothing_that_a_run_says_holds_what_stood_in_a_cell(
    copied: Project, sandbox: SandboxHandle, migrated_database: str, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox" / SLUG
    inbox.mkdir(parents=True)
    settings = {
        "DATABASE_URL": migrated_database, "COPERNIQ_API_URL": sandbox.url, "COPERNIQ_API_KEY": sandbox.key,
        "COPERNIQ_COMPANY_ID": str(sandbox.company_id), "MEP_INBOX": str(inbox.parent),
        "MEP_OUTBOX": str(tmp_path / "outbox"), "MEP_PLANS": str(tmp_path / "plans"),
    }  # fmt: skip
    project = Project(copied.root, settings)
    assert project.mep("contractor", "add", SLUG, "--name", "Acme", "--email", "office@acme.example").returncode == 0
    for name, rows in {"Contact": CONTACTS, "Site": SITES, "Task": TASKS, "Asset": HEADLESS}.items():
        (inbox / f"{name}.csv").write_text(written(rows), encoding="utf-8")
    planned = project.mep("plan", SLUG)
    assert planned.returncode == 3, planned.stderr
    first = project.mep("import", SLUG)
    assert first.returncode == 3, first.stderr
    # Coperniq refuses what changes, in words that quote it; and then does not answer.
    sandbox.set_faults({"rules": [{"fault": "reject"}]})
    (inbox / "Contact.csv").write_text(written([CONTACTS[0], ("Canary26", "canary14@example.com", "", "lead", "")]))
    second = project.mep("import", SLUG)
    assert sandbox.injected()["reject"], second.stderr
    sandbox.set_faults({"rules": []})
    around = around_an_import(project, inbox, tmp_path / "outbox" / SLUG)
    around += around_what_was_sent(project, sandbox, tmp_path)
    sandbox.kill()
    (inbox / "Contact.csv").write_text(written([CONTACTS[0], ("Canary27", "canary12@example.com", "", "lead", "")]))
    third = project.mep("import", SLUG)
    assert third.returncode in (1, 3), third.stderr

    with psycopg.connect(migrated_database) as conn:
        said = tables(conn, "dagster") | tables(conn, "public", TOLD)
        statuses = dict(conn.execute("SELECT status::TEXT, count(*) FROM csv_import_records GROUP BY 1").fetchall())
        kept = found_in(tables(conn, "public", ["csv_import_records"]))
    assert {"error", "warning", "duplicate", "valid"} <= set(statuses), "rows of every kind were judged"
    assert len(kept["public.csv_import_records"]) > 20, "the canaries did come in"
    assert len(said["dagster.event_logs"]) > 10_000, "Dagster's events were read"
    runs = (planned, first, second, *around, third)
    said |= {f"stderr of {' '.join(run.args)}": run.stderr.encode() for run in runs}
    said |= files(tmp_path / "plans")
    assert found_in(said | files(project.state)) == {}


def around_an_import(project: Project, inbox: Path, outbox: Path) -> list[subprocess.CompletedProcess[str]]:
    """Plan and send a fix file of the contacts, write a report, look for records, and undo what that file brought."""
    (fix_file,) = (file for file in outbox.glob("*/fix.csv") if b"Canary3 Faulty" in file.read_bytes())
    corrected = fix_file.read_text(encoding="utf-8-sig").replace("canary3 at example", "canary3@example.com")
    (inbox / "fix.csv").write_text(corrected.replace("555-01", "(303) 555-0103"), encoding="utf-8")
    planned = project.mep("plan", SLUG, str(inbox / "fix.csv"))
    assert planned.returncode == 3, planned.stderr
    sent = project.mep("import", SLUG, str(inbox / "fix.csv"))
    assert sent.returncode == 3, sent.stderr
    with psycopg.connect(project.settings["DATABASE_URL"]) as conn:
        ((of, created),) = conn.execute(
            "SELECT i.id, (SELECT count(*) FROM coperniq_records AS c WHERE c.created_by_import_id = i.id)"
            " FROM csv_imports AS i WHERE i.import_name = 'fix.csv' AND i.coperniq_type = 'Contact'"
        ).fetchall()
    assert created, "the fix file brought something that can be undone"
    others = {
        ("report", str(of), "--no-open"): 0, ("trace", "canary3@example.com"): 0, ("trace", "canary99@example.com"): 1,
        ("rollback", str(of), "--dry-run"): 0, ("rollback", str(of), "--yes"): 0,
    }  # fmt: skip
    runs = [project.mep(*command) for command in others]
    assert [(run.args, run.returncode, run.stderr) for run in runs] == [
        (command, code, run.stderr) for (command, code), run in zip(others.items(), runs, strict=True)
    ]
    return [planned, sent, *runs]


def around_what_was_sent(
    project: Project, sandbox: SandboxHandle, folder: Path
) -> list[subprocess.CompletedProcess[str]]:
    """Send approved forms by a run without files; then decide, settle, compare, replay, and erase a person."""
    with psycopg.connect(project.settings["DATABASE_URL"], autocommit=True) as conn:
        approve(conn)
        sandbox.set_faults({"rules": [{"fault": "reject", "on": "createContacts"}]})
        sent = run_sending(project)
        assert (sent.returncode, sandbox.injected()["reject"]) == (0, 1), sent.stderr
        sandbox.set_faults({"rules": []})
        exports = conn.execute(
            "SELECT r.status::TEXT FROM form_exports AS e"
            " INNER JOIN csv_import_records AS r ON r.id = e.csv_import_record_id"
        ).fetchall()
        assert {"error", "valid"} <= {status for (status,) in exports}
        (pair,) = conn.execute("SELECT id::TEXT FROM possible_duplicates").fetchone() or (None,)
        assert pair, "two customers are alike"
        in_doubt = conn.execute(
            "UPDATE coperniq_records SET state = 'unknown', claim_id = gen_random_uuid(),"
            " claimed_record_id = csv_import_record_id, claimed_at = now()"
            " WHERE coperniq_type = 'Contact' AND state = 'synced' RETURNING id"
        ).fetchall()
        assert in_doubt
        ((imported,),) = conn.execute(
            "SELECT id::TEXT FROM csv_imports WHERE import_name = 'Contact.csv' ORDER BY created_at LIMIT 1"
        ).fetchall()
    (folder / "mapping.yaml").write_text(MAPPING)
    others = {
        ("duplicates", "list", SLUG): 3, ("duplicates", "decide", pair, "different"): 0, ("resolve", SLUG): 0,
        ("adopt", SLUG): 0, ("sync-check", SLUG): 0,
        ("replay", imported, "--mapping", str(folder / "mapping.yaml"), "--apply"): 3,
        ("erase", "--email", "canary1@example.com", "--yes"): 3,
    }  # fmt: skip
    runs = [project.mep(*command) for command in others]
    assert [(run.args, run.returncode, run.stderr) for run in runs] == [
        (command, code, run.stderr) for (command, code), run in zip(others.items(), runs, strict=True)
    ]
    return [sent, *runs]


def approve(conn: psycopg.Connection[Any]) -> None:
    """Submit the forms, by a template of their own, and approve them."""
    ((template,),) = conn.execute(
        "INSERT INTO templates (name, display_name, trade) VALUES ('visit', 'Visit', 'hvac') RETURNING id"
    ).fetchall()
    ((group,),) = conn.execute(
        "INSERT INTO template_groups (template_id, name) VALUES (%s, 'All') RETURNING id", [template]
    ).fetchall()
    for field, targets in FIELDS.items():
        conn.execute(
            "INSERT INTO template_fields (template_id, group_id, name, label, field_type, coperniq_fields)"
            " VALUES (%s, %s, %s, %s, 'Text', %s)", [template, group, field, field, targets],
        )  # fmt: skip
    field_mapping.sync(conn)
    for data in FORMS:
        form = conn.execute(
            "INSERT INTO mep_form_submissions (template_id, contractor_config_id, form_title, form_data, status)"
            " SELECT %s, id, 'A form', %s, 'submitted' FROM mep_contractor_configs RETURNING id",
            [template, Jsonb(data)],
        ).fetchone()
        conn.execute("SELECT approve_form_submission(%s, 'boss@example.com')", form)


def run_sending(project: Project) -> subprocess.CompletedProcess[str]:
    """Carry out the job `send_to_coperniq`, as its schedule does."""
    return subprocess.run(
        [sys.executable, "-c", SENDING], cwd=project.root, env=project.environment(), text=True, capture_output=True,
        timeout=240, check=False,
    )  # fmt: skip
