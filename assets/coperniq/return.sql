-- Gives the records of attempts that were taken back the keys of the rows whose turn it is again, and those that
-- Coperniq has the parents of these rows.
-- Parameters: key_fields (the reference in the natural key, by type). Needs leaving, wanted and answers.
-- Makes moved, for the keys that are made of these.

-- Whose parent nobody knows, or one of several, has none here.
CREATE TEMP TABLE parents ON COMMIT DROP AS
SELECT
    w.id,
    w.field,
    a.coperniq_id,
    a.parent_key AS record_key
FROM wanted AS w
INNER JOIN answers AS a ON w.number = a.number
WHERE a.candidates = 1
;

CREATE UNIQUE INDEX ON parents (id, field)
;

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
LEFT JOIN parents AS parent ON c.id = parent.id AND parent.field = %(key_fields)s::JSONB ->> c.coperniq_type
CROSS JOIN LATERAL (
    SELECT
        coperniq_identity(
            c.coperniq_type,
            r.record_key,
            r.mapped_data,
            r.parent_keys ->> (%(key_fields)s::JSONB ->> c.coperniq_type),
            parent.record_key
        ) AS record_key
) AS own
WHERE
    gone.corrects_record_id IS NOT NULL
    AND r.id <> gone.id
    AND own.record_key <> c.record_key
    -- A key that is made of a parent's is left as it is while nobody knows the parent.
    AND (parent.id IS NOT NULL OR NOT %(key_fields)s::JSONB ? c.coperniq_type)
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

UPDATE coperniq_records AS c
SET parent_ids = c.parent_ids || known.parent_ids
FROM (
    SELECT
        id,
        jsonb_object_agg(field, coperniq_id) AS parent_ids
    FROM parents
    WHERE coperniq_id IS NOT NULL
    GROUP BY id
) AS known
WHERE c.id = known.id AND c.state = 'synced'
;

SET LOCAL enable_hashjoin TO DEFAULT
;

SET LOCAL enable_mergejoin TO DEFAULT
