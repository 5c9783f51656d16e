-- Says which row of an entered import each form became, and whose record that row updates.
-- Parameters: contractor, type, import, submission (the column that holds the form's id).

INSERT INTO form_exports (
    form_submission_id, coperniq_type, csv_import_id, csv_import_record_id, coperniq_record_id, matched_record_id
)
SELECT
    (r.record_data ->> %(submission)s)::UUID,
    %(type)s,
    r.csv_import_id,
    r.id,
    c.id,
    coalesce(first_of_import.id, sent.id, entered.id)
FROM csv_import_records AS r
LEFT JOIN LATERAL (
    SELECT other.id
    FROM csv_import_records AS other
    WHERE
        other.csv_import_id = r.csv_import_id
        AND other.record_key = r.record_key
        AND other.status IN ('valid', 'warning', 'skipped')
        AND r.status = 'duplicate'
    ORDER BY other.record_number
    LIMIT 1
) AS first_of_import ON TRUE
LEFT JOIN coperniq_records AS c
    ON r.csv_import_id = c.csv_import_id AND coalesce(first_of_import.id, r.id) = c.csv_import_record_id
-- The row that was sent last.
LEFT JOIN LATERAL (
    SELECT l.csv_import_record_id AS id
    FROM data_lineage AS l
    WHERE
        l.coperniq_entity_type = %(type)s
        AND l.coperniq_entity_id = coalesce(r.coperniq_id, c.coperniq_id)
        AND l.contractor_config_id = %(contractor)s
        AND l.csv_import_record_id IS NOT NULL
    ORDER BY l.updated_at DESC
    LIMIT 1
) AS sent ON TRUE
-- A record has the id of the row that it came with first.
LEFT JOIN csv_import_records AS entered ON c.id = entered.id AND r.id <> entered.id
WHERE r.csv_import_id = %(import)s
