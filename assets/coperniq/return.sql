-- Gives the records of attempts that were taken back the keys of the rows whose turn it is again.
-- Parameters: made_of (which parent a key is made of, by type). Needs leaving, with the parents that the records had.
-- Makes moved, for the keys that are made of these.

-- Each is looked up, however few the planner believes there to be.
SET LOCAL enable_hashjoin = off
;

SET LOCAL enable_mergejoin = off
;

CREATE TEMP TABLE moved ON COMMIT DROP AS
SELECT DISTINCT ON (own.record_key)
    c.id,
    c.coperniq_type,
    c.coperniq_id,
    c.record_key AS former_key,
    own.record_key
FROM leaving
INNER JOIN csv_import_records AS gone ON leaving.row_id = gone.id AND leaving.import_id = gone.csv_import_id
INNER JOIN coperniq_records AS c ON leaving.id = c.id
INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id AND c.csv_import_id = r.csv_import_id
LEFT JOIN coperniq_records AS parent
    ON
        c.contractor_config_id = parent.contractor_config_id
        AND parent.coperniq_type = %(made_of)s::JSONB #>> ARRAY[c.coperniq_type, 'parent']
        AND parent.coperniq_id = leaving.parent_ids ->> (%(made_of)s::JSONB #>> ARRAY[c.coperniq_type, 'field'])
CROSS JOIN LATERAL (
    SELECT
        coperniq_identity(
            c.coperniq_type,
            r.record_key,
            r.mapped_data,
            r.parent_keys ->> (%(made_of)s::JSONB #>> ARRAY[c.coperniq_type, 'field']),
            parent.record_key
        ) AS record_key
) AS own
WHERE
    gone.corrects_record_id IS NOT NULL
    AND r.id <> gone.id
    AND own.record_key <> c.record_key
    -- A key that is made of a parent's is left as it is while nobody knows the parent.
    AND (parent.id IS NOT NULL OR NOT %(made_of)s::JSONB ? c.coperniq_type)
    AND NOT EXISTS (
        SELECT FROM coperniq_records AS other
        WHERE
            other.contractor_config_id = c.contractor_config_id
            AND other.coperniq_type = c.coperniq_type
            AND other.record_key = own.record_key
    )
ORDER BY own.record_key, c.id
;

UPDATE coperniq_records AS c
SET
    record_key = moved.record_key,
    updated_at = now()
FROM moved
WHERE c.id = moved.id
;

SET LOCAL enable_hashjoin TO DEFAULT
;

SET LOCAL enable_mergejoin TO DEFAULT
