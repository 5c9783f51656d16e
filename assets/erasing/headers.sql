-- Of a file without headers, somebody's row stands in their place: where one of them has the address, all are the person's.
-- They become (column 1) and so on; what quotes one says Erased. Parameters: contractor, pattern. Needs changed_imports.

CREATE TEMP TABLE headless ON COMMIT DROP AS
SELECT DISTINCT ON (c.csv_import_id, c.csv_column_header)
    c.csv_import_id,
    c.csv_column_header AS header,
    format('(column %%s)', c.csv_column_number) AS place
FROM csv_column_mapping AS c
WHERE
    c.csv_column_header <> ''
    AND c.csv_import_id IN (
        SELECT m.id
        FROM csv_imports AS m
        INNER JOIN csv_column_mapping AS hers ON m.id = hers.csv_import_id
        WHERE m.contractor_config_id = %(contractor)s AND hers.csv_column_header ~* %(pattern)s
    )
ORDER BY c.csv_import_id, c.csv_column_header, c.csv_column_number
;

UPDATE csv_import_records AS r
SET
    record_data = (
        SELECT coalesce(jsonb_object_agg(coalesce(h.place, cell.header), cell.value), '{}')
        FROM jsonb_each(r.record_data) AS cell (header, value)
        LEFT JOIN headless AS h ON h.csv_import_id = r.csv_import_id AND h.header = cell.header
    ),
    error_message = CASE WHEN r.error_message IS NOT NULL THEN 'Erased.' END
WHERE r.csv_import_id IN (SELECT csv_import_id FROM headless) AND r.erased_at IS NULL
;

UPDATE data_lineage AS l
SET transformation_applied = NULL
FROM csv_import_records AS r
WHERE r.csv_import_id IN (SELECT csv_import_id FROM headless) AND l.csv_import_record_id = r.id
;

UPDATE csv_imports AS m
SET
    warnings = ARRAY(SELECT 'Erased.' FROM unnest(m.warnings)),
    error_summary = CASE
        WHEN m.error_summary ? 'validation_errors'
            THEN
                m.error_summary || jsonb_build_object('validation_errors', (
                    SELECT coalesce(jsonb_agg(cause.of || '{"cause": "Erased."}'), '[]')
                    FROM jsonb_array_elements(m.error_summary -> 'validation_errors') AS cause (of)
                ))
        ELSE m.error_summary
    END
WHERE m.id IN (SELECT csv_import_id FROM headless)
;

UPDATE csv_column_mapping AS c
SET csv_column_header = format('(column %%s)', c.csv_column_number)
WHERE c.csv_import_id IN (SELECT csv_import_id FROM headless) AND c.csv_column_header <> ''
;

INSERT INTO changed_imports (id)
SELECT DISTINCT csv_import_id
FROM headless
