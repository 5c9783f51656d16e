-- What is told of rows and records once they are found. Parameters: rows and records (their ids).

-- The records, as they are now.
SELECT
    c.id,
    coalesce(m.slug, m.contractor_name) AS contractor,
    c.coperniq_type AS type,
    c.record_key AS key,
    c.names,
    c.state::TEXT AS state,
    c.waiting_for,
    c.coperniq_id
FROM unnest(%(records)s::UUID []) AS asked (id)
INNER JOIN coperniq_records AS c ON asked.id = c.id
INNER JOIN mep_contractor_configs AS m ON c.contractor_config_id = m.id
;

-- The rows, in order of time, with their files.
SELECT
    r.id,
    coalesce(owner.slug, owner.contractor_name) AS contractor,
    m.coperniq_type AS type,
    r.record_key AS key,
    r.record_number,
    r.line_number,
    r.record_data,
    r.mapped_data,
    r.status::TEXT AS status,
    r.error_message AS message,
    r.processed_at AS judged_at,
    r.erased_at,
    r.coperniq_id,
    r.corrects_record_id AS corrects,
    r.corrected_by_id AS corrected_by,
    r.replaced_by_id AS replaced_by,
    e.form_submission_id AS form_id,
    m.id AS file_import_id,
    m.import_name AS file_name,
    m.source_path AS file_path,
    m.file_hash AS file_sha256,
    m.status::TEXT AS file_status,
    m.created_at AS file_registered_at,
    m.rules_version AS file_rules_version,
    m.read_as ->> 'override' AS file_mapping,
    m.parent_import_id AS file_corrects,
    l.id IS NOT NULL AS was_sent,
    l.coperniq_entity_id AS sent_coperniq_id,
    l.coperniq_company_id AS sent_company,
    l.data_quality_score::DOUBLE PRECISION AS sent_score,
    l.transformation_applied AS sent_transformations,
    l.created_at AS sent_first_at,
    l.updated_at AS sent_updated_at,
    l.deleted_at AS sent_deleted_at
FROM unnest(%(rows)s::UUID []) AS asked (id)
CROSS JOIN LATERAL (
    SELECT *
    FROM csv_import_records AS k
    WHERE k.id = asked.id
    OFFSET 0
) AS r
INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
INNER JOIN mep_contractor_configs AS owner ON m.contractor_config_id = owner.id
LEFT JOIN data_lineage AS l ON r.id = l.csv_import_record_id AND m.coperniq_type = l.coperniq_entity_type
LEFT JOIN form_exports AS e ON r.id = e.csv_import_record_id
ORDER BY m.created_at, m.id, r.record_number
;

-- Which cell of them fed which field, and how.
SELECT
    c.csv_import_id AS import_id,
    nullif(c.csv_column_header, '') AS column,
    c.coperniq_field_name AS field,
    coalesce(c.transformation_params ->> 'function', c.transformation_rule, 'as it is') AS transformation,
    c.transformation_params AS parameters,
    c.validation_rule AS validation,
    c.source AS chosen_by,
    c.confidence::DOUBLE PRECISION AS confidence
FROM csv_column_mapping AS c
WHERE
    c.csv_import_id IN (
        SELECT r.csv_import_id
        FROM unnest(%(rows)s::UUID []) AS asked (id)
        CROSS JOIN LATERAL (
            SELECT k.csv_import_id
            FROM csv_import_records AS k
            WHERE k.id = asked.id
            OFFSET 0
        ) AS r
    )
ORDER BY c.csv_import_id, c.csv_column_number, c.coperniq_field_name
;

-- The requests that were about them, and what was answered.
SELECT
    r.id AS row_id,
    s.started_at,
    s.completed_at,
    s.operation_type AS operation,
    s.status,
    s.records_processed,
    s.records_successful,
    s.records_failed,
    s.api_response_status AS http_status,
    s.api_response_time_ms AS milliseconds,
    s.api_error_code AS error_code,
    s.api_error_message AS error_message,
    s.transaction_id,
    s.performed_by
FROM unnest(%(rows)s::UUID []) AS asked (id)
CROSS JOIN LATERAL (
    SELECT
        k.id,
        k.csv_import_id,
        k.record_number
    FROM csv_import_records AS k
    WHERE k.id = asked.id
    OFFSET 0
) AS r
CROSS JOIN LATERAL (
    SELECT *
    FROM coperniq_sync_log AS l
    WHERE l.csv_import_id = r.csv_import_id AND l.record_numbers @> r.record_number
    OFFSET 0
) AS s
ORDER BY s.completed_at, s.id
;

-- Where a comparison found Coperniq to disagree with them.
SELECT
    f.record_id,
    f.kind,
    f.coperniq_id,
    f.fields,
    f.found_at,
    f.confirmed_at,
    f.resolved_at
FROM coperniq_findings AS f
WHERE f.record_id = ANY(%(records)s::UUID [])
ORDER BY f.found_at, f.id
