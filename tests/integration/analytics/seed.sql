-- Two contractors that differ in everything, and a third with nothing: every branch of the views has a row.

INSERT INTO templates (id, name, display_name, trade, phase, is_active) VALUES
('00000000-0000-4000-8000-0000000000f1', 'lead_intake', 'Lead intake', 'hvac', 'sales', true),
('00000000-0000-4000-8000-0000000000f2', 'site_survey', 'Site survey', 'plumbing', NULL, false),
('00000000-0000-4000-8000-0000000000f3', 'unused', 'Unused', 'solar', 'design', true);

INSERT INTO mep_contractor_configs (id, contractor_name, contractor_email, trades, templates_enabled, is_active) VALUES
('00000000-0000-4000-8000-00000000000a', 'A Mechanical', 'Office@A.example', '{hvac}', '{lead_intake,unused}', true),
('00000000-0000-4000-8000-00000000000b', 'B Plumbing', 'office@b.example', '{plumbing}', NULL, true),
('00000000-0000-4000-8000-00000000000c', 'C Solar', NULL, '{}', '{}', false);

INSERT INTO mep_form_submissions (id, template_id, contractor_config_id, form_title, status)
SELECT
    ('00000000-0000-4000-8000-0000000001' || lpad(n::text, 2, '0'))::uuid AS id,
    '00000000-0000-4000-8000-0000000000f1' AS template_id,
    ('00000000-0000-4000-8000-00000000000' || CASE WHEN n < 10 THEN 'a' ELSE 'b' END)::uuid AS contractor_config_id,
    'Form ' || n AS form_title,
    CASE WHEN n < 3 THEN 'draft' ELSE 'submitted' END::submission_status AS status
FROM generate_series(1, 11) AS numbers (n);
UPDATE mep_form_submissions SET status = 'approved'
WHERE form_title IN ('Form 4', 'Form 5', 'Form 6');
UPDATE mep_form_submissions SET status = 'rejected'
WHERE form_title = 'Form 7';
UPDATE mep_form_submissions SET status = 'archived'
WHERE form_title = 'Form 6';

INSERT INTO mep_template_usage (template_id, contractor_config_id, action, time_spent_seconds, timestamp) VALUES
('00000000-0000-4000-8000-0000000000f1', '00000000-0000-4000-8000-00000000000a', 'viewed', 0, '2025-01-01'),
('00000000-0000-4000-8000-0000000000f1', '00000000-0000-4000-8000-00000000000a', 'filled', NULL, '2025-01-02'),
('00000000-0000-4000-8000-0000000000f1', '00000000-0000-4000-8000-00000000000b', 'submitted', 100, '2025-01-03'),
('00000000-0000-4000-8000-0000000000f2', '00000000-0000-4000-8000-00000000000b', 'edited', NULL, '2025-01-04'),
('00000000-0000-4000-8000-0000000000f2', '00000000-0000-4000-8000-00000000000b', 'exported', NULL, '2025-01-05');

INSERT INTO csv_imports (id, contractor_config_id, import_name, coperniq_type, file_hash, imported_by) VALUES
('00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-00000000000a', 'Contact.csv', 'Contact', '1', 'x'),
('00000000-0000-4000-8000-0000000000d2', '00000000-0000-4000-8000-00000000000a', 'Site.csv', 'Site', '2', 'x'),
('00000000-0000-4000-8000-0000000000d3', '00000000-0000-4000-8000-00000000000b', 'Contact.csv', 'Contact', '1', NULL),
('00000000-0000-4000-8000-0000000000d4', '00000000-0000-4000-8000-00000000000b', 'Empty.csv', 'Asset', '3', NULL);
INSERT INTO csv_imports (id, contractor_config_id, import_name, status, error_summary) VALUES
(
    '00000000-0000-4000-8000-0000000000d5', '00000000-0000-4000-8000-00000000000b', 'What.csv', 'failed',
    '{"reason": "no type"}'
);

INSERT INTO csv_import_records (id, csv_import_id, record_number, record_data, status, error_message) VALUES
('00000000-0000-4000-8000-000000000201', '00000000-0000-4000-8000-0000000000d1', 1, '{}', 'valid', NULL),
('00000000-0000-4000-8000-000000000202', '00000000-0000-4000-8000-0000000000d1', 2, '{}', 'warning', 'repaired'),
('00000000-0000-4000-8000-000000000203', '00000000-0000-4000-8000-0000000000d1', 3, '{}', 'error', 'name is missing'),
('00000000-0000-4000-8000-000000000204', '00000000-0000-4000-8000-0000000000d1', 4, '{}', 'duplicate', 'as row 1'),
('00000000-0000-4000-8000-000000000205', '00000000-0000-4000-8000-0000000000d1', 5, '{}', 'skipped', NULL),
('00000000-0000-4000-8000-000000000206', '00000000-0000-4000-8000-0000000000d1', 6, '{}', 'valid', NULL),
('00000000-0000-4000-8000-000000000210', '00000000-0000-4000-8000-0000000000d3', 1, '{}', 'valid', NULL);
UPDATE csv_imports
SET status = 'partial_success', total_records_attempted = 6, total_records_success = 3, total_records_failed = 1
WHERE id = '00000000-0000-4000-8000-0000000000d1';
UPDATE csv_imports
SET status = 'success', total_records_attempted = 1, total_records_success = 1, coperniq_sync_status = 'synced'
WHERE id = '00000000-0000-4000-8000-0000000000d3';
UPDATE csv_imports SET status = 'success'
WHERE id = '00000000-0000-4000-8000-0000000000d4';

INSERT INTO coperniq_sync_log (
    csv_import_id, operation_type, entity_type, records_processed, records_successful, records_failed, status
) VALUES
('00000000-0000-4000-8000-0000000000d1', 'import', 'Contact', 3, 2, 1, 'partial_success'),
('00000000-0000-4000-8000-0000000000d3', 'import', 'Contact', 1, 1, 0, 'success'),
('00000000-0000-4000-8000-0000000000d3', 'sync_check', 'Contact', 5, 0, 0, 'failed');

INSERT INTO data_lineage (
    csv_import_record_id, form_submission_id, coperniq_entity_type, coperniq_entity_id, data_quality_score
) VALUES
('00000000-0000-4000-8000-000000000201', NULL, 'Contact', '1', 1),
('00000000-0000-4000-8000-000000000210', NULL, 'Contact', '2', 0),
(NULL, '00000000-0000-4000-8000-000000000110', 'Task', '3', NULL);

INSERT INTO coperniq_findings (contractor_config_id, coperniq_type, kind, coperniq_id, fields) VALUES
('00000000-0000-4000-8000-00000000000a', 'Contact', 'changed', '1', ARRAY['name']);
