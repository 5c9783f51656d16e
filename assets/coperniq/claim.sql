-- Writes down the intent to send ready records, in batches of one import and one kind of request; one row each.
-- Parameters: contractor, type, size (of a batch), batches (how many at most), from_import and from_number (where to begin),
-- ahead (how many records to look at), undoing (whether those that are to be deleted are meant, or all others).

WITH ready AS (
    SELECT
        id,
        csv_import_id,
        record_number,
        CASE
            WHEN coperniq_id IS NULL THEN 'import'
            WHEN undone_record_id = csv_import_record_id THEN 'delete'
            ELSE 'update'
        END AS operation
    FROM coperniq_records
    WHERE
        contractor_config_id = %(contractor)s
        AND coperniq_type = %(type)s
        AND state = 'ready'
        AND (csv_import_id, record_number) >= (%(from_import)s::UUID, %(from_number)s::INTEGER)
        AND coalesce(undone_record_id = csv_import_record_id, FALSE) = %(undoing)s
    ORDER BY csv_import_id, record_number
    LIMIT %(ahead)s
),

placed AS (
    SELECT
        *,
        (row_number() OVER (PARTITION BY csv_import_id, operation ORDER BY record_number) - 1) / %(size)s AS part,
        count(*) OVER () AS seen,
        last_value(csv_import_id) OVER () AS last_import_id
    FROM ready
),

-- A batch that is not full may become so with records that were not looked at: others go first, and there is one.
chosen AS (
    SELECT
        csv_import_id,
        operation,
        part,
        gen_random_uuid() AS claim_id
    FROM placed
    GROUP BY csv_import_id, operation, part
    HAVING count(*) = %(size)s OR max(seen) < %(ahead)s OR bool_and(csv_import_id <> last_import_id)
    ORDER BY csv_import_id, min(record_number)
    LIMIT %(batches)s
)

UPDATE coperniq_records AS c
SET
    state = 'in_flight',
    claim_id = chosen.claim_id,
    claimed_at = clock_timestamp(),
    claim_logged = FALSE,
    claimed_record_id = c.csv_import_record_id,
    updated_at = now()
FROM placed
INNER JOIN chosen
    ON
        placed.csv_import_id = chosen.csv_import_id
        AND placed.operation = chosen.operation
        AND placed.part = chosen.part
CROSS JOIN csv_import_records AS r
WHERE
    c.id = placed.id
    AND c.state = 'ready'
    AND r.id = c.csv_import_record_id
    -- Its partition, where the table has any.
    AND r.csv_import_id = c.csv_import_id
RETURNING
    c.id,
    c.claim_id,
    c.claimed_at,
    chosen.operation,
    c.coperniq_id,
    r.csv_import_id,
    r.id AS row_id,
    r.record_number,
    r.mapped_data || c.parent_ids AS data,
    r.status = 'warning' AS repaired,
    CASE WHEN r.status = 'warning' THEN r.error_message END AS remark
