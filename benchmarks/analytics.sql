-- What contractors' imports, their sending and their forms leave behind, of any size and always the same: numbers are
-- drawn from a seed, ids are counted. Sizes are uneven, as in life: of 10,000 contractors the largest has a hundredth,
-- and of files a few have thousands of rows. Triggers are to be off: rows are as those of the pipeline would leave them.
-- Parameters: contractors; first and last, of units of work: ten imports with a thousand rows in all, and two hundred
-- submissions with five usage events each; days over which the units are spread, up to now. The last statement writes
-- the usage events.

SELECT setseed(0.7)
;
CREATE OR REPLACE FUNCTION pg_temp.key(number BIGINT, place BIGINT DEFAULT 0) RETURNS UUID
LANGUAGE sql IMMUTABLE
RETURN (lpad(to_hex(number), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(place), 12, '0'))::UUID
;
INSERT INTO templates (id, name, display_name, trade, phase)
SELECT
    pg_temp.key(n), 'template_' || n, 'Template ' || n, ('{hvac,plumbing,electrical,solar}'::trade_type[])[1 + n %% 4],
    ('{sales,design,install,service}'::phase_type[])[1 + n / 4 %% 4]
FROM generate_series(1, 60) AS n
ON CONFLICT DO NOTHING
;
INSERT INTO mep_contractor_configs (id, contractor_name, contractor_email, slug, trades, templates_enabled)
SELECT
    pg_temp.key(n), 'Contractor ' || n, 'office@' || n || '.example', 'contractor-' || n, '{hvac}',
    '{template_1,template_2}'
FROM generate_series(1, %(contractors)s) AS n
ON CONFLICT DO NOTHING
;
-- Two in a hundred failed and have no rows, one in a thousand is still at work; one in a hundred was not sent yet.
CREATE TEMP TABLE planned ON COMMIT DROP AS
SELECT
    n,
    pg_temp.key(n) AS id,
    pg_temp.key(1 + floor(%(contractors)s * who ^ 2)::INTEGER) AS contractor_id,
    ('{Contact,Contact,Contact,Contact,Site,Site,Asset,Task,System,ServicePlanInstance,FinancialDocument}'::TEXT[])[
        1 + floor(11 * kind)::INTEGER
    ] AS coperniq_type,
    CASE WHEN n %% 50 <> 0 THEN least(10000, ceil(41 / greatest(size, 1e-6) ^ 0.6)) ELSE 0 END::INTEGER AS row_count,
    n %% 100 <> 99 AS is_sent,
    care ^ 4 / 5 AS faulty,
    now() - %(days)s * INTERVAL '1 day' * (%(last)s * 10 - n) / ((%(last)s - %(first)s + 1) * 10) AS arrived_at
FROM (
    SELECT n, random() AS who, random() AS kind, random() AS size, random() AS care
    FROM generate_series(%(first)s * 10 - 9, %(last)s * 10) AS n
) AS drawn
;
ANALYZE planned
;
INSERT INTO csv_import_records (
    id, csv_import_id, record_number, line_number, record_data, record_key, status, error_message, coperniq_id,
    invalid_fields, missing_required_fields, processed_at
)
SELECT
    pg_temp.key(n, place), id, place, place + 1,
    jsonb_build_object('name', 'Ann Smith ' || person, 'email', email, 'phone', 2120000000 + person), email, status,
    CASE status
        WHEN 'error' THEN 'Phone "' || person || '" is not a phone number: give ten digits.'
        WHEN 'duplicate' THEN 'Same record as row 1.'
        WHEN 'warning' THEN 'Phone was repaired.'
    END,
    CASE
        WHEN status = 'skipped' OR is_sent AND status IN ('valid', 'warning') THEN 'r' || n || '-' || place
    END,
    CASE WHEN status = 'error' AND place %% 3 > 0 THEN ('{phones,emails,name}'::TEXT[])[place %% 3:place %% 3] END,
    CASE WHEN status = 'error' AND place %% 3 = 0 THEN '{name}'::TEXT[] END,
    arrived_at
FROM (
    SELECT
        *,
        CASE
            WHEN place = 1 THEN 'valid'
            WHEN luck < faulty THEN 'error'
            WHEN luck < faulty * 1.3 THEN 'duplicate'
            WHEN luck < faulty * 1.5 THEN 'skipped'
            WHEN luck > 0.96 THEN 'warning'
            ELSE 'valid'
        END::csv_record_status AS status
    FROM (SELECT *, random() AS luck FROM planned CROSS JOIN generate_series(1, row_count) AS place) AS drawn
) AS judged
CROSS JOIN LATERAL (SELECT CASE status WHEN 'duplicate' THEN 1 ELSE place END AS person) AS of_person
CROSS JOIN LATERAL (SELECT 'ann.' || person || '@' || n || '.example' AS email) AS of_email
;
INSERT INTO csv_imports (
    id, contractor_config_id, import_name, coperniq_type, file_size_bytes, file_hash, total_records_attempted,
    total_records_success, total_records_failed, status, coperniq_sync_status, error_summary, imported_by, created_at,
    updated_at, started_at, completed_at, duration_seconds, entered_at
)
SELECT
    p.id, p.contractor_id, p.coperniq_type || '.csv', p.coperniq_type, 40 + 60 * p.row_count, md5(p.n::TEXT),
    p.row_count, coalesce(r.sendable, 0), coalesce(r.errors, 0),
    CASE
        WHEN p.n %% 1000 = 500 THEN 'processing'
        WHEN p.row_count = 0 THEN 'failed'
        WHEN r.errors > 0 THEN 'partial_success'
        ELSE 'success'
    END::csv_import_status,
    CASE WHEN p.row_count > 0 AND p.is_sent THEN 'synced' ELSE 'pending' END,
    CASE
        WHEN p.n %% 1000 = 500 THEN NULL
        WHEN p.row_count = 0 THEN
            '{"reason": "The file has no header.", "field_errors": {}, "validation_errors": []}'::JSONB
        ELSE
            jsonb_build_object(
                'field_errors', coalesce(r.field_errors, '{}'), 'validation_errors', coalesce(r.causes, '[]')
            )
    END,
    'pipeline', p.arrived_at, p.arrived_at, p.arrived_at,
    CASE WHEN p.n %% 1000 <> 500 THEN p.arrived_at + INTERVAL '1 second' END,
    CASE WHEN p.n %% 1000 <> 500 THEN 1 END,
    CASE WHEN p.row_count > 0 THEN p.arrived_at END
FROM planned AS p
LEFT JOIN (
    SELECT
        csv_import_id,
        sum(sendable) AS sendable,
        sum(errors) AS errors,
        jsonb_object_agg(field, errors) FILTER (WHERE field IS NOT NULL) AS field_errors,
        jsonb_agg(jsonb_build_object(
            'cause', field || ' is wrong', 'field', field, 'rule', rule, 'records', errors, 'first_row', first_row
        ) ORDER BY errors DESC) FILTER (WHERE errors > 0) AS causes
    FROM (
        SELECT
            csv_import_id,
            coalesce(invalid_fields[1], missing_required_fields[1]) AS field,
            coalesce(invalid_fields[1], 'not_nullable') AS rule,
            count(*) FILTER (WHERE status IN ('valid', 'warning')) AS sendable,
            count(*) FILTER (WHERE status = 'error') AS errors,
            min(record_number) FILTER (WHERE status = 'error') AS first_row
        FROM csv_import_records
        WHERE csv_import_id >= pg_temp.key(%(first)s * 10 - 9)
        GROUP BY csv_import_id, field, rule
    ) AS by_field
    GROUP BY csv_import_id
) AS r ON p.id = r.csv_import_id
ORDER BY p.n
;
INSERT INTO csv_column_mapping (
    csv_import_id, csv_column_number, csv_column_header, coperniq_type, coperniq_field_name, transformation_rule
)
SELECT id, place, field, coperniq_type, field, 'trim'
FROM planned CROSS JOIN unnest('{name,emails,phones}'::TEXT[]) WITH ORDINALITY AS f (field, place)
WHERE row_count > 0
;
-- A request for each hundred records; before one in five hundred of them, one that had no answer.
INSERT INTO coperniq_sync_log (
    id, csv_import_id, contractor_config_id, operation_type, entity_type, records_processed, records_successful, status,
    transaction_id, api_response_status, api_response_time_ms, api_error_code, performed_by, started_at, completed_at
)
SELECT
    pg_temp.key(n, CASE WHEN is_lost THEN batch + 1000 ELSE batch END), id, contractor_id, 'import', coperniq_type,
    processed, CASE WHEN is_lost THEN 0 ELSE processed END, CASE WHEN is_lost THEN 'failed' ELSE 'success' END,
    't' || n || '-' || batch, CASE WHEN NOT is_lost THEN 200 END, milliseconds,
    CASE WHEN is_lost THEN 'TIMEOUT' END, 'pipeline', started_at, started_at + milliseconds * INTERVAL '1 ms'
FROM (
    SELECT
        p.n, p.id, p.contractor_id, p.coperniq_type, batch, random() AS luck,
        least(100, i.total_records_success - (batch - 1) * 100) AS processed,
        80 + floor(-120 * ln(1 - random()))::INTEGER AS milliseconds,
        p.arrived_at + batch * INTERVAL '1 second' AS started_at
    FROM planned AS p
    INNER JOIN csv_imports AS i ON p.id = i.id
    CROSS JOIN generate_series(1, (i.total_records_success + 99) / 100) AS batch
    WHERE i.coperniq_sync_status = 'synced'
) AS requests
CROSS JOIN (VALUES (false), (true)) AS attempts (is_lost)
WHERE NOT is_lost OR luck > 0.998
ORDER BY started_at
;
-- What was repaired scores below 0.8.
INSERT INTO data_lineage (
    id, csv_import_record_id, contractor_config_id, coperniq_entity_type, coperniq_entity_id, coperniq_company_id,
    transformation_applied, data_quality_score, created_at, updated_at
)
SELECT
    r.id, r.id, p.contractor_id, p.coperniq_type, r.coperniq_id, '112',
    'name from "name" (trim); emails from "email" (split_list); phones from "phone" (phone_to_e164)',
    CASE r.status WHEN 'warning' THEN 0.6 + 0.19 * random() ELSE 0.8 + 0.2 * random() END, p.arrived_at, p.arrived_at
FROM csv_import_records AS r
INNER JOIN planned AS p ON r.csv_import_id = p.id
WHERE p.is_sent AND r.status IN ('valid', 'warning') AND r.csv_import_id >= pg_temp.key(%(first)s * 10 - 9)
ORDER BY r.id
;
-- A contractor uses ten templates, some of them more than others.
INSERT INTO mep_form_submissions (
    id, template_id, contractor_config_id, submission_number, form_title, form_data, status, submitted_by,
    coperniq_import_status, coperniq_import_id, created_at, submitted_at, approved_at, archived_at
)
SELECT
    pg_temp.key(n), pg_temp.key(1 + (contractor * 7 + floor(10 * which ^ 2)::INTEGER * 11) %% 60),
    pg_temp.key(contractor), n, 'Form ' || n,
    jsonb_build_object('customerName', 'Ann Smith ' || n, 'email', 'ann@' || n || '.example', 'urgency', 'Planned'),
    status, 'tech@' || contractor || '.example',
    CASE WHEN status IN ('approved', 'archived') THEN 'success' END,
    CASE WHEN status IN ('approved', 'archived') THEN 'f' || n END,
    created_at,
    CASE WHEN status <> 'draft' THEN created_at + INTERVAL '5 minutes' END,
    CASE WHEN status IN ('approved', 'archived') THEN created_at + INTERVAL '10 minutes' END,
    CASE WHEN status = 'archived' THEN created_at + INTERVAL '15 minutes' END
FROM (
    SELECT
        *,
        CASE
            WHEN luck < 0.1 THEN 'draft'
            WHEN luck < 0.2 THEN 'submitted'
            WHEN luck < 0.25 THEN 'rejected'
            WHEN luck < 0.5 THEN 'archived'
            ELSE 'approved'
        END::submission_status AS status,
        1 + floor(%(contractors)s * who ^ 2)::INTEGER AS contractor,
        now() - INTERVAL '15 minutes'
        - %(days)s * INTERVAL '1 day' * (%(last)s * 200 - n) / ((%(last)s - %(first)s + 1) * 200) AS created_at
    FROM (
        SELECT n, random() AS who, random() AS which, random() AS luck
        FROM generate_series(%(first)s * 200 - 199, %(last)s * 200) AS n
    ) AS drawn
) AS filled
ORDER BY n
;
-- Three of a submission's events name it.
INSERT INTO mep_template_usage (
    id, template_id, contractor_config_id, submission_id, action, time_spent_seconds, user_email, timestamp
)
SELECT
    pg_temp.key(s.submission_number, e.place), s.template_id, s.contractor_config_id, CASE WHEN e.place <= 3 THEN s.id END,
    CASE WHEN s.status = 'draft' AND e.action = 'submitted' THEN 'edited' ELSE e.action END::usage_action_type,
    CASE WHEN random() < 0.7 THEN floor(600 * random())::INTEGER END, s.submitted_by,
    s.created_at + e.place * INTERVAL '1 minute'
FROM mep_form_submissions AS s
CROSS JOIN (
    VALUES (1, 'viewed'), (2, 'filled'), (3, 'submitted'), (4, 'viewed'), (5, 'exported')
) AS e (place, action)
WHERE s.id >= pg_temp.key(%(first)s * 200 - 199)
ORDER BY s.id, e.place
