-- Which parents the rows want that records go back to, when later rows of these are taken back.
-- Parameters: parents {type: {field: type}}. Needs leaving. Makes wanted: each reference of each record, and used: each
-- of them once.

CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT
    c.id,
    reference.key AS field,
    reference.value AS name,
    r.mapped_data ->> reference.key AS given,
    %(parents)s::JSONB #>> ARRAY[c.coperniq_type, reference.key] AS parent_type,
    dense_rank() OVER (
        ORDER BY c.coperniq_type, reference.key, reference.value, r.mapped_data ->> reference.key
    ) AS number
FROM leaving
-- Each is looked up by itself (OFFSET 0), whatever PostgreSQL believes of how many there are.
CROSS JOIN LATERAL (
    SELECT *
    FROM coperniq_records
    WHERE id = leaving.id
    OFFSET 0
) AS c
CROSS JOIN LATERAL (
    SELECT *
    FROM csv_import_records
    WHERE id = c.csv_import_record_id AND csv_import_id = c.csv_import_id
    OFFSET 0
) AS r
CROSS JOIN LATERAL jsonb_each_text(r.parent_keys) AS reference
WHERE r.id <> leaving.row_id
;

CREATE TEMP TABLE used ON COMMIT DROP AS
SELECT DISTINCT ON (number)
    number,
    field,
    name,
    given,
    parent_type
FROM wanted
;

ANALYZE wanted
