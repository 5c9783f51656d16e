"""The sample inbox, row by row: what is planted in each file is what comes out of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from assets import conservation
from assets.database import Database
from tests.conftest import ROOT, _database
from tests.integration.csv_imports.conftest import Office, make_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sandbox.postgres import Cluster

SAMPLES = ROOT / "samples"
EXPECTED: dict[str, dict[str, Any]] = json.loads((SAMPLES / "expected.json").read_text("utf-8"))["contractors"]
FILES = [(slug, name) for slug, files in EXPECTED.items() for name in files]
IMPORTED = [(slug, name) for slug, name in FILES if EXPECTED[slug][name]["outcome"] == "imported"]

Sampled = dict[str, tuple[Office, dict[str, "UUID | None"]]]


@pytest.fixture(scope="module")
def sampled(postgres: Cluster, migrated_template: str) -> Iterator[Sampled]:
    """Import both contractors' files once, for all tests of this module."""
    with _database(postgres, template=migrated_template) as (_, url), Database(url).connect() as conn:
        offices = {slug: make_office(conn, SAMPLES / "inbox", slug) for slug in EXPECTED}
        yield {slug: (office, office.run()) for slug, office in offices.items()}


@pytest.mark.parametrize(("slug", "name"), IMPORTED)
def test_every_row_gets_the_status_and_the_fields_that_were_planted(sampled: Sampled, slug: str, name: str) -> None:
    office, imports = sampled[slug]
    told = {record["record_number"]: record for record in EXPECTED[slug][name]["records"]}
    wanted = []
    for number in range(1, EXPECTED[slug][name]["attempted"] + 1):
        record = told.get(number, {"status": "valid", "fields": []})
        fields = sorted(record["fields"]) if record["status"] == "error" else []
        wanted.append((number, record["status"], fields))
    found = office.rows(
        imports[name], "record_number", "status::TEXT",
        "ARRAY(SELECT unnest(invalid_fields || missing_required_fields) AS f ORDER BY f)",
    )  # fmt: skip
    assert found == wanted


@pytest.mark.parametrize(("slug", "name"), IMPORTED)
def test_a_warning_names_its_column_and_a_duplicate_its_row(sampled: Sampled, slug: str, name: str) -> None:
    office, imports = sampled[slug]
    messages = dict(office.rows(imports[name], "record_number", "error_message"))
    for record in EXPECTED[slug][name]["records"]:
        message = messages[record["record_number"]]
        if record["status"] == "valid":
            assert message is None
        elif record["status"] == "duplicate":
            assert f"as row {record['duplicate_of']};" in message
        else:
            assert message


@pytest.mark.parametrize(("slug", "name"), FILES)
def test_the_import_ends_as_the_file_deserves(sampled: Sampled, slug: str, name: str) -> None:
    office, imports = sampled[slug]
    told = EXPECTED[slug][name]
    found = imports[name]
    assert found is not None
    status, attempted, success, failed, reason = office.import_row(
        found, "status::TEXT", "total_records_attempted", "total_records_success", "total_records_failed",
        "error_summary ->> 'reason'",
    )  # fmt: skip
    if told["outcome"] == "already_imported":
        assert found == imports[told["same_as"]]
        return
    counts = told["counts"]
    assert (attempted, success, failed) == (
        told["attempted"], counts["valid"] + counts["warning"], counts["error"],
    )  # fmt: skip
    if told["outcome"] == "failed":
        assert status == "failed"
        assert {"wrong_columns": "No column fits", "unknown_type": "fits no type"}[told["reason"]] in reason
    else:
        assert status == ("partial_success" if counts["error"] else "success")


def test_no_finished_import_differs_from_its_rows(sampled: Sampled) -> None:
    for office, _ in sampled.values():
        assert conservation.not_adding_up(office.conn) == []


def test_a_second_look_at_the_inbox_imports_nothing(sampled: Sampled) -> None:
    for office, imports in sampled.values():
        before = office.conn.execute("SELECT count(*) FROM csv_import_records").fetchone()
        assert {file.outcome for file in office.register()} == {"already imported", "failed before"}
        assert office.run() == imports
        assert office.conn.execute("SELECT count(*) FROM csv_import_records").fetchone() == before
