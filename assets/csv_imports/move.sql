-- Lets the records of rows stay what they are under the keys that the rows have now.
-- Parameters: import, contractor, type. Needs identities, repeats and owners. Makes moved, for the keys made of these.

CREATE TEMP TABLE moved ON COMMIT DROP AS
SELECT DISTINCT ON (c.id)
    c.id,
    c.coperniq_type,
    c.coperniq_id,
    c.record_key AS former_key,
    coalesce(i.identity, r.record_key) AS record_key
FROM csv_import_records AS r
LEFT JOIN identities AS i ON r.id = i.id
INNER JOIN owners ON r.corrects_record_id = owners.row_id
INNER JOIN coperniq_records AS c ON owners.record_id = c.id
WHERE
    r.csv_import_id = %(import)s
    AND r.status IN ('valid', 'warning')
    AND r.id NOT IN (SELECT id FROM repeats)
    AND c.record_key <> coalesce(i.identity, r.record_key)
    AND NOT EXISTS (
        SELECT FROM coperniq_records AS other
        WHERE
            other.contractor_config_id = %(contractor)s
            AND other.coperniq_type = %(type)s
            AND other.record_key = coalesce(i.identity, r.record_key)
    )
ORDER BY c.id, c.csv_import_record_id = r.corrects_record_id DESC NULLS LAST, r.record_number
;

UPDATE coperniq_records AS c
SET
    record_key = moved.record_key,
    updated_at = now()
FROM moved
WHERE c.id = moved.id
