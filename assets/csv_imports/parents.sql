-- Which parents an import's rows want.
-- Parameters: import, parents {field: type}. Makes used: each reference once.

-- Forms settle and enter several imports in one transaction.
DROP TABLE IF EXISTS pg_temp.used, pg_temp.candidates, pg_temp.answers, pg_temp.ambiguous, pg_temp.faults,
pg_temp.identities, pg_temp.repeats, pg_temp.origins, pg_temp.superseded, pg_temp.taken, pg_temp.closed, pg_temp.replaced
;

CREATE TEMP TABLE used ON COMMIT DROP AS
SELECT
    wanted.*,
    %(parents)s::JSONB ->> wanted.field AS parent_type,
    row_number() OVER () AS number
FROM (
    SELECT DISTINCT
        reference.key AS field,
        reference.value AS name,
        r.mapped_data ->> reference.key AS given
    FROM csv_import_records AS r
    CROSS JOIN LATERAL jsonb_each_text(r.parent_keys) AS reference
    WHERE
        r.csv_import_id = %(import)s
        AND r.status IN ('valid', 'warning', 'skipped')
        AND %(parents)s::JSONB <> '{}'
) AS wanted
