-- Two contractors that differ in everything, and a third with nothing: every branch of the views has a row.

INSERT INTO templates (id, name, display_name, trade, phase, is_active) VALUES
('00000000-0000-4000-8000-0000000000f1', 'lead_intake', 'Lead intake', 'hvac', 'sales', true),
('00000000-0000-4000-8000-0000000000f2', 'site_survey', 'Site survey', 'plumbing', NULL, false),
('00000000-0000-4000-8000-0000000000f3', 'unused', 'Unused', 'solar', 'design', true);

INSERT INTO template_groups (id, template_id, name) VALUES
('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-0000000000f1', 'Customer');
INSERT INTO template_fields (id, template_id, group_id, name, label, field_type) VALUES
(
    '00000000-0000-4000-8000-0000000000e2', '00000000-0000-4000-8000-0000000000f1',
    '00000000-0000-4000-8000-0000000000e1', 'customerName', 'Customer name', 'Text'
);
INSERT INTO coperniq_field_mapping (
    id, coperniq_type, coperniq_field_name, coperniq_field_type, template_id, template_field_name, mapping_confidence
) VALUES
('00000000-0000-4000-8000-0000000000e3', 'Contact', 'name', 'string', NULL, NULL, NULL),
(
    '00000000-0000-4000-8000-0000000000e4', 'Contact', 'name', 'string', '00000000-0000-4000-8000-0000000000f1',
    'lead_intake.customerName', 1
);

INSERT INTO mep_contractor_configs (
    id, slug, contractor_name, contractor_email, trades, templates_enabled, is_active
) VALUES
(
    '00000000-0000-4000-8000-00000000000a', 'a', 'A Mechanical', 'Office@A.example', '{hvac}', '{lead_intake,unused}',
    true
),
('00000000-0000-4000-8000-00000000000b', 'b', 'B Plumbing', 'office@b.example', '{plumbing}', NULL, true),
('00000000-0000-4000-8000-00000000000c', NULL, 'C Solar', NULL, '{}', '{}', false);
INSERT INTO contractor_leases (contractor_config_id) VALUES ('00000000-0000-4000-8000-00000000000b');

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
('00000000-0000-4000-8000-0000000000f2', '00000000-0000-4000-8000-00000000000b', 'exported', NULL, '2025-01-05'),
-- Filled, and neither opened nor a form of it there.
('00000000-0000-4000-8000-0000000000f2', '00000000-0000-4000-8000-00000000000b', 'filled', NULL, '2025-01-06');

INSERT INTO csv_imports (id, contractor_config_id, import_name, coperniq_type, file_hash, imported_by) VALUES
('00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-00000000000a', 'Contact.csv', 'Contact', '1', 'x'),
('00000000-0000-4000-8000-0000000000d2', '00000000-0000-4000-8000-00000000000a', 'Site.csv', 'Site', '2', 'x'),
('00000000-0000-4000-8000-0000000000d3', '00000000-0000-4000-8000-00000000000b', 'Contact.csv', 'Contact', '1', NULL),
('00000000-0000-4000-8000-0000000000d4', '00000000-0000-4000-8000-00000000000b', 'Empty.csv', 'Asset', '3', NULL),
('00000000-0000-4000-8000-0000000000d6', '00000000-0000-4000-8000-00000000000b', 'Undone.csv', 'Site', '4', NULL);
INSERT INTO csv_imports (id, contractor_config_id, import_name, status, error_summary) VALUES
(
    '00000000-0000-4000-8000-0000000000d5', '00000000-0000-4000-8000-00000000000b', 'What.csv', 'failed',
    '{"reason": "no type"}'
);

INSERT INTO csv_imports (
    id, contractor_config_id, import_name, coperniq_type, file_hash, source_path, status, started_at
) VALUES
(
    '00000000-0000-4000-8000-0000000000d7', '00000000-0000-4000-8000-00000000000b', 'Half.csv', 'Task', '5',
    'b/Half.csv', 'processing', now() - INTERVAL '1 hour'
);

-- The fix file of d1: its row puts row 3 right, and stands in the place of row 2, which was not sent.
INSERT INTO csv_imports (id, contractor_config_id, import_name, coperniq_type, file_hash, parent_import_id) VALUES
(
    '00000000-0000-4000-8000-0000000000d8', '00000000-0000-4000-8000-00000000000a', 'Contact fix.csv', 'Contact', '6',
    '00000000-0000-4000-8000-0000000000d1'
);

INSERT INTO csv_column_mapping (id, csv_import_id, csv_column_number, csv_column_header, coperniq_type, confidence)
VALUES
('00000000-0000-4000-8000-0000000000e5', '00000000-0000-4000-8000-0000000000d1', 1, 'Customer', 'Contact', 0.9);

INSERT INTO csv_import_records (
    id, csv_import_id, record_number, record_data, status, error_message, coperniq_id
) VALUES
('00000000-0000-4000-8000-000000000201', '00000000-0000-4000-8000-0000000000d1', 1, '{}', 'valid', NULL, '1'),
('00000000-0000-4000-8000-000000000202', '00000000-0000-4000-8000-0000000000d1', 2, '{}', 'warning', 'repaired', NULL),
('00000000-0000-4000-8000-000000000203', '00000000-0000-4000-8000-0000000000d1', 3, '{}', 'error', 'no name', NULL),
('00000000-0000-4000-8000-000000000204', '00000000-0000-4000-8000-0000000000d1', 4, '{}', 'duplicate', 'row 1', NULL),
('00000000-0000-4000-8000-000000000205', '00000000-0000-4000-8000-0000000000d1', 5, '{}', 'skipped', NULL, '9'),
('00000000-0000-4000-8000-000000000206', '00000000-0000-4000-8000-0000000000d1', 6, '{}', 'valid', NULL, NULL),
('00000000-0000-4000-8000-000000000210', '00000000-0000-4000-8000-0000000000d3', 1, '{}', 'valid', NULL, '2'),
('00000000-0000-4000-8000-000000000211', '00000000-0000-4000-8000-0000000000d3', 2, '{}', 'valid', NULL, '4'),
('00000000-0000-4000-8000-000000000220', '00000000-0000-4000-8000-0000000000d6', 1, '{}', 'valid', 'undone', NULL),
('00000000-0000-4000-8000-000000000230', '00000000-0000-4000-8000-0000000000d7', 1, '{}', 'valid', NULL, NULL),
('00000000-0000-4000-8000-000000000240', '00000000-0000-4000-8000-0000000000d8', 2, '{}', 'valid', NULL, NULL);
UPDATE csv_import_records SET corrects_record_id = '00000000-0000-4000-8000-000000000203'
WHERE id = '00000000-0000-4000-8000-000000000240';
UPDATE csv_import_records SET corrected_by_id = '00000000-0000-4000-8000-000000000240'
WHERE id = '00000000-0000-4000-8000-000000000203';
UPDATE csv_import_records SET replaced_by_id = '00000000-0000-4000-8000-000000000240'
WHERE id = '00000000-0000-4000-8000-000000000202';
UPDATE csv_imports
SET
    status = 'partial_success', total_records_attempted = 6, total_records_success = 3, total_records_failed = 1,
    corrected_records = 1
WHERE id = '00000000-0000-4000-8000-0000000000d1';
UPDATE csv_imports
SET status = 'success', total_records_attempted = 2, total_records_success = 2, coperniq_sync_status = 'synced'
WHERE id = '00000000-0000-4000-8000-0000000000d3';
UPDATE csv_imports
SET status = 'success', total_records_attempted = 1, total_records_success = 1
WHERE id IN ('00000000-0000-4000-8000-0000000000d6', '00000000-0000-4000-8000-0000000000d8');
UPDATE csv_imports
SET status = 'rolled_back', coperniq_sync_status = 'synced', error_summary = '{"rollback": {"deleted": 1, "left": {}}}'
WHERE id = '00000000-0000-4000-8000-0000000000d6';
UPDATE csv_imports SET status = 'success'
WHERE id = '00000000-0000-4000-8000-0000000000d4';
UPDATE csv_imports SET entered_at = now()
WHERE status IN ('success', 'partial_success', 'rolled_back');

-- The second record of d3 was settled by a look-up: nobody knows of the request that created it.
INSERT INTO coperniq_sync_log (
    csv_import_id, operation_type, entity_type, records_processed, records_successful, records_failed, status,
    record_numbers
) VALUES
('00000000-0000-4000-8000-0000000000d1', 'import', 'Contact', 3, 1, 1, 'partial_success', '{[1,3),[6,7)}'),
('00000000-0000-4000-8000-0000000000d3', 'import', 'Contact', 1, 1, 0, 'success', NULL),
('00000000-0000-4000-8000-0000000000d3', 'sync_check', 'Contact', 5, 1, 0, 'success', NULL),
('00000000-0000-4000-8000-0000000000d3', 'sync_check', 'Contact', 5, 0, 0, 'failed', NULL),
('00000000-0000-4000-8000-0000000000d6', 'import', 'Site', 1, 1, 0, 'success', NULL);
INSERT INTO coperniq_sync_log (
    csv_import_id, operation_type, entity_type, records_processed, records_successful, status, rollback_attempted,
    rollback_successful
) VALUES
('00000000-0000-4000-8000-0000000000d6', 'delete', 'Site', 1, 1, 'success', true, true);

INSERT INTO data_lineage (
    id, csv_import_record_id, form_submission_id, coperniq_entity_type, coperniq_entity_id, data_quality_score
) VALUES
(
    '00000000-0000-4000-8000-000000000301', '00000000-0000-4000-8000-000000000201', NULL, 'Contact', '1', 1
),
(
    '00000000-0000-4000-8000-000000000302', '00000000-0000-4000-8000-000000000210', NULL, 'Contact', '2', 0
),
(
    '00000000-0000-4000-8000-000000000303', NULL, '00000000-0000-4000-8000-000000000110', 'Task', '3', NULL
),
(
    '00000000-0000-4000-8000-000000000304', '00000000-0000-4000-8000-000000000211', NULL, 'Contact', '4', 0.5
),
(
    '00000000-0000-4000-8000-000000000305', '00000000-0000-4000-8000-000000000220', NULL, 'Site', '5', 0.5
);
UPDATE data_lineage SET deleted_at = now()
WHERE coperniq_entity_id = '5';

INSERT INTO coperniq_records (
    id, contractor_config_id, coperniq_type, record_key, state, coperniq_id, csv_import_id, csv_import_record_id,
    record_number, created_by_import_id
)
SELECT
    r.id,
    m.contractor_config_id,
    m.coperniq_type,
    r.record_number AS record_key,
    CASE WHEN r.coperniq_id IS NULL THEN 'ready' ELSE 'synced' END::delivery_state AS state,
    r.coperniq_id,
    m.id AS csv_import_id,
    r.id AS csv_import_record_id,
    r.record_number,
    CASE WHEN r.coperniq_id IS NOT NULL THEN m.id END AS created_by_import_id
FROM csv_import_records AS r
INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
WHERE
    r.status IN ('valid', 'warning') AND r.replaced_by_id IS NULL AND m.status IN ('success', 'partial_success');

INSERT INTO retention_log (what, older_than, removed) VALUES ('files', '2025-01-01', 1);

INSERT INTO coperniq_findings (contractor_config_id, coperniq_type, kind, coperniq_id, record_id, fields) VALUES
(
    '00000000-0000-4000-8000-00000000000a', 'Contact', 'changed', '1', '00000000-0000-4000-8000-000000000201',
    ARRAY['name']
);

-- Coperniq has refused two rows of the file.
UPDATE csv_imports SET refused_records = 2, source_path = 'a/Contact.csv' WHERE id = '00000000-0000-4000-8000-0000000000d1';
