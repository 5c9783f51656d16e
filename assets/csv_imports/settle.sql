-- Closes an import whose rows all stand: what only the database knows of them, and the counts.
-- Parameters: import, contractor, type, attempted and failed (as the rows were judged), causes, read_as, warnings, rules.
-- Needs faults, identities and repeats.

UPDATE csv_import_records AS r
SET
    status = 'duplicate',
    mapped_data = NULL,
    error_message = format(
        'Row %%s is the same record as row %%s; only row %%s is sent.', r.record_number, d.first_number, d.first_number
    )
FROM repeats AS d
WHERE r.id = d.id
;

-- In Coperniq already, unchanged. Each row is looked up by its key (OFFSET 0), however many records there are.
UPDATE csv_import_records AS r
SET
    status = 'skipped',
    coperniq_id = known.coperniq_id,
    error_message = 'In Coperniq already, unchanged.'
FROM csv_import_records AS sent
LEFT JOIN identities AS i ON sent.id = i.id
CROSS JOIN LATERAL (
    SELECT coperniq_id
    FROM coperniq_records
    WHERE
        contractor_config_id = %(contractor)s
        AND coperniq_type = %(type)s
        AND record_key = coalesce(i.identity, sent.record_key)
        AND state = 'synced'
        AND sent_data = sent.mapped_data
    OFFSET 0
) AS known
WHERE
    EXISTS (
        SELECT FROM coperniq_records AS any_of
        WHERE any_of.contractor_config_id = %(contractor)s AND any_of.coperniq_type = %(type)s
    )
    AND sent.csv_import_id = %(import)s
    AND sent.status IN ('valid', 'warning')
    AND r.id = sent.id
    AND r.csv_import_id = sent.csv_import_id
;

WITH fields AS (
    SELECT jsonb_object_agg(field, records) AS field_errors
    FROM (
        SELECT
            field,
            count(*) AS records
        FROM csv_import_records AS r
        CROSS JOIN LATERAL unnest(r.invalid_fields || r.missing_required_fields) AS field
        WHERE r.csv_import_id = %(import)s AND r.status = 'error'
        GROUP BY field
    ) AS per_field
),

unclear AS (
    SELECT
        coalesce(sum(records), 0)::INTEGER AS records,
        coalesce(
            jsonb_agg(jsonb_build_object(
                'cause', cause, 'field', field, 'rule', rule, 'records', records, 'first_row', first_row
            ) ORDER BY rule, field), '[]'
        ) AS causes
    FROM (
        SELECT
            cause,
            rule,
            field,
            count(*) AS records,
            min(record_number) AS first_row
        FROM faults
        GROUP BY cause, rule, field
    ) AS per_field
),

counted AS (
    SELECT
        %(attempted)s AS attempted,
        %(attempted)s - %(failed)s - unclear.records - unsent.records AS success,
        %(failed)s + unclear.records AS failed
    FROM unclear
    CROSS JOIN (
        SELECT count(*) AS records
        FROM csv_import_records
        WHERE csv_import_id = %(import)s AND status IN ('duplicate', 'skipped')
    ) AS unsent
)

UPDATE csv_imports AS m
SET
    total_records_attempted = counted.attempted,
    total_records_success = counted.success,
    total_records_failed = counted.failed,
    status = CASE
        WHEN counted.failed = 0 THEN 'success'
        WHEN counted.failed = counted.attempted THEN 'failed'
        ELSE 'partial_success'
    END::csv_import_status,
    -- Of a file whose rows are all refused nothing will ever be in Coperniq.
    coperniq_sync_status = CASE
        WHEN counted.success > 0 THEN 'pending'
        WHEN counted.failed > 0 AND counted.failed = counted.attempted THEN 'failed'
        ELSE 'synced'
    END,
    read_as = %(read_as)s,
    rules_version = %(rules)s,
    warnings = %(warnings)s,
    error_summary = jsonb_build_object(
        'field_errors', coalesce(fields.field_errors, '{}'),
        'validation_errors', %(causes)s::JSONB || unclear.causes
    )
FROM counted, fields, unclear
WHERE m.id = %(import)s
