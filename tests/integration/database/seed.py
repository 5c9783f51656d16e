"""Rows of two contractors in every table, so that whose they are can be told apart, and how tests read one back."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

if TYPE_CHECKING:
    import psycopg

Ids = dict[str, UUID | str]

EMAILS = {"a": "Office@A-Mechanical.example", "b": "office@b-plumbing.example"}
NAMES = {"a": "A Mechanical", "b": "B Plumbing"}

_TEMPLATE = """
    INSERT INTO templates (id, name, display_name, trade, phase)
    VALUES (%(template)s, 'lead_intake', 'Lead intake', 'hvac', 'sales');
    INSERT INTO template_groups (id, template_id, name) VALUES (%(group)s, %(template)s, 'Customer');
    INSERT INTO template_fields (id, template_id, group_id, name, label, field_type)
    VALUES (%(field)s, %(template)s, %(group)s, 'customerName', 'Customer name', 'Text');
    INSERT INTO coperniq_field_mapping (
        id, coperniq_type, coperniq_field_name, coperniq_field_type, template_id, template_field_name
    ) VALUES (%(field_mapping)s, 'Contact', 'name', 'string', %(template)s, 'lead_intake.customerName');
"""

_CONTRACTOR = """
    INSERT INTO mep_contractor_configs (id, contractor_name, contractor_email, contractor_phone, trades)
    VALUES (%(contractor)s, %(name)s, %(email)s, '+12125550100', '{hvac}');
    INSERT INTO mep_form_submissions (id, template_id, contractor_config_id, form_title, form_data)
    VALUES (%(submission)s, %(template)s, %(contractor)s, 'Lead', '{"customerName": "John"}');
    INSERT INTO mep_template_usage (id, template_id, contractor_config_id, submission_id, action, time_spent_seconds)
    VALUES (%(usage)s, %(template)s, %(contractor)s, %(submission)s, 'viewed', 0);
    INSERT INTO template_usage_rollup (
        contractor_config_id, template_id, events, views, fills, submissions, edits, exports, timed_events,
        time_spent_seconds, last_used_at
    ) VALUES (%(contractor)s, gen_random_uuid(), 1, 1, 0, 0, 0, 0, 0, 0, now());
    INSERT INTO csv_imports (id, contractor_config_id, import_name, coperniq_type, file_hash, source_path)
    VALUES (%(import)s, %(contractor)s, 'Contact.csv', 'Contact', 'seed', 'Contact.csv');
    INSERT INTO csv_import_records (id, csv_import_id, record_number, record_data, record_key, status, refused_at)
    VALUES (%(record)s, %(import)s, 7, '{"name": "John"}', 'john', 'valid', now());
    INSERT INTO csv_column_mapping (id, csv_import_id, csv_column_number, csv_column_header, coperniq_type)
    VALUES (%(column_mapping)s, %(import)s, 1, 'Customer Name', 'Contact');
    INSERT INTO coperniq_sync_log (id, csv_import_id, operation_type, entity_type, status)
    VALUES (%(log)s, %(import)s, 'import', 'Contact', 'success');
    INSERT INTO data_lineage (id, csv_import_record_id, coperniq_entity_type, coperniq_entity_id)
    VALUES (%(lineage)s, %(record)s, 'Contact', 'c-1');
    INSERT INTO coperniq_records (id, contractor_config_id, coperniq_type, record_key, names)
    VALUES (%(delivery)s, %(contractor)s, 'Contact', 'john', '{john}');
    INSERT INTO coperniq_findings (id, contractor_config_id, coperniq_type, kind, coperniq_id, record_id)
    VALUES (%(finding)s, %(contractor)s, 'Contact', 'missing', 'c-1', %(delivery)s);
    INSERT INTO customer_blocks (block, record_id) VALUES (1, %(delivery)s);
    INSERT INTO replays (csv_import_id, record_numbers) VALUES (%(import)s, '{[7,8)}');
    INSERT INTO possible_duplicates (id, contractor_config_id, first_key, second_key, score, reasons)
    VALUES (%(pair)s, %(contractor)s, 'john', 'john@example.com', 0.9, '{same name}');
    INSERT INTO coperniq_seen (check_id, record_id) VALUES (%(check)s, %(delivery)s);
    INSERT INTO form_exports (form_submission_id, coperniq_type, csv_import_id, csv_import_record_id)
    VALUES (%(submission)s, 'Contact', %(import)s, %(record)s);
    INSERT INTO contractor_leases (contractor_config_id) VALUES (%(contractor)s);
    INSERT INTO inbox_files (source_path, contractor_config_id, version, seen_at)
    VALUES (%(inbox_file)s, %(contractor)s, '10', now());
    INSERT INTO alerts (id, cause, subject_kind, subject_id, contractor_config_id, said)
    VALUES (%(alert)s, 'import_failed', 'import', %(import)s, %(contractor)s, 'Contact.csv failed.');
    INSERT INTO retention_log (id, what, older_than, removed) VALUES (%(removal)s, 'runs', '2026-03-01', 1);
    INSERT INTO erasures (id, contractor_config_id, asked_hash, counts, import_ids, in_coperniq, requested_by)
    VALUES (%(erasure)s, %(contractor)s, erased_key('ann@example.com', %(erasure)s), '{}', '{}', '{}', 'mep erase');
    INSERT INTO coperniq_api_keys (key_hash) VALUES (%(key_hash)s);
    INSERT INTO coperniq_api_requests (key_hash, period_start, requests) VALUES (%(key_hash)s, '2026-03-01', 1);
"""

_APPROVED = """
    INSERT INTO mep_form_submissions (id, template_id, contractor_config_id, form_title, form_data, status)
    VALUES (%(approved)s, %(template)s, %(contractor)s, 'Approved', '{"customerName": "Ada"}', 'submitted');
    UPDATE mep_form_submissions SET status = 'approved' WHERE id = %(approved)s;
"""


def seed_template(connection: psycopg.Connection[Any]) -> Ids:
    """Write the template `lead_intake` with one group and one field, and one field mapping."""
    return _write(connection, _TEMPLATE, {key: uuid4() for key in ("template", "group", "field", "field_mapping")})


def seed_contractor(connection: psycopg.Connection[Any], who: str, template: UUID) -> Ids:
    """Write a contractor, `a` or `b`, with one row in every table that holds its rows."""
    keys = (
        "contractor", "submission", "usage", "import", "record", "column_mapping", "log", "lineage", "delivery",
        "finding", "check", "alert", "removal", "pair", "erasure",
    )  # fmt: skip
    ids = {key: uuid4() for key in keys} | {"template": template, "key_hash": sha256(who.encode()).hexdigest()}
    ids |= {"inbox_file": f"{who}/Contact.csv"}
    return _write(connection, _CONTRACTOR, ids, name=NAMES[who], email=EMAILS[who])


def seed_approved(connection: psycopg.Connection[Any], ids: Ids) -> Ids:
    """Write an approved form of a contractor, which nobody has exported."""
    return _write(connection, _APPROVED, ids | {"approved": uuid4()})


def one(connection: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    """Return the one row that a query finds; its value, where it has a single column."""
    (row,) = connection.execute(query.encode(), values).fetchall()
    return row[0] if len(row) == 1 else row


def _write(connection: psycopg.Connection[Any], script: str, ids: Ids, **values: str) -> Ids:
    for statement in filter(str.strip, script.split(";\n")):
        connection.execute(statement.encode(), ids | values)
    return ids
