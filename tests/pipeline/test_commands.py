"""The command line against a database and a Coperniq that the settings name, as in production."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from tests.coperniq_server import SandboxHandle, running_sandbox
from tests.pipeline.project import Project, project_copy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

SLUG = "acme"
CONTACTS = "name,emails\nAda,ada@example.com\nBo,bo@example.com\n"
SITES = 'fullAddress,clientId\n"1 Main St, Denver, CO 80202",ada@example.com\n'


@dataclass
class Stack:
    """A migrated database, a running sandbox, a copy of the project, and the settings that join them."""

    project: Project
    sandbox: SandboxHandle
    database: str
    settings: dict[str, str] = field(default_factory=dict)

    def mep(self, *arguments: str, **settings: str) -> CompletedProcess[str]:
        return self.project.mep(*arguments, settings={**self.settings, **settings})

    def drop(self, **files: str) -> None:
        folder = self.project.root / "inbox" / SLUG
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def copied() -> Iterator[Project]:
    with project_copy() as project:
        yield project


@pytest.fixture
def stack(copied: Project, migrated_database: str, tmp_path: Path) -> Iterator[Stack]:
    with running_sandbox(tmp_path / "coperniq.sqlite") as sandbox:
        settings = {
            "DATABASE_URL": migrated_database,
            "COPERNIQ_API_URL": sandbox.url,
            "COPERNIQ_API_KEY": sandbox.key,
            "COPERNIQ_COMPANY_ID": str(sandbox.company_id),
            "MEP_INBOX": str(tmp_path / "inbox"),
        }
        (tmp_path / "inbox").mkdir()
        made = Stack(Project(copied.root), sandbox, migrated_database, settings)
        made.drop = lambda **files: _drop(tmp_path / "inbox" / SLUG, files)  # type: ignore[method-assign]
        assert made.mep("contractor", "add", SLUG, "--name", "Acme", "--email", "office@acme.example").returncode == 0
        yield made


def _drop(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)


def test_an_import_ends_with_0_when_every_row_is_sent(stack: Stack) -> None:
    stack.drop(Contact=CONTACTS, Site=SITES)
    done = stack.mep("import", SLUG)
    assert done.returncode == 0, done.stderr
    assert "types wait: about 2 requests, less than a second of sending; 5,000 of 5,000 requests" in done.stderr
    assert stack.rows("SELECT sum(requests) FROM coperniq_api_requests") == [(2,)]
    assert stack.rows("SELECT status::TEXT, coperniq_sync_status FROM csv_imports") == [("success", "synced")] * 2
    again = stack.mep("import", SLUG, "--json")
    said = json.loads(again.stdout)
    assert (again.returncode, said["finished"]) == (0, True)
    assert [file["outcome"] for file in said["files"]] == ["already imported"] * 2
    assert [(one["coperniq_type"], one["sent"]) for one in said["imports"]] == [("Contact", 2), ("Site", 1)]


def test_rows_that_wait_end_with_3_and_go_by_themselves(stack: Stack) -> None:
    stack.drop(Site=SITES)
    done = stack.mep("import", SLUG)
    assert done.returncode == 3, done.stderr
    assert 'Contact "ada@example.com", which no sendable row has' in done.stdout
    stack.drop(Contact=CONTACTS)
    assert stack.mep("import", SLUG).returncode == 0
    assert stack.rows("SELECT count(*) FROM data_lineage") == [(3,)]


def test_an_outage_ends_with_3_and_the_next_run_sends(stack: Stack) -> None:
    stack.drop(Contact=CONTACTS)
    done = stack.mep("import", SLUG, COPERNIQ_API_URL="http://127.0.0.1:9/graphql")
    assert done.returncode == 3, done.stderr
    assert "cannot be reached" in done.stderr
    assert stack.mep("import", SLUG).returncode == 0


def test_a_file_that_fails_ends_with_3_and_says_why(stack: Stack) -> None:
    stack.drop(Contact="Part #,Bin\n1,2\n", stock="a,b\n1,2\n")
    done = stack.mep("import", SLUG)
    assert done.returncode == 3, done.stderr
    assert "Contact.csv: failed: No column fits" in done.stdout
    assert "stock.csv: failed: stock.csv fits no type" in done.stdout
    assert stack.mep("import", SLUG).stdout.count("failed before") == 2
    assert stack.rows("SELECT count(*) FROM csv_imports") == [(2,)]


def test_a_named_file_that_failed_is_tried_again(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "Contact.csv"
    file.write_text("Part #,Bin\n1,2\n")
    for tries in (1, 2):
        assert stack.mep("import", SLUG, str(file)).returncode == 3
        assert stack.rows("SELECT count(*) FROM csv_imports WHERE status = 'failed'") == [(tries,)]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["import", "nobody"], 1, 'No contractor has the slug "nobody"'),
        (["import", SLUG, "/no/such.csv"], 2, "does not exist"),
        (["contractor", "show", "nobody"], 1, 'No contractor has the slug "nobody"'),
        (["contractor", "add", SLUG, "--name", "Other", "--email", "x@example.com"], 1, "belongs to Acme"),
        (["contractor", "add", "Bad Slug", "--name", "Other", "--email", "x@example.com"], 1, "slug"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_a_wrong_call_changes_nothing_and_says_so(stack: Stack, arguments: list[str], code: int, message: str) -> None:
    counted = "SELECT (SELECT count(*) FROM csv_imports), (SELECT count(*) FROM mep_contractor_configs)"
    before = stack.rows(counted)
    done = stack.mep(*arguments)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert stack.rows(counted) == before


def test_a_missing_setting_is_one_line(stack: Stack) -> None:
    done = stack.project.mep("import", SLUG, settings={"DATABASE_URL": stack.database})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("mep: COPERNIQ_API_URL is not set")
    told = stack.project.mep("import", SLUG, "--json", settings={"DATABASE_URL": stack.database})
    assert json.loads(told.stdout) == {"error": done.stderr.strip().removeprefix("mep: "), "exit_code": 1}
    assert told.stderr == done.stderr
    traced = stack.project.mep("--debug", "import", SLUG, settings={"DATABASE_URL": stack.database})
    assert traced.stderr.startswith("Traceback")
    assert traced.stderr.endswith(done.stderr)


def test_a_database_that_does_not_answer_is_one_line_without_the_password(stack: Stack) -> None:
    done = stack.mep("contractor", "list", DATABASE_URL="postgresql://user:hunter2@127.0.0.1:9/db")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "hunter2" not in done.stderr


def test_a_database_without_the_schema_is_named(stack: Stack, fresh_database: str) -> None:
    done = stack.mep("import", SLUG, DATABASE_URL=fresh_database)
    assert done.returncode == 1
    assert "run `mep migrate up`" in done.stderr
    assert stack.mep("migrate", "up", DATABASE_URL=fresh_database).stdout.count("applied") >= 4
    assert "nothing to apply" in stack.mep("migrate", "up", DATABASE_URL=fresh_database).stdout
    assert stack.mep("migrate", "down", "--yes", DATABASE_URL=fresh_database).returncode == 0


def test_what_is_of_no_known_kind_is_passed_over_and_named(stack: Stack) -> None:
    stack.drop(Contact=CONTACTS)
    (Path(stack.settings["MEP_INBOX"]) / SLUG / "Contact.pdf").write_bytes(b"%PDF")
    done = stack.mep("import", SLUG)
    said = "Contact.pdf: passed over: only .csv, .tsv, .txt and .xlsx files are read"
    assert (done.returncode, said in done.stdout) == (0, True)


def test_rows_of_earlier_files_that_wait_count(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "Site.csv").write_text(SITES)
    assert stack.mep("import", SLUG, str(tmp_path / "Site.csv")).returncode == 3
    done = stack.mep("import", SLUG)
    assert (done.returncode, "1 row of other imports waits too" in done.stdout) == (3, True)


def test_secrets_are_nowhere(stack: Stack) -> None:
    """Not in what is printed, not in any table, Dagster's included, whether a run succeeds or fails."""
    stack.drop(Contact=CONTACTS)
    key = "a-key-that-coperniq-refuses"
    refused = stack.mep("import", SLUG, COPERNIQ_API_KEY=key)
    assert refused.returncode == 1
    assert "Coperniq refuses the API key" in refused.stderr
    done = stack.mep("import", SLUG)
    password = re.search(r":([^:@]+)@", stack.database)
    assert password is not None
    secrets = (key, stack.sandbox.key, password[1])
    printed = refused.stdout + refused.stderr + done.stdout + done.stderr
    assert [secret for secret in secrets if secret in printed] == []
    assert tables_with(stack.database, secrets) == []


def tables_with(database: str, secrets: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    with psycopg.connect(database) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'dagster')"
        ).fetchall()
        assert ("dagster", "event_logs") in tables
        for schema, table in tables:
            query = sql.SQL("SELECT count(*) FROM {} AS t WHERE t::TEXT LIKE ANY(%s)").format(
                sql.Identifier(schema, table)
            )
            row = connection.execute(query, [[f"%{secret}%" for secret in secrets]]).fetchone()
            if row != (0,):
                found.append(table)
    return found


def test_personal_data_stays_out_of_dagster(stack: Stack) -> None:
    stack.drop(Contact=CONTACTS + "Cy,cy@@example.com\n", Site=SITES.replace("ada@", "unknown@"))
    assert stack.mep("import", SLUG).returncode == 3
    events = stack.rows("SELECT event FROM dagster.event_logs")
    assert events
    assert [event for (event,) in events if "example.com" in event] == []
