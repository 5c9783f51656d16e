"""What contractor A of the seed may call and write, with arguments that nobody has in mind.

What belongs here: calls that are taken, and calls that are refused because the data tests of everybody would fail. What
does not: who may call what (`tests/integration/database/expectations.py`), and what the other contractor is shown
(`callers`).
"""

from __future__ import annotations

A, B = "'00000000-0000-4000-8000-00000000000a'", "'00000000-0000-4000-8000-00000000000b'"
TEMPLATE = "'00000000-0000-4000-8000-0000000000f1'"
FORM = "(SELECT id FROM mep_form_submissions WHERE form_title = 'Form {}')"
OF_B = "'00000000-0000-4000-8000-000000000110'"
IMPORT = "(SELECT id FROM csv_imports WHERE import_name = 'Odd.csv')"
ADD = f"SELECT add_csv_import_record({IMPORT}, {{}})"

TAKEN = (
    f"SELECT create_csv_import({A}, 'Odd.csv', 'Contact', ' OFFICE@B.example', 0, '')",
    f"SELECT create_csv_import({A}, ' ../x', 'Task')",
    f"SELECT create_csv_import({A}, repeat('x', 9999), 'FinancialDocument', '', 2147483647, repeat('f', 999))",
    ADD.format("1, 'null'"),
    ADD.format("2, '[1, {}]', 'warning'"),
    ADD.format("3, '{\"name\": {\"a\": null}}', 'duplicate', '', '{}', '{NULL}'"),
    ADD.format("4, '\"x\"', 'error', 'x', '{{emails,phones},{name,NULL}}', '{\"\",emails}'"),
    ADD.format("2147483647, '{\"emails\": [\"office@b.example\"]}', 'valid', 'office@b.example', '{name}', '{name}'"),
    f"SELECT create_form_submission({TEMPLATE}, {A}, 'Odd', '{{}}', ' office@B.example ')",
    f"SELECT create_form_submission({TEMPLATE}, {A}, '-', '{{\"customerName\": 1}}', '', 'submitted')",
    f"SELECT submit_form_submission({FORM.format(1)})",
    f"SELECT revise_form_submission({FORM.format(7)}, NULL, 'office@b.example')",
    *(
        f"SELECT record_template_usage({TEMPLATE}, {A}, '{action}', 'office@b.example', {seconds})"
        for action in ("viewed", "filled", "submitted", "edited", "exported")
        for seconds in (0, 2147483647, "NULL")
    ),
    f"SELECT get_contractor_template_stats({A})",
    f"UPDATE mep_form_submissions SET submitted_by = 'office@b.example', form_title = '-' WHERE id = {FORM.format(2)}",
    "INSERT INTO mep_template_usage (template_id, contractor_config_id, submission_id, action, user_email)"
    f" VALUES ({TEMPLATE}, {A}, {FORM.format(4)}, 'exported', 'office@b.example')",
    "INSERT INTO mep_contractor_configs (contractor_name, contractor_email, trades, templates_enabled, is_active)"
    " VALUES ('B Plumbing', 'OFFICE@a.example', '{NULL}', '{NULL,\"\"}', false)",
    f"UPDATE mep_contractor_configs SET contractor_name = 'B Plumbing', trades = '{{{{x,y}}}}', is_active = false"
    f" WHERE id = {A}",
)
REFUSED = {
    ADD.format("5, '{}', 'error'"): "Row 5 is an error without a message: say in p_error_message what",
    ADD.format("6, '{}', 'error', '  '"): "Row 6 is an error without a message: say in p_error_message what",
    ADD.format("7, '{}', 'skipped', 'there already'"): "Row 7 cannot be added as skipped: .*. Add it as valid",
    ADD.format("0, '{}'"): "violates check constraint",
    f"SELECT record_template_usage({TEMPLATE}, {A}, 'viewed', NULL, -1)": "violates check constraint",
    f"SELECT record_template_usage({TEMPLATE}, {A}, 'viewed', NULL, 1, {OF_B})": "is none of this contractor",
    "INSERT INTO mep_template_usage (template_id, contractor_config_id, submission_id, action)"
    f" VALUES ({TEMPLATE}, {A}, {OF_B}, 'viewed')": "is none of this contractor",
    "INSERT INTO mep_form_submissions (template_id, contractor_config_id, form_title, parent_submission_id)"
    f" VALUES ({TEMPLATE}, {A}, 'Odd', {OF_B})": "is none of this contractor",
    f"UPDATE mep_form_submissions SET reviewed_by = 'x' WHERE id = {FORM.format(2)}": "permission denied",
    f"UPDATE mep_contractor_configs SET contractor_email = 'office@b.example' WHERE id = {A}": "row-level security",
}
