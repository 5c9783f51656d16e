"""Where a person's values stand besides rows and records, and that they go from there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from assets.coperniq.rolling_back import ROLLED_BACK
from tests.conftest import ROOT
from tests.integration.coperniq.test_adopting_all import adopt
from tests.integration.coperniq.test_rolling_back import roll_back
from tests.integration.erasing.person import Person, bring, erase, found_in, handed_back, tables, texts
from tests.integration.forms.desk import LEAD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.forms.desk import Desk

HEADERS = ("name", "emails", "phones", "status", "note")


def test_what_was_repaired_of_a_row_goes_with_its_values(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzaba", "(303) 555-0160")
    number = f"{person.phone} x12"
    bring(world, "Contact.csv", [
        HEADERS,
        (person.name, person.email, number, "active", ""),
        ("Bob Stays", "bob@stays.example", f"(303) 555-0101 x{12}", "active", f"friend of {person.email}"),
    ])  # fmt: skip
    world.deliver()
    told = "SELECT transformation_applied AS told FROM data_lineage WHERE contractor_config_id = %s"
    assert any(number in row["told"] for row in world.query(told, world.contractor))
    world.conn.execute(
        "UPDATE data_lineage SET transformation_applied = transformation_applied || %s WHERE contractor_config_id = %s",
        [f" {person.email}", world.contractor],
    )
    erase(world, person, tmp_path / "outbox")
    assert found_in(tables(world.conn), person) == {}
    (_, his) = sorted(row["told"] or "" for row in world.query(told, world.contractor))
    assert "(303) 555-0101 x12" in his
    assert his.endswith(" [erased]")


def test_what_was_in_coperniq_before_goes_with_the_person_and_does_not_come_back(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzaea", "(303) 555-0163")
    (ann,) = world.enter("Contact", {"name": person.name, "emails": [person.email], "phones": ["+13035550163"]})
    (house,) = world.enter("Site", {"fullAddress": person.address, "clientId": ann})
    world.enter("Asset", {"name": f"{person.mark} furnace", "type": "Furnace", "siteId": house})
    (bob,) = world.enter("Contact", {"name": "Bob Stays", "emails": ["bob@stays.example"]})
    world.enter("Site", {"fullAddress": "1 Bob St", "clientId": bob, "city": f"by {person.email}"})
    assert sum(done.new for done in adopt(world).values()) == 5
    assert found_in(tables(world.conn), person) != {}
    erase(world, person, tmp_path / "outbox")
    assert found_in(tables(world.conn), person) == {}
    assert sum(done.new for done in adopt(world).values()) == 0
    assert found_in(tables(world.conn), person) == {}
    assert "bob@stays.example" in world.states("Contact")


@pytest.mark.parametrize("by", ["the address alone", "the key of a row"])
def test_pairs_go_whether_or_not_their_record_is_known(desk: Desk, tmp_path: Path, by: str) -> None:
    world, person = desk.world, Person("zzaca", "(303) 555-0161")
    key = person.email if by == "the address alone" else "first@zzacamail.example"
    emails = person.email if by == "the address alone" else f"{key}; {person.email}"
    one = bring(world, "Contact.csv", [HEADERS, (person.name, emails, "", "active", "")])
    pair = (
        "INSERT INTO possible_duplicates (contractor_config_id, first_key, second_key, score, reasons)"
        " VALUES (%s, least('bob@stays.example', %s), greatest('bob@stays.example', %s), 0.9, '{same phone}')"
    )
    world.conn.execute(pair.encode(), [world.contractor, key, key])
    world.deliver()
    roll_back(world, one)
    assert (world.import_of(one)["status"], world.states("Contact")) == (ROLLED_BACK, {})
    erase(world, person, tmp_path / "outbox")
    assert world.query("SELECT FROM possible_duplicates WHERE contractor_config_id = %s", world.contractor) == []
    (done,) = world.query("SELECT counts FROM erasures WHERE contractor_config_id = %s", world.contractor)
    assert done["counts"]["possible duplicates"] == 1


def test_a_key_cannot_be_guessed_from_what_stands_in_its_place(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzada", "(303) 555-0162")
    rows = [("Ann", f"{person.email}", person.phone, "active", ""), ("Ann", person.email, "", "active", "twice")]
    one = bring(world, "Contact.csv", [HEADERS, *rows])
    world.deliver()
    erase(world, person, tmp_path / "outbox")
    (done,) = world.query(
        "SELECT id, asked_hash = erased_key(%s, id) AS proves, erased_key(%s, id) AS hash FROM erasures"
        " WHERE contractor_config_id = %s",
        person.email, person.email, world.contractor,
    )  # fmt: skip
    keys = {row["record_key"] for row in world.rows(one)}
    assert len(keys) == 1
    assert set(world.states("Contact")) == keys
    assert done["proves"]
    assert done["hash"] not in keys


def test_the_audit_log_is_rewritten_for_an_erasure_alone(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzaea", "(303) 555-0163")
    one = bring(world, "Contact.csv", [HEADERS, (person.name, person.email, "", "active", "")])
    said = "SELECT log_coperniq_sync(%s, 'import', 'Contact', 1, 0, 1, 'failed', %s, p_api_error_message => %s)"
    world.conn.execute(said.encode(), [one, "test", f"There is {person.email.upper()}, and jo{person.email}"])
    entries = "SELECT * FROM coperniq_sync_log WHERE contractor_config_id = %s"
    before = world.query(entries, world.contractor)
    for given in (person.email, ".*", "There"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="mep erase"):
            world.conn.execute("SELECT erase_from_sync_log(%s, %s)", [world.contractor, given])
    assert world.query(entries, world.contractor) == before
    erase(world, person, tmp_path / "outbox")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="mep erase"):
        world.conn.execute("SELECT erase_from_sync_log(%s, %s)", [world.contractor, person.email])
    (entry,) = world.query(entries, world.contractor)
    assert entry == before[0] | {"api_error_message": f"There is [erased], and jo{person.email}"}


def test_who_confirmed_a_mapping_or_made_a_contractor_is_erased(desk: Desk, tmp_path: Path) -> None:
    world, person = desk.world, Person("zzafa", "(303) 555-0164")
    desk.template("lead", LEAD)
    world.conn.execute(
        "UPDATE mep_contractor_configs SET created_by = %s, created_at = 'epoch' WHERE id = %s",
        [person.email.title(), world.contractor],
    )
    with world.conn.transaction():
        world.conn.execute("SELECT set_config('mep.field_mapping_writer', %s, TRUE)", [person.email])
        world.conn.execute("UPDATE coperniq_field_mapping SET description = 'by hand' WHERE coperniq_type = 'Contact'")
    kept = "SELECT source, confirmed_at, description FROM coperniq_field_mapping ORDER BY id"
    before = world.query(kept)
    erase(world, person, tmp_path / "outbox")
    assert found_in(tables(world.conn), person) == {}
    assert world.query(kept) == before
    (config,) = world.query("SELECT created_by FROM mep_contractor_configs WHERE id = %s", world.contractor)
    assert config["created_by"] == "erased"


def test_headers_that_are_somebodys_row_go_whole(desk: Desk, tmp_path: Path) -> None:
    world, person, outbox = desk.world, Person("zzaga", "(303) 555-0165"), tmp_path / "outbox"
    one = bring(world, "Contact.csv", [
        HEADERS,
        ("Bob Stays", "bob@stays.example", "(303) 555-0101", "active", "hers"),
        ("", "carl at stays", "12", "active", ""),
    ])  # fmt: skip
    world.deliver()
    theirs = dict(zip(HEADERS, (person.name, person.email, person.phone, f"{person.mark} St", "note"), strict=True))
    for header, value in theirs.items():
        world.conn.execute(
            "UPDATE csv_column_mapping SET csv_column_header = %s WHERE csv_import_id = %s AND csv_column_header = %s",
            [value, one, header],
        )
        world.conn.execute(
            "UPDATE csv_import_records SET record_data = record_data - %s || jsonb_build_object(%s::TEXT,"
            " record_data -> %s), error_message = replace(error_message, %s, %s) WHERE csv_import_id = %s",
            [header, value, header, header, value, one],
        )
        world.conn.execute(
            "UPDATE data_lineage SET transformation_applied = replace(transformation_applied, %s, %s)"
            " WHERE contractor_config_id = %s",
            [f'"{header}"', f'"{value}"', world.contractor],
        )
        world.conn.execute(
            "UPDATE csv_imports SET warnings = warnings || %s::TEXT, error_summary ="
            " replace(error_summary::TEXT, %s, %s)::JSONB WHERE id = %s",
            [f'Column "{value}" is sent nowhere.', f'"cause": "{header}', f'"cause": "{value}', one],
        )
    handed_back(world, outbox)
    erase(world, person, outbox)
    assert found_in(tables(world.conn), person) == {}
    assert found_in(texts(outbox), person) == {}
    bob, carl = world.rows(one)
    expected = {"(column 1)": "Bob Stays", "(column 2)": "bob@stays.example", "(column 3)": "(303) 555-0101"}
    assert bob["record_data"].items() >= expected.items()
    assert (carl["status"], sorted(carl["record_data"])) == ("error", [f"(column {number})" for number in range(1, 6)])
    (summary,) = world.query("SELECT error_summary, warnings FROM csv_imports WHERE id = %s", one)
    assert {cause["records"] for cause in summary["error_summary"]["validation_errors"]} == {1}


ERASED = {
    "alerts": {"said"},
    "coperniq_field_mapping": {"confirmed_by"},
    "coperniq_records": {"record_key", "parent_keys", "waiting_for", "sent_data", "names", "former_names"},
    "coperniq_sync_log": {"api_error_code", "api_error_message", "performed_by"},
    "csv_column_mapping": {"csv_column_header"},
    "csv_import_records": {"record_data", "record_key", "error_message", "mapped_data", "names", "parent_keys"},
    "csv_imports": {"error_summary", "imported_by", "warnings"},
    "data_lineage": {"transformation_applied"},
    "inbox_files": {"refused"},
    "mep_contractor_configs": {"created_by"},
    "mep_form_submissions": {
        "form_title", "form_data", "submitted_by", "reviewed_by", "review_reason", "coperniq_import_error",
    },
    "mep_template_usage": {"user_email"},
    "possible_duplicates": {"first_key", "second_key", "decided_by"},
}  # fmt: skip
EXCUSED = {
    "what programs write, of no cell": {
        "alerts": {"cause", "subject_kind", "subject_id", "run_id"},
        "contractor_leases": {"taken_by"},
        "coperniq_api_keys": {"key_hash"},
        "coperniq_api_requests": {"key_hash"},
        "coperniq_findings": {"coperniq_type", "kind", "fields"},
        "coperniq_records": {"coperniq_type", "adopted_company_id"},
        "coperniq_sync_log": {"operation_type", "entity_type", "status", "transaction_id"},
        "csv_column_mapping": {
            "coperniq_type", "coperniq_field_name", "transformation_rule", "transformation_params", "validation_rule",
            "source",
        },
        "csv_import_records": {"invalid_fields", "missing_required_fields"},
        "csv_imports": {"coperniq_type", "file_hash", "coperniq_sync_status", "coperniq_transaction_id", "read_as"},
        "data_lineage": {"coperniq_entity_type", "coperniq_company_id"},
        "erasures": {"asked_hash", "counts", "requested_by"},
        "form_exports": {"coperniq_type"},
        "inbox_files": {"version"},
        "mep_form_submissions": {"coperniq_import_status"},
        "possible_duplicates": {"reasons", "state"},
        "replays": {"date_orders"},
        "retention_log": {"what"},
    },
    "Coperniq's own ids": {
        "coperniq_findings": {"coperniq_id"},
        "coperniq_records": {"coperniq_id", "parent_ids"},
        "csv_import_records": {"coperniq_id"},
        "data_lineage": {"coperniq_entity_id"},
        "erasures": {"in_coperniq"},
        "mep_form_submissions": {"coperniq_import_id"},
    },
    "names of files": {"csv_imports": {"import_name", "source_path"}, "inbox_files": {"source_path"}},
    "the contractor's own": {
        "replays": {"mapping", "contacts_mapping"},
        "mep_contractor_configs": {
            "contractor_name", "contractor_email", "contractor_phone", "trades", "markets", "phases",
            "templates_enabled", "preset_used", "slug",
        },
    },
    "written with templates": {
        "coperniq_field_mapping": {
            "coperniq_type", "coperniq_field_name", "coperniq_field_type", "template_field_name", "description",
            "example_values", "source",
        },
        "template_fields": {
            "name", "label", "field_type", "options", "placeholder", "description", "validation_rules",
            "coperniq_fields",
        },
        "template_groups": {"name"},
        "templates": {
            "name", "display_name", "category", "description", "compliance", "work_order_type", "work_order_name",
            "version", "source_path", "content_hash",
        },
    },
}  # fmt: skip


def test_every_column_that_can_hold_a_text_is_erased_or_excused() -> None:
    described = json.loads((ROOT / "assets" / "tables.json").read_text(encoding="utf-8"))
    there = {
        (table, column["name"])
        for table, of in described.items()
        for column in of["columns"]
        if column["type"].startswith(("text", "character", "json", "bytea"))
    }
    listed = [(table, name) for columns in (ERASED, *EXCUSED.values()) for table in columns for name in columns[table]]
    assert len(listed) == len(set(listed))
    assert set(listed) == there
