-- Which parents an import's rows want.
-- Parameters: import, parents {field: type}. Makes used: each reference once.

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
