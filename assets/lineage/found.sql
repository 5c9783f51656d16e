-- What an e-mail address, a phone, any other natural key, an id in Coperniq or an id of ours stands for.
-- Parameters: given, id (the same as a UUID, or NULL), contractor (or NULL for all), types, most (records of one
-- contractor and type with the same name, and rows of one import with the same key). Every look-up is one of its own,
-- by an index (LIMIT, OFFSET 0), however much there is.

-- The records that are known by it, or whose client is.
WITH names AS (
    SELECT n.name
    FROM unnest(ARRAY[normalise_key(%(given)s::TEXT), normalise_phone(%(given)s::TEXT)]) AS said (name)
    CROSS JOIN LATERAL (VALUES (said.name), ('client: ' || said.name)) AS n (name)
    WHERE said.name <> ''
),

scopes AS (
    SELECT
        m.id AS contractor_config_id,
        t.coperniq_type
    FROM mep_contractor_configs AS m
    CROSS JOIN unnest(%(types)s::TEXT []) AS t (coperniq_type)
    WHERE %(contractor)s::UUID IS NULL OR m.id = %(contractor)s
)

SELECT c.id
FROM scopes
CROSS JOIN names
CROSS JOIN LATERAL (
    SELECT n.record_id
    FROM coperniq_record_names AS n
    WHERE
        n.name_hash = hashtextextended(
            names.name, hashtextextended(scopes.coperniq_type, uuid_hash_extended(scopes.contractor_config_id, 0))
        )
    LIMIT %(most)s
) AS hint
INNER JOIN coperniq_records AS c ON hint.record_id = c.id
WHERE names.name = ANY(c.names)
UNION
SELECT c.id
FROM scopes
CROSS JOIN names
CROSS JOIN LATERAL (
    SELECT r.id
    FROM coperniq_records AS r
    WHERE
        r.contractor_config_id = scopes.contractor_config_id
        AND r.coperniq_type = scopes.coperniq_type
        AND r.record_key = names.name
    OFFSET 0
) AS c
UNION
SELECT c.id
FROM unnest(%(types)s::TEXT []) AS t (coperniq_type)
CROSS JOIN LATERAL (
    SELECT
        r.id,
        r.contractor_config_id
    FROM coperniq_records AS r
    WHERE r.coperniq_type = t.coperniq_type AND r.coperniq_id = %(given)s
    OFFSET 0
) AS c
WHERE %(contractor)s::UUID IS NULL OR c.contractor_config_id = %(contractor)s
UNION
SELECT c.id
FROM coperniq_records AS c
WHERE c.id = %(id)s AND (%(contractor)s::UUID IS NULL OR c.contractor_config_id = %(contractor)s)
;

-- The rows of files that are known by it.
WITH names AS (
    SELECT array_agg(n.name) AS every
    FROM unnest(ARRAY[normalise_key(%(given)s::TEXT), normalise_phone(%(given)s::TEXT)]) AS n (name)
    WHERE n.name <> ''
),

hits AS (
    SELECT r.id
    FROM csv_imports AS m
    CROSS JOIN names
    CROSS JOIN LATERAL (
        SELECT k.id
        FROM csv_import_records AS k
        WHERE k.csv_import_id = m.id AND k.record_key = ANY(names.every)
        ORDER BY k.csv_import_id, k.record_key
        LIMIT %(most)s
    ) AS r
    WHERE %(contractor)s::UUID IS NULL OR m.contractor_config_id = %(contractor)s
    UNION
    SELECT r.id FROM csv_import_records AS r
    WHERE r.id = %(id)s
    UNION
    SELECT r.id FROM csv_import_records AS r
    WHERE r.coperniq_id = %(given)s
    UNION
    SELECT l.csv_import_record_id
    FROM unnest(%(types)s::TEXT []) AS t (coperniq_type)
    CROSS JOIN LATERAL (
        SELECT d.csv_import_record_id
        FROM data_lineage AS d
        WHERE d.coperniq_entity_type = t.coperniq_type AND d.coperniq_entity_id = %(given)s
        OFFSET 0
    ) AS l
)

SELECT r.id
FROM hits
CROSS JOIN LATERAL (
    SELECT
        k.id,
        k.csv_import_id
    FROM csv_import_records AS k
    WHERE k.id = hits.id
    OFFSET 0
) AS r
INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
WHERE %(contractor)s::UUID IS NULL OR m.contractor_config_id = %(contractor)s
