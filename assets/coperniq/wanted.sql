-- Which parents a contractor's waiting records of one type want.
-- Parameters: contractor, type, parents {field: type}. Makes wanted: each reference of each record, and used: each
-- of them once.

-- A record that was ready waits again where a parent has left Coperniq since, or has another id there now.
WITH leaning AS MATERIALIZED (
    SELECT
        c.id,
        parent.key AS field,
        parent.value AS coperniq_id
    FROM coperniq_records AS c
    CROSS JOIN LATERAL jsonb_each_text(c.parent_ids) AS parent
    WHERE
        c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(type)s
        AND c.state = 'ready'
        AND c.undone_record_id IS DISTINCT FROM c.csv_import_record_id
),

lost AS (
    SELECT
        used.field,
        used.coperniq_id
    FROM (SELECT DISTINCT field, coperniq_id FROM leaning) AS used
    WHERE NOT EXISTS (
        SELECT FROM (
            SELECT contractor_config_id
            FROM coperniq_records
            WHERE coperniq_type = %(parents)s::JSONB ->> used.field AND coperniq_id = used.coperniq_id
            OFFSET 0
        ) AS parent
        WHERE parent.contractor_config_id = %(contractor)s
    )
)

UPDATE coperniq_records AS c
SET state = 'waiting', updated_at = now()
WHERE
    c.id IN (
        SELECT leaning.id
        FROM leaning
        INNER JOIN lost ON leaning.field = lost.field AND leaning.coperniq_id = lost.coperniq_id
    )
;

-- Equal references share a number.
CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT
    c.id,
    reference.key AS field,
    reference.value AS name,
    r.mapped_data ->> reference.key AS given,
    dense_rank() OVER (ORDER BY reference.key, reference.value, r.mapped_data ->> reference.key) AS number
FROM coperniq_records AS c
INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id AND c.csv_import_id = r.csv_import_id
CROSS JOIN LATERAL jsonb_each_text(c.parent_keys) AS reference
WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s AND c.state = 'waiting'
;

CREATE TEMP TABLE used ON COMMIT DROP AS
SELECT DISTINCT ON (number)
    number,
    field,
    name,
    given,
    %(parents)s::JSONB ->> field AS parent_type
FROM wanted
;

ANALYZE wanted
