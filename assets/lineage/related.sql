-- What belongs together: the record of each row, and the rows of each record.
-- Parameters: rows and records (their ids), most (rows of one import with the same key). Every look-up is one of its
-- own, by an index (OFFSET 0), however much there is.

-- The record of each row: the one that holds the row, that it became, or that has its key; where several do, the first.
WITH given AS (
    SELECT
        r.id,
        r.record_key,
        r.coperniq_id,
        r.names,
        m.contractor_config_id,
        m.coperniq_type
    FROM unnest(%(rows)s::UUID []) AS asked (id)
    CROSS JOIN LATERAL (
        SELECT *
        FROM csv_import_records AS k
        WHERE k.id = asked.id
        OFFSET 0
    ) AS r
    INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
),

candidates AS (
    SELECT
        given.id AS row_id,
        c.id AS record_id,
        1 AS place
    FROM given
    INNER JOIN coperniq_records AS c ON given.id = c.id
    UNION ALL
    SELECT
        given.id,
        c.id,
        CASE
            WHEN given.id IN (c.csv_import_record_id, c.claimed_record_id) THEN 0
            WHEN c.record_key = given.record_key THEN 2
        END
    FROM given
    CROSS JOIN LATERAL unnest(given.names || given.record_key) AS n (name)
    CROSS JOIN LATERAL (
        SELECT h.record_id
        FROM coperniq_record_names AS h
        WHERE
            h.name_hash = hashtextextended(
                n.name, hashtextextended(given.coperniq_type, uuid_hash_extended(given.contractor_config_id, 0))
            )
        OFFSET 0
    ) AS hint
    INNER JOIN coperniq_records AS c ON hint.record_id = c.id
    UNION ALL
    SELECT
        given.id,
        c.id,
        2
    FROM given
    CROSS JOIN LATERAL (
        SELECT k.id
        FROM coperniq_records AS k
        WHERE
            k.contractor_config_id = given.contractor_config_id
            AND k.coperniq_type = given.coperniq_type
            AND k.record_key = given.record_key
        OFFSET 0
    ) AS c
    UNION ALL
    SELECT
        given.id,
        c.id,
        1
    FROM given
    LEFT JOIN data_lineage AS l
        ON given.id = l.csv_import_record_id AND given.coperniq_type = l.coperniq_entity_type
    CROSS JOIN LATERAL (
        SELECT
            k.id,
            k.contractor_config_id
        FROM coperniq_records AS k
        WHERE
            k.coperniq_type = given.coperniq_type
            AND k.coperniq_id = coalesce(given.coperniq_id, l.coperniq_entity_id)
        OFFSET 0
    ) AS c
    WHERE c.contractor_config_id = given.contractor_config_id
)

SELECT DISTINCT ON (row_id)
    row_id,
    record_id
FROM candidates
WHERE place IS NOT NULL
ORDER BY row_id, place, record_id
;

-- The rows of records, and every attempt at a row.
WITH known AS (
    SELECT c.*
    FROM unnest(%(records)s::UUID []) AS asked (id)
    INNER JOIN coperniq_records AS c ON asked.id = c.id
),

sent AS (
    SELECT
        known.id AS record_id,
        own.id
    FROM known
    CROSS JOIN LATERAL (VALUES (known.id), (known.csv_import_record_id), (known.claimed_record_id)) AS own (id)
    UNION
    SELECT
        known.id,
        r.id
    FROM known
    INNER JOIN csv_import_records AS r ON known.coperniq_id = r.coperniq_id
    UNION
    SELECT
        known.id,
        l.csv_import_record_id
    FROM known
    INNER JOIN data_lineage AS l
        ON known.coperniq_type = l.coperniq_entity_type AND known.coperniq_id = l.coperniq_entity_id
    UNION
    SELECT
        NULL,
        asked.id
    FROM unnest(%(rows)s::UUID []) AS asked (id)
),

-- A row calls a parent by any of its names: the keys of rows are others than the record's.
keys AS (
    SELECT
        m.contractor_config_id,
        m.coperniq_type,
        r.record_key
    FROM sent
    CROSS JOIN LATERAL (
        SELECT
            k.csv_import_id,
            k.record_key
        FROM csv_import_records AS k
        WHERE k.id = sent.id
        OFFSET 0
    ) AS r
    INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
    UNION
    SELECT
        contractor_config_id,
        coperniq_type,
        record_key
    FROM known
),

alike AS (
    SELECT r.id
    FROM keys
    INNER JOIN csv_imports AS m
        ON keys.contractor_config_id = m.contractor_config_id AND keys.coperniq_type = m.coperniq_type
    CROSS JOIN LATERAL (
        SELECT k.id
        FROM csv_import_records AS k
        WHERE k.csv_import_id = m.id AND k.record_key = keys.record_key
        ORDER BY k.csv_import_id, k.record_key
        LIMIT %(most)s
    ) AS r
),

every AS (
    SELECT id FROM sent
    UNION
    SELECT id FROM alike
)

SELECT id FROM every
WHERE id IS NOT NULL
UNION
SELECT a.csv_import_record_id
FROM every
CROSS JOIN LATERAL record_attempts(every.id) AS a
