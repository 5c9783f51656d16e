-- Lets the records of a replay's rows stay what they are under the keys that the rows have now.
-- Parameters: import, contractor, type. Needs identities and repeats. Makes moved, for the keys that are made of these.

CREATE TEMP TABLE moved ON COMMIT DROP AS
WITH now AS (
    SELECT
        r.corrects_record_id,
        coalesce(i.identity, r.record_key) AS record_key
    FROM csv_import_records AS r
    LEFT JOIN identities AS i ON r.id = i.id
    WHERE
        r.csv_import_id = %(import)s
        AND r.status IN ('valid', 'warning')
        AND r.id NOT IN (SELECT id FROM repeats)
),

-- The record of a row is the one that waits for it or was sent with it, or the one that had its values already.
known AS (
    SELECT
        c.id,
        now.record_key
    FROM now
    INNER JOIN coperniq_records AS c ON now.corrects_record_id = c.csv_import_record_id
    WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s
    UNION
    SELECT
        c.id,
        now.record_key
    FROM now
    INNER JOIN public.csv_import_records AS former ON now.corrects_record_id = former.id
    INNER JOIN coperniq_records AS c ON former.coperniq_id = c.coperniq_id
    WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s
)

SELECT
    c.id,
    c.coperniq_type,
    c.coperniq_id,
    known.record_key
FROM known
INNER JOIN coperniq_records AS c ON known.id = c.id
WHERE
    c.record_key <> known.record_key
    AND NOT EXISTS (
        SELECT FROM coperniq_records AS other
        WHERE
            other.contractor_config_id = %(contractor)s
            AND other.coperniq_type = %(type)s
            AND other.record_key = known.record_key
    )
;

UPDATE coperniq_records AS c
SET
    record_key = moved.record_key,
    updated_at = now()
FROM moved
WHERE c.id = moved.id
