-- Two imports of invoices by one contractor, each of so many rows as the pipeline leaves them: of a hundred rows ten
-- are errors, three doubles, twelve sendable with a repair or two, and seventy-five as they should be. Of those to be
-- sent, seven of eight are in Coperniq; the others wait, were refused or are to be sent.

SET LOCAL session_replication_role = replica
;

INSERT INTO mep_contractor_configs (contractor_name, contractor_email, slug)
VALUES ('Report', 'office@report.example', 'report')
;

INSERT INTO csv_imports (
    contractor_config_id, import_name, coperniq_type, file_size_bytes, file_hash, status, source_path, imported_by,
    started_at, completed_at, entered_at, total_records_attempted, total_records_success, total_records_failed, read_as,
    error_summary
)
SELECT
    c.id,
    'invoices ' || n || '.csv',
    'FinancialDocument',
    120 * %(rows)s::INTEGER,
    md5(n::TEXT),
    'partial_success',
    'report/invoices ' || n || '.csv',
    'a benchmark',
    now(),
    now(),
    now(),
    %(rows)s,
    %(rows)s / 100 * 87,
    %(rows)s / 100 * 10,
    '{"encoding": "utf-8", "confidence": 1.0, "delimiter": ",", "header_line": 1}',
    jsonb_build_object(
        'field_errors', '{}'::JSONB,
        'validation_errors', (
            SELECT
                jsonb_agg(jsonb_build_object(
                    'cause', 'Issued is not a date such as 03/14/2026', 'field', 'issueDate', 'rule', 'date',
                    'records', %(rows)s / 100 * 2, 'first_row', cause
                ))
            FROM generate_series(1, 5) AS cause
        )
    )
FROM mep_contractor_configs AS c
CROSS JOIN generate_series(1, 2) AS n
;

INSERT INTO csv_column_mapping (
    csv_import_id, csv_column_number, csv_column_header, coperniq_type, coperniq_field_name, source, confidence
)
SELECT
    m.id,
    a.place,
    a.header,
    'FinancialDocument',
    a.field,
    'alias',
    1
FROM csv_imports AS m
CROSS JOIN (
    VALUES (1, 'Title', 'title'), (2, 'Kind', 'type'), (3, 'Customer', 'clientId'), (4, 'Total', 'amount'),
    (5, 'Issued', 'issueDate'), (6, 'Due', 'dueDate'), (7, 'Notes', NULL)
) AS a (place, header, field)
;

INSERT INTO csv_import_records (
    id, csv_import_id, record_number, line_number, record_data, record_key, status, error_message, invalid_fields,
    missing_required_fields, mapped_data, names, parent_keys, coperniq_id, processed_at
)
SELECT
    uuidv7(),
    m.id,
    n,
    n + 1,
    jsonb_build_object(
        'Title', 'Invoice ' || n, 'Kind', 'Invoice', 'Customer', 'customer' || n || '@example.com', 'Total', '€' || n,
        'Issued', '3/' || n %% 28 + 1 || '/26', 'Due', '4/' || n %% 28 + 1 || '/26', 'Notes', repeat('note ', 8)
    ),
    'customer' || n || '@example.com | invoice | invoice ' || n || ' | 2026-03-14',
    kind.status::csv_record_status,
    CASE kind.status
        WHEN 'error'
            THEN 'Issued "14.14." is not a date such as 03/14/2026. Correct it in row ' || n || ' and send the fix file.'
        WHEN 'duplicate' THEN 'Row ' || n || ' is the same record as row 1; only row 1 is sent.'
        WHEN 'warning'
            THEN
                'The amount €' || n || ' is sent without its currency. The year of 3/' || n %% 28 + 1
                || '/26 has two digits; read as 2026-03-14.'
                || CASE
                    WHEN n %% 2 = 0 THEN ' The year of 4/' || n %% 28 + 1 || '/26 has two digits; read as 2026-04-14.'
                    ELSE ''
                END
    END,
    CASE kind.status WHEN 'error' THEN ARRAY['issueDate'] END,
    CASE kind.status WHEN 'error' THEN '{}'::TEXT [] END,
    CASE
        WHEN kind.status IN ('valid', 'warning')
            THEN jsonb_build_object('title', 'Invoice ' || n, 'type', 'Invoice', 'amount', n, 'issueDate', '2026-03-14')
    END,
    CASE WHEN kind.status IN ('valid', 'warning') THEN '{}'::TEXT [] END,
    CASE
        WHEN kind.status IN ('valid', 'warning')
            THEN jsonb_build_object('clientId', 'customer' || n || '@example.com')
    END,
    CASE
        WHEN kind.status IN ('valid', 'warning') AND n %% 8 > 0 THEN left(m.id::TEXT, 8) || n
    END,
    now()
FROM csv_imports AS m
CROSS JOIN generate_series(1, %(rows)s) AS n
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN n %% 100 < 10 THEN 'error'
            WHEN n %% 100 < 13 THEN 'duplicate'
            WHEN n %% 100 < 25 THEN 'warning'
            ELSE 'valid'
        END AS status
) AS kind
ORDER BY m.id, n
;

INSERT INTO coperniq_records (
    id, contractor_config_id, coperniq_type, record_key, state, coperniq_id, csv_import_id, csv_import_record_id,
    record_number, parent_keys, waiting_for, created_by_import_id, sent_data
)
SELECT
    r.id,
    m.contractor_config_id,
    m.coperniq_type,
    m.import_name || ' | ' || r.record_key,
    CASE
        WHEN r.coperniq_id IS NOT NULL THEN 'synced'
        WHEN r.record_number %% 16 = 0 THEN 'waiting'
        WHEN r.record_number %% 24 = 0 THEN 'rejected'
        ELSE 'ready'
    END::delivery_state,
    r.coperniq_id,
    m.id,
    r.id,
    r.record_number,
    r.parent_keys,
    CASE WHEN r.record_number %% 16 = 0 THEN 'Contact "customer' || r.record_number %% 500 || '" is not in Coperniq' END,
    CASE WHEN r.coperniq_id IS NOT NULL AND r.record_number %% 3 > 0 THEN m.id END,
    CASE WHEN r.coperniq_id IS NOT NULL THEN r.mapped_data END
FROM csv_import_records AS r
INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
WHERE r.status IN ('valid', 'warning')
;

INSERT INTO data_lineage (
    csv_import_record_id, contractor_config_id, coperniq_entity_type, coperniq_entity_id, transformation_applied,
    data_quality_score
)
SELECT
    r.id,
    m.contractor_config_id,
    m.coperniq_type,
    r.coperniq_id,
    'title from "Title" (trim)',
    r.record_number %% 60 / 100.0 + 0.4
FROM csv_import_records AS r
INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
WHERE r.coperniq_id IS NOT NULL
