"""Who may do what with every table, view and function of the schema: the table that `test_access.py` tries out.

A contractor has two columns, for its own rows and for those of others. The letters are select, insert, update and
delete; what is not listed is refused or finds nothing.
"""

from __future__ import annotations

from typing import NamedTuple


class Access(NamedTuple):
    """What callers may do with a table or view; `key` names the seeded row, `column` the one to find it by."""

    key: str
    anon: str
    own: str
    others: str
    service: str
    column: str = "id"
    insert: str = ""
    update: str = ""


PUBLIC = {"anon": "s", "own": "s", "others": "s"}
OWN = {"anon": "", "own": "s", "others": ""}
NOBODY = {"anon": "", "own": "", "others": ""}

RELATIONS = {
    "templates": Access(
        "template", **PUBLIC, service="siud", update="category",
        insert="(name, display_name, trade) VALUES ('new', 'New', 'hvac')",
    ),
    "template_groups": Access(
        "group", **PUBLIC, service="siud", update="is_critical",
        insert="(template_id, name) VALUES (%(template)s, 'New')",
    ),
    "template_fields": Access(
        "field", **PUBLIC, service="siud", update="placeholder",
        insert="(template_id, group_id, name, label, field_type) VALUES (%(template)s, %(group)s, 'x', 'X', 'Text')",
    ),
    "template_summary": Access("template", **PUBLIC, service="s", column="template_id"),
    "mep_contractor_configs": Access(
        "contractor", anon="s", own="siu", others="", service="siud", update="preset_used",
        insert="(contractor_name, contractor_email) VALUES ('Second firm', %(email)s)",
    ),
    "mep_form_submissions": Access(
        "submission", anon="", own="siu", others="", service="siud", update="form_title",
        insert="(template_id, contractor_config_id, form_title) VALUES (%(template)s, %(contractor)s, 'New')",
    ),
    "mep_template_usage": Access(
        "usage", anon="", own="si", others="", service="siud", update="user_email",
        insert="(template_id, contractor_config_id, action) VALUES (%(template)s, %(contractor)s, 'viewed')",
    ),
    # Triggers and dbt write them, with the owner's rights.
    "template_usage_changes": Access(
        "contractor", **OWN, service="s", column="contractor_config_id", update="events",
        insert="VALUES (%(contractor)s, %(template)s, 'viewed', 1, 0, 0, now(), false)",
    ),
    "template_usage_rollup": Access(
        "contractor", **OWN, service="s", column="contractor_config_id", update="events",
        insert="VALUES (%(contractor)s, gen_random_uuid(), 1, 1, 0, 0, 0, 0, 0, 0, now())",
    ),
    "contractor_summary": Access("contractor", **OWN, service="s", column="contractor_id"),
    "form_funnel": Access("contractor", **OWN, service="s", column="contractor_id"),
    "form_submission_details": Access("submission", **OWN, service="s", column="submission_id"),
    # Templates are public; the numbers are of the usage that the caller may see.
    "template_usage_analytics": Access("template", anon="", own="s", others="s", service="s", column="template_id"),
    "csv_imports": Access(
        "import", **OWN, service="siud", update="imported_by",
        insert="(contractor_config_id, import_name, coperniq_type) VALUES (%(contractor)s, 'Task.csv', 'Task')",
    ),
    "csv_import_records": Access(
        "record", **OWN, service="siud", update="error_message",
        insert="(csv_import_id, record_number, record_data, status) VALUES (%(import)s, 1, '{}', 'valid')",
    ),
    "csv_column_mapping": Access(
        "column_mapping", **OWN, service="siud", update="validation_rule",
        insert="(csv_import_id, csv_column_number, csv_column_header, coperniq_type) "
        "VALUES (%(import)s, 2, 'x', 'Task')",
    ),
    "coperniq_field_mapping": Access(
        "field_mapping", **PUBLIC, service="siud", update="description",
        insert="(coperniq_type, coperniq_field_name, coperniq_field_type) VALUES ('Site', 'city', 'string')",
    ),
    "coperniq_sync_log": Access(
        "log", **OWN, service="si", update="performed_by",
        insert="(csv_import_id, operation_type, entity_type, status) VALUES (%(import)s, 'delete', 'Task', 'failed')",
    ),
    "data_lineage": Access(
        "lineage", **OWN, service="siud", update="coperniq_entity_id",
        insert="(csv_import_record_id, coperniq_entity_type) VALUES (%(record)s, 'Site')",
    ),
    "csv_import_summary": Access("import", **OWN, service="s", column="csv_import_id"),
    "open_csv_import_records": Access("record", **OWN, service="s", column="csv_import_record_id"),
    "coperniq_sync_history": Access("log", **OWN, service="s", column="sync_log_id"),
    "coperniq_records": Access(
        "delivery", **NOBODY, service="siud", update="waiting_for",
        insert="(contractor_config_id, coperniq_type, record_key) VALUES (%(contractor)s, 'Task', 'x')",
    ),
    "coperniq_record_names": Access(
        "delivery", **NOBODY, service="s", column="record_id", update="name_hash",
        insert="(name_hash, record_id) VALUES (1, %(delivery)s)",
    ),
    "coperniq_findings": Access(
        "finding", **NOBODY, service="siud", update="confirmed_at",
        insert="(contractor_config_id, coperniq_type, kind, coperniq_id) "
        "VALUES (%(contractor)s, 'Task', 'missing', 'x')",
    ),
    "coperniq_seen": Access(
        "check", **NOBODY, service="siud", column="check_id", update="seen_at",
        insert="(check_id, record_id) VALUES (%(check)s, %(import)s)",
    ),
    "customer_blocks": Access(
        "delivery", **NOBODY, service="siud", column="record_id", update="block",
        insert="(block, record_id) VALUES (2, %(delivery)s)",
    ),
    "replays": Access(
        "import", **NOBODY, service="siud", column="csv_import_id", update="mapping",
        insert="(csv_import_id, record_numbers) VALUES (%(import)s, '{[1,2)}')"
        " ON CONFLICT (csv_import_id) DO UPDATE SET mapping = NULL",
    ),
    "possible_duplicates": Access(
        "pair", **OWN, service="siud", update="score",
        insert="(contractor_config_id, first_key, second_key, score, reasons) "
        "VALUES (%(contractor)s, 'a', 'b', 1, '{}')",
    ),
    "form_exports": Access(
        "submission", **NOBODY, service="siud", column="form_submission_id", update="matched_record_id",
        insert="(form_submission_id, coperniq_type, csv_import_id, csv_import_record_id) "
        "VALUES (%(submission)s, 'Task', %(import)s, gen_random_uuid())",
    ),
    "forms_to_export": Access("approved", **NOBODY, service="s"),
    "contractor_leases": Access(
        "contractor", **NOBODY, service="siud", update="taken_by", column="contractor_config_id",
        insert="(contractor_config_id) VALUES (%(contractor)s)"
        " ON CONFLICT (contractor_config_id) DO UPDATE SET taken_by = NULL",
    ),
    "inbox_files": Access(
        "inbox_file", **NOBODY, service="siud", column="source_path", update="version",
        insert="(source_path, contractor_config_id, version, seen_at) VALUES ('a/b.csv', %(contractor)s, '1', now())",
    ),
    "alerts": Access(
        "alert", **NOBODY, service="siud", update="run_id",
        insert="(cause, subject_kind, subject_id, said) VALUES ('stuck', 'import', 'x', 'Stuck.')",
    ),
    "retention_log": Access(
        "removal", **NOBODY, service="si", update="removed",
        insert="(what, older_than, removed) VALUES ('runs', now(), 1)",
    ),
    "erasures": Access(
        "erasure", **NOBODY, service="siu", update="completed_at",
        insert="(contractor_config_id, asked_hash, counts, import_ids, in_coperniq, requested_by) "
        "VALUES (%(contractor)s, 'erased:' || repeat('a', 64), '{}', '{}', '{}', 'test')",
    ),
    "coperniq_api_keys": Access(
        "key_hash", **NOBODY, service="siud", column="key_hash", update="used_up_until",
        insert="(key_hash) VALUES (repeat('c', 64))",
    ),
    "coperniq_api_requests": Access(
        "key_hash", **NOBODY, service="siud", column="key_hash", update="requests",
        insert="(key_hash, period_start, requests) VALUES (%(key_hash)s, '2026-03-02', 1)",
    ),
}  # fmt: skip

EVERYONE = ("anon", "authenticated", "service_role")
SIGNED_IN = ("authenticated", "service_role")
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "get_template_full": EVERYONE,
    "current_contractor_email": SIGNED_IN,
    "current_contractor_ids": SIGNED_IN,
    "require_contractor": SIGNED_IN,
    "record_template_usage": SIGNED_IN,
    "create_form_submission": SIGNED_IN,
    "get_contractor_template_stats": SIGNED_IN,
    "check_form_data": SIGNED_IN,
    "require_form_submission": SIGNED_IN,
    "submit_form_submission": SIGNED_IN,
    "revise_form_submission": SIGNED_IN,
    "review_form_submission": ("service_role",),
    "approve_form_submission": ("service_role",),
    "reject_form_submission": ("service_role",),
    "fold_case": SIGNED_IN,
    "normalise_key": SIGNED_IN,
    "normalise_phone": SIGNED_IN,
    "coperniq_key_part": SIGNED_IN,
    "coperniq_record_key": SIGNED_IN,
    "create_csv_import": SIGNED_IN,
    "add_csv_import_record": SIGNED_IN,
    "insert_csv_import_record": (),
    "log_coperniq_sync": ("service_role",),
    "coperniq_identity": ("service_role",),
    "api_requests_left": ("service_role",),
    "take_api_turns": ("service_role",),
    "forget_sync_log": ("service_role",),
    "record_attempts": SIGNED_IN,
    "recount_open_records": ("service_role",),
    "close_held_records": ("service_role",),
    "reopen_records": ("service_role",),
    "erased_key": ("service_role",),
    "email_pattern": ("service_role",),
    "erase_form_submissions": ("service_role",),
    "erase_from_sync_log": ("service_role",),
    # What check_form_data calls, with the owner's rights.
    "form_answer_text": (),
    "trim_form_answer": (),
    "form_answer_is_given": (),
    "quote_form_answer": (),
    "form_rule_limit": (),
    "form_answer_fits": (),
    "list_form_options": (),
    "form_answer_is_file": (),
    "text_answer_faults": (),
    "numeric_answer_faults": (),
    "select_answer_faults": (),
    "multiple_answer_faults": (),
    "file_answer_faults": (),
    "form_answer_faults": (),
    "form_is_replaced": ("service_role",),
    "form_targets": ("service_role",),
    # Triggers: the table's grants decide.
    "attribute_field_mapping": (),
    "ask_forms_again": (),
    "set_updated_at": (),
    "list_coperniq_names": (),
    "forget_coperniq_names": (),
    "forget_coperniq_row": (),
    "begin_form_submission": (),
    "advance_form_submission": (),
    "place_form_revision": (),
    "keep_form_submission": (),
    "require_eraser": (),
    "refuse_large_form": (),
    "check_form_submission": (),
    "check_template_usage": (),
    "count_form_submission": (),
    "queue_template_usage": (),
    "queue_altered_template_usage": (),
    "forget_template_usage": (),
    "mark_new_template_usage": (),
    "advance_csv_import": (),
    "reopen_corrected_records": (),
    "reopen_attempted_records": (),
    "conserve_csv_import_records": (),
    "keep_final_records": (),
    "complete_sync_log": (),
    "refuse_sync_log_update": (),
    "attribute_data_lineage": (),
}

# What a contractor calls for a contractor: itself is allowed, another is not.
CALLS = {
    "record_template_usage": "record_template_usage(%(template)s, %(contractor)s, 'viewed')",
    "create_form_submission": "create_form_submission(%(template)s, %(contractor)s, 'T', '{}', 'x@y.example')",
    "get_contractor_template_stats": "count(*) FROM get_contractor_template_stats(%(contractor)s)",
    "submit_form_submission": "submit_form_submission(%(submission)s)",
    "revise_form_submission": "revise_form_submission(%(submission)s)",
    "create_csv_import": "create_csv_import(%(contractor)s, 'Task.csv', 'Task')",
    "add_csv_import_record": "add_csv_import_record(%(import)s, 1, '{}')",
}
