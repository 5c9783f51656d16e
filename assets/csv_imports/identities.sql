-- Who each row is: its natural key, with the parent's own key in the place of whatever name the file gave the parent.
-- Parameters: import, type, key_field (the reference in the natural key). Needs answers.

-- How many rows an import has is not known to the planner yet: a nested loop would look at every pair.
SET LOCAL enable_nestloop = off
;

-- Only the rows whose identity is not their record_key.
CREATE TEMP TABLE identities ON COMMIT DROP AS
SELECT
    r.id,
    coperniq_identity(%(type)s, r.record_key, r.mapped_data, p.name, p.parent_key) AS identity
FROM answers AS p
INNER JOIN csv_import_records AS r
    ON
        p.name = r.parent_keys ->> %(key_field)s::TEXT
        AND p.given = r.mapped_data ->> %(key_field)s::TEXT
WHERE
    %(key_field)s::TEXT IS NOT NULL
    AND p.field = %(key_field)s::TEXT
    AND p.candidates = 1
    AND r.csv_import_id = %(import)s
    AND r.status IN ('valid', 'warning', 'skipped')
;

CREATE UNIQUE INDEX ON identities (id)
;

ANALYZE identities
;

SET LOCAL enable_nestloop TO DEFAULT
