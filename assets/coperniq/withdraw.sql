-- Lets go of what an import has not sent: a record that Coperniq has goes back to the row that was sent last.
-- Parameters: import.

WITH unsent AS (
    SELECT
        id,
        csv_import_record_id,
        coperniq_id
    FROM coperniq_records
    WHERE
        csv_import_id = %(import)s
        AND state IN ('waiting', 'ready', 'rejected')
        AND (coperniq_id IS NULL OR created_by_import_id IS DISTINCT FROM %(import)s)
),

forgotten AS (
    DELETE FROM coperniq_records
    WHERE id IN (SELECT id FROM unsent WHERE coperniq_id IS NULL)
),

kept AS (
    UPDATE coperniq_records AS c
    SET
        state = 'synced',
        waiting_for = NULL,
        (csv_import_id, csv_import_record_id, record_number) = (
            SELECT
                r.csv_import_id,
                r.id,
                r.record_number
            FROM data_lineage AS l
            INNER JOIN csv_import_records AS r ON l.csv_import_record_id = r.id
            WHERE
                l.coperniq_entity_type = c.coperniq_type
                AND l.coperniq_entity_id = c.coperniq_id
                AND l.contractor_config_id = c.contractor_config_id
            ORDER BY l.updated_at DESC
            LIMIT 1
        ),
        updated_at = now()
    WHERE c.id IN (SELECT id FROM unsent WHERE coperniq_id IS NOT NULL)
)

UPDATE csv_import_records AS r
SET error_message = concat_ws(' ', r.error_message, 'Rolled back before it was sent.')
FROM unsent
WHERE r.id = unsent.csv_import_record_id
