-- The rows of a fix file whose record a later file brought meanwhile: older values are not written over newer ones.
-- Parameters: import, contractor, type. Needs identities, origins and owners. Makes superseded: each such row with the
-- later one.

CREATE TEMP TABLE superseded ON COMMIT DROP AS
SELECT DISTINCT ON (r.id)
    r.id,
    known.csv_import_record_id AS by_id,
    known.record_number,
    later.import_name
FROM csv_import_records AS r
LEFT JOIN identities AS i ON r.id = i.id
LEFT JOIN owners ON r.corrects_record_id = owners.row_id
-- The record that has its key, and the one that it is already. Each is looked up (OFFSET 0).
CROSS JOIN LATERAL (
    SELECT
        csv_import_id,
        csv_import_record_id,
        record_number
    FROM coperniq_records
    WHERE
        contractor_config_id = %(contractor)s
        AND coperniq_type = %(type)s
        AND record_key = coalesce(i.identity, r.record_key)
    UNION ALL
    SELECT
        csv_import_id,
        csv_import_record_id,
        record_number
    FROM coperniq_records
    WHERE id = owners.record_id
    OFFSET 0
) AS known
INNER JOIN origins ON known.csv_import_id = origins.id
INNER JOIN csv_imports AS later ON known.csv_import_id = later.id
WHERE r.csv_import_id = %(import)s AND r.status IN ('valid', 'warning') AND origins.is_newer
ORDER BY r.id, known.csv_import_record_id
;

UPDATE csv_import_records AS r
SET
    status = 'duplicate',
    mapped_data = NULL,
    error_message = format(
        'Row %%s of %%s is the same record and came later; row %%s is not sent.',
        s.record_number, s.import_name, r.record_number
    )
FROM superseded AS s
WHERE r.id = s.id
