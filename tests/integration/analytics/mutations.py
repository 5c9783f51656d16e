"""Data that breaks rules across rows and tables, and the data tests that must find it.

What belongs here: what a writer, a bug or a hand could do, had the database's own constraints and triggers not stood in
the way, with everything that is then wrong. What does not: rules of one value or key, which are broken by `mutants`.
"""

from __future__ import annotations

# What would refuse the changes below is out of the way, and the database's own enums know one more word.
UNGUARDED = """
    SET session_replication_role = replica;
    DO $$
    DECLARE
        v_guard RECORD;
    BEGIN
        FOR v_guard IN
            SELECT conrelid::regclass AS of, conname FROM pg_constraint
            WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', v_guard.of, v_guard.conname);
        END LOOP;
    END
    $$;
"""

A, B = "'00000000-0000-4000-8000-00000000000a'", "'00000000-0000-4000-8000-00000000000b'"
ROW_OF_B = "'00000000-0000-4000-8000-000000000210'"
NOBODY = "'00000000-0000-4000-8000-0000000000ff'"
IMPORT = "UPDATE csv_imports SET {} WHERE id = '00000000-0000-4000-8000-0000000000d1'"
UNDONE = "UPDATE csv_imports SET {} WHERE id = '00000000-0000-4000-8000-0000000000d6'"
RECORD = "UPDATE csv_import_records SET {} WHERE id = '00000000-0000-4000-8000-000000000201'"
LOG = "UPDATE coperniq_sync_log SET {} WHERE csv_import_id = '00000000-0000-4000-8000-0000000000d1'"
LOOKED_UP = "UPDATE coperniq_sync_log SET {} WHERE operation_type = 'sync_check' AND status = 'success'"
LINEAGE = "UPDATE data_lineage SET {} WHERE id = '00000000-0000-4000-8000-000000000301'"
KNOWN = "UPDATE coperniq_records SET {} WHERE id = '00000000-0000-4000-8000-000000000206'"
FORM = "UPDATE mep_form_submissions SET {} WHERE form_title = 'Form {}'"
USAGE = "UPDATE mep_template_usage SET {} WHERE timestamp = '2025-01-01'"
LONG_AGO = IMPORT.format("updated_at = '2020-01-01'")

MUTATIONS: dict[str, set[str]] = {
    # Counts of imports and their records.
    IMPORT.format("total_records_attempted = 7"): {"counts_are_those_of_the_records"},
    "DELETE FROM csv_import_records WHERE record_number = 5": {"counts_are_those_of_the_records"},
    "DELETE FROM csv_import_records WHERE record_number = 3": {
        "counts_are_those_of_the_records",
        "attempts_are_at_a_known_row",
    },
    UNDONE.format("total_records_attempted = 2"): {"counts_are_those_of_the_records"},
    IMPORT.format("total_records_success = 9"): {
        "counts_are_those_of_the_records",
        "counts_add_up",
        "accepted_range_csv_import_summary_success_rate__100__0",
    },
    IMPORT.format("corrected_records = 9, source_path = 'Contact.csv'"): {
        "accepted_range_csv_import_summary_open_records__0"
    },
    # Totals of the audit log and the records: too many sent, too few, too few found, too many deleted, and no trace.
    LOG.format("records_successful = 2"): {"sync_totals_are_those_of_the_records"},
    LOG.format("records_successful = 0"): {"sync_totals_are_those_of_the_records"},
    LOOKED_UP.format("records_successful = 0"): {"sync_totals_are_those_of_the_records"},
    "UPDATE data_lineage SET deleted_at = NULL": {
        "sync_totals_are_those_of_the_records",
        "lineage_is_that_of_its_record",
    },
    "DELETE FROM coperniq_sync_log WHERE operation_type = 'import' AND entity_type = 'Site'": {
        "sync_totals_are_those_of_the_records"
    },
    # Lineage without a record, and a record without lineage.
    LINEAGE.format("coperniq_entity_id = '7'"): {"lineage_is_that_of_its_record", "sent_records_have_lineage"},
    LINEAGE.format("coperniq_entity_type = 'Task'"): {"lineage_is_that_of_its_record", "sent_records_have_lineage"},
    LINEAGE.format("deleted_at = now()"): {"sent_records_have_lineage"},
    RECORD.format("coperniq_id = NULL"): {"lineage_is_that_of_its_record"},
    RECORD.format("status = 'duplicate'"): {
        "only_sendable_records_are_in_coperniq",
        "what_was_never_sent_has_no_lineage",
        "counts_are_those_of_the_records",
    },
    # Whose a row is.
    LINEAGE.format(f"contractor_config_id = {B}"): {"lineage_belongs_to_the_contractor_of_its_origin"},
    f"""
    INSERT INTO data_lineage (form_submission_id, contractor_config_id, coperniq_entity_type, coperniq_entity_id)
    VALUES ('00000000-0000-4000-8000-000000000103', {A}, 'Contact', '2')
    """: {"no_record_is_two_contractors"},
    LOG.format(f"contractor_config_id = {B}"): {"syncs_are_of_the_contractor_of_their_import"},
    KNOWN.format(f"contractor_config_id = {B}"): {"known_records_are_of_the_contractor_of_their_import"},
    KNOWN.format(f"csv_import_record_id = {ROW_OF_B}"): {"known_records_have_a_row"},
    KNOWN.format("created_by_import_id = '00000000-0000-4000-8000-0000000000d3'"): {
        "created_records_are_of_the_contractor_of_that_import"
    },
    IMPORT.format("parent_import_id = '00000000-0000-4000-8000-0000000000d3'"): {
        "attempts_are_of_the_contractor_of_the_import_before_them"
    },
    RECORD.format(f"corrects_record_id = {ROW_OF_B}"): {"attempts_are_at_a_known_row"},
    RECORD.format(f"corrected_by_id = {ROW_OF_B}"): {"corrected_rows_have_one_that_put_them_right"},
    RECORD.format(f"replaced_by_id = {ROW_OF_B}"): {"replaced_rows_have_one_in_their_place"},
    USAGE.format("submission_id = '00000000-0000-4000-8000-000000000110'"): {
        "usage_is_of_the_contractor_of_its_submission"
    },
    FORM.format("parent_submission_id = '00000000-0000-4000-8000-000000000110'", 3): {
        "revisions_are_of_the_contractor_of_their_original"
    },
    # E-mails of contractor B under contractor A.
    IMPORT.format("imported_by = ' office@B.example'"): {"imports_name_no_other_contractor"},
    LOG.format("performed_by = 'office@b.example'"): {"syncs_name_no_other_contractor"},
    FORM.format("submitted_by = 'office@b.example'", 3): {"submissions_name_no_other_contractor"},
    FORM.format("reviewed_by = 'office@b.example'", 4): {"reviews_name_no_other_contractor"},
    USAGE.format("user_email = 'OFFICE@b.example'"): {"usage_names_no_other_contractor"},
    # Statuses that are behind what a row has reached.
    FORM.format("status = 'draft'", 3): {"submissions_never_move_back"},
    FORM.format("status = 'submitted'", 4): {"submissions_never_move_back"},
    FORM.format("status = 'rejected'", 4): {"submissions_never_move_back"},
    FORM.format("status = 'approved'", 6): {"submissions_never_move_back"},
    FORM.format("status = 'submitted', reviewed_by = 'x'", 7): {"submissions_never_move_back"},
    IMPORT.format("status = 'pending', completed_at = NULL"): {"imports_never_move_back"},
    IMPORT.format("status = 'processing'"): {"imports_never_move_back", "completed_at_once_finished"},
    IMPORT.format("status = 'processing', completed_at = NULL, entered_at = now()"): {"imports_never_move_back"},
    UNDONE.format("status = 'success'"): {"imports_never_move_back"},
    # What one entry of the log, one finding or one lineage says of itself.
    "UPDATE coperniq_sync_log SET records_failed = 1, records_processed = 2 WHERE operation_type = 'delete'": {
        "successful_syncs_have_no_failures"
    },
    "UPDATE coperniq_findings SET kind = 'gone', fields = NULL": {"known_kind_of_finding"},
    LINEAGE.format("csv_import_record_id = NULL"): {
        "lineage_has_an_origin",
        "lineage_belongs_to_the_contractor_of_its_origin",
        "sent_records_have_lineage",
        "sync_totals_are_those_of_the_records",
    },
    # Sending that is said to be over.
    IMPORT.format("coperniq_sync_status = 'synced'"): {"synced_imports_have_nothing_to_send"},
    # Usage that was changed behind the back of what counts it.
    "DELETE FROM mep_template_usage WHERE timestamp = '2025-01-03'": {"usage_is_counted_to_the_last_event"},
}

# What breaks with a rule whichever row breaks it: whose a row is cannot be told of an unknown contractor, and what is
# not there does not add up.
ALONGSIDE = {
    "known_records_have_a_contractor": {"known_records_are_of_the_contractor_of_their_import"},
    "lineage_has_an_origin": {"lineage_belongs_to_the_contractor_of_its_origin"},
    "lineage_has_a_contractor": {"lineage_belongs_to_the_contractor_of_its_origin"},
    "lineage_has_a_known_record": {"lineage_is_that_of_its_record"},
    # What is in Coperniq has lineage or none.
    "only_sendable_records_are_in_coperniq": {"sent_records_have_lineage"},
    "not_null_coperniq_api_performance_operations": {"no_more_fails_than_was_done"},
    "not_null_contractor_summary_total_submissions": {"submissions_add_up_by_status"},
    "not_null_contractor_summary_draft_submissions": {"submissions_add_up_by_status"},
    "not_null_contractor_summary_submitted_submissions": {"submissions_add_up_by_status"},
    "not_null_contractor_summary_approved_submissions": {"submissions_add_up_by_status"},
    "not_null_contractor_summary_rejected_submissions": {"submissions_add_up_by_status"},
    "not_null_contractor_summary_archived_submissions": {"submissions_add_up_by_status"},
    "not_null_form_funnel_forms": {"forms_come_no_further_than_the_step_before"},
    "not_null_form_funnel_submitted": {"forms_come_no_further_than_the_step_before"},
    "not_null_form_funnel_approved": {"forms_come_no_further_than_the_step_before"},
    "not_null_form_funnel_rejected": {"forms_come_no_further_than_the_step_before"},
    "not_null_form_funnel_in_coperniq": {"forms_come_no_further_than_the_step_before"},
    "not_null_form_funnel_failed": {"forms_come_no_further_than_the_step_before"},
    "not_null_data_quality_by_import_scored_records": {"every_score_lies_in_one_band"},
    "not_null_data_quality_by_import_scored_below_0_50": {"every_score_lies_in_one_band"},
    "not_null_data_quality_by_import_scored_0_50_to_0_79": {"every_score_lies_in_one_band"},
    "not_null_data_quality_by_import_scored_0_80_to_0_89": {"every_score_lies_in_one_band"},
    "not_null_data_quality_by_import_scored_0_90_to_1_00": {"every_score_lies_in_one_band"},
    "not_null_csv_import_summary_status": {"completed_at_once_finished"},
    "not_null_csv_import_summary_total_records_attempted": {
        "counts_add_up",
        "counts_are_those_of_the_records",
        "success_rate_unless_nothing_was_attempted",
    },
    "not_null_csv_import_summary_total_records_failed": {"counts_add_up", "counts_are_those_of_the_records"},
    "not_null_csv_import_summary_total_records_success": {"counts_add_up", "counts_are_those_of_the_records"},
    "not_null_int_template_usage_contractor_id": {"usage_is_counted_to_the_last_event"},
    "not_null_int_template_usage_template_id": {"usage_is_counted_to_the_last_event"},
    "source_not_null_mep_coperniq_findings_kind": {"changed_records_name_their_fields"},
    "source_not_null_mep_coperniq_sync_log_completed_at": {"syncs_end_after_they_began"},
    "source_not_null_mep_coperniq_sync_log_records_failed": {"sync_totals_add_up"},
    "source_not_null_mep_coperniq_sync_log_records_processed": {"sync_totals_add_up"},
    "source_not_null_mep_coperniq_sync_log_records_successful": {"sync_totals_add_up"},
    "source_not_null_mep_coperniq_sync_log_started_at": {"syncs_end_after_they_began"},
    "source_not_null_mep_csv_import_records_status": {"error_records_say_what_is_wrong"},
    "source_not_null_mep_data_lineage_contractor_config_id": {"lineage_belongs_to_the_contractor_of_its_origin"},
    "submissions_have_a_contractor": {"usage_is_of_the_contractor_of_its_submission"},
    "syncs_have_a_contractor": {"syncs_are_of_the_contractor_of_their_import"},
    "usage_has_a_contractor": {"usage_is_of_the_contractor_of_its_submission"},
}

# Of what a plain build tests in part: a rule, what breaks it in a row that came lately, and what makes the row old.
LATELY = {
    "coperniq_api_performance": (
        "no_more_fails_than_was_done",
        LOG.format("records_failed = 20"),
        LOG.format("completed_at = '2020-01-01'"),
    ),
    "coperniq_records": ("known_type_of_record", KNOWN.format("coperniq_type = 'Customer'"), LONG_AGO),
    "coperniq_sync_log": (
        "syncs_name_no_other_contractor",
        LOG.format("performed_by = 'office@b.example'"),
        LOG.format("started_at = '2020-01-01'"),
    ),
    "csv_column_mapping": (
        "known_type_of_column_mapping",
        "UPDATE csv_column_mapping SET coperniq_type = 'Customer'",
        LONG_AGO,
    ),
    "csv_import_summary": ("counts_are_those_of_the_records", IMPORT.format("total_records_attempted = 7"), LONG_AGO),
    "csv_imports": ("sync_totals_are_those_of_the_records", LOG.format("records_successful = 2"), LONG_AGO),
    "csv_import_records": ("sent_records_have_lineage", LINEAGE.format("deleted_at = now()"), LONG_AGO),
    "data_lineage": (
        "source_accepted_range_mep_data_lineage_data_quality_score__1__0",
        LINEAGE.format("data_quality_score = 1.01"),
        LINEAGE.format("created_at = '2020-01-01'"),
    ),
    "mep_form_submissions": (
        "submissions_never_move_back",
        FORM.format("status = 'draft'", 3),
        FORM.format("created_at = '2020-01-01', submitted_at = '2020-01-01'", 3),
    ),
    "mep_template_usage": (
        "source_accepted_range_mep_mep_template_usage_time_spent_seconds__0",
        "UPDATE mep_template_usage SET time_spent_seconds = -1 WHERE action = 'submitted'",
        "UPDATE mep_template_usage SET timestamp = '2020-01-01'",
    ),
    "data_quality_by_import": (
        "accepted_range_data_quality_by_import_max_score__1__0",
        LINEAGE.format("data_quality_score = 1.01"),
        LONG_AGO,
    ),
    "form_funnel": (
        "forms_come_no_further_than_the_step_before",
        "UPDATE mep_form_submissions SET submitted_at = NULL",
        "DELETE FROM mep_template_usage",
    ),
    "record_cells": (
        "cells_are_of_a_contractor_in_the_summary",
        IMPORT.format(f"contractor_config_id = {NOBODY}"),
        LONG_AGO,
    ),
    "record_requests": (
        "requests_are_of_a_contractor_in_the_summary",
        LOG.format(f"contractor_config_id = {NOBODY}"),
        LONG_AGO,
    ),
    "record_lineage": ("what_was_never_sent_has_no_lineage", RECORD.format("status = 'duplicate'"), LONG_AGO),
}
