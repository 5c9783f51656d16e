-- What earlier runs left behind, before anything is sent.
-- Parameters: contractor, type, by.

-- A run died between a request's intent and its outcome: the audit log has no row for what may have been on the wire.
WITH dead AS (
    UPDATE coperniq_records AS c
    SET claim_logged = TRUE, updated_at = now()
    WHERE
        c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(type)s
        AND c.state = 'in_flight'
        AND NOT c.claim_logged
    RETURNING
        c.claim_id,
        c.claimed_at,
        c.claimed_record_id,
        CASE
            WHEN c.coperniq_id IS NULL THEN 'import'
            WHEN c.undone_record_id = c.claimed_record_id THEN 'delete'
            ELSE 'update'
        END AS operation
)

INSERT INTO coperniq_sync_log (
    csv_import_id, contractor_config_id, operation_type, entity_type, records_processed, status, api_error_code,
    api_error_message, performed_by, rollback_attempted, record_numbers, started_at, completed_at
)
SELECT
    r.csv_import_id,
    %(contractor)s,
    dead.operation,
    %(type)s,
    count(*),
    'failed',
    'INTERRUPTED',
    'The run that was to send this ended before it had an answer; what became of it is looked up.',
    %(by)s,
    dead.operation = 'delete',
    range_agg(int4range(r.record_number, r.record_number, '[]')),
    min(dead.claimed_at),
    clock_timestamp()
FROM dead
LEFT JOIN csv_import_records AS r ON dead.claimed_record_id = r.id
GROUP BY dead.claim_id, r.csv_import_id, dead.operation
;

-- The import of these was deleted, and with it what there was to send.
DELETE FROM coperniq_records
WHERE
    contractor_config_id = %(contractor)s
    AND coperniq_type = %(type)s
    AND state IN ('waiting', 'ready', 'rejected')
    AND csv_import_id IS NULL
    AND coperniq_id IS NULL
;

UPDATE coperniq_records
SET state = 'synced', waiting_for = NULL, updated_at = now()
WHERE
    contractor_config_id = %(contractor)s
    AND coperniq_type = %(type)s
    AND state IN ('waiting', 'ready', 'rejected')
    AND csv_import_id IS NULL
;

-- What these were sent is not known any more: an update counts as not carried out, a create cannot be looked up.
UPDATE coperniq_records AS c
SET
    state = CASE
        WHEN c.coperniq_id IS NULL THEN 'unknown'
        WHEN c.csv_import_id IS NULL THEN 'synced'
        WHEN c.parent_keys IS NULL THEN 'ready'
        ELSE 'waiting'
    END::delivery_state,
    claim_id = CASE WHEN c.coperniq_id IS NULL THEN c.claim_id END,
    sent_data = NULL,
    updated_at = now()
WHERE
    c.contractor_config_id = %(contractor)s
    AND c.coperniq_type = %(type)s
    AND c.state = 'in_flight'
    AND NOT EXISTS (
        SELECT 1
        FROM csv_import_records AS r
        WHERE r.id = c.claimed_record_id
    )
