-- Of several rows of a fix file for one row the first that is sendable corrects it; the others are duplicates of that one.
-- Parameters: import. Comes after what makes rows errors.

WITH attempts AS (
    SELECT
        id,
        record_number,
        min(record_number) OVER (PARTITION BY corrects_record_id) AS first_number
    FROM csv_import_records
    WHERE
        csv_import_id = %(import)s
        AND corrects_record_id IS NOT NULL
        AND status IN ('valid', 'warning')
)

UPDATE csv_import_records AS r
SET
    status = 'duplicate',
    mapped_data = NULL,
    error_message = format(
        'Row %%s corrects the same row as row %%s; only row %%s is sent.', a.record_number, a.first_number, a.first_number
    )
FROM attempts AS a
WHERE r.id = a.id AND r.csv_import_id = %(import)s AND a.record_number > a.first_number
