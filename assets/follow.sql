-- Lets the records of one type follow their parents, of whose keys theirs are made.
-- Parameters: contractor, child (the type), key_field (the reference in its key), parent (its type). Needs moved, and
-- adds to it.

-- A child whose parent is not looked up yet names it; what was in Coperniq before the pipeline came refers by its id.
CREATE TEMP TABLE following ON COMMIT DROP AS
WITH children AS (
    SELECT
        c.id,
        p.former_key,
        p.record_key
    FROM moved AS p
    INNER JOIN coperniq_records AS c
        ON p.coperniq_id = coalesce(c.parent_ids ->> %(key_field)s::TEXT, c.sent_data ->> %(key_field)s::TEXT)
    WHERE
        p.coperniq_type = %(parent)s
        AND c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(child)s
    UNION
    SELECT
        c.id,
        p.former_key,
        p.record_key
    FROM moved AS p
    INNER JOIN coperniq_records AS parent ON p.id = parent.id
    CROSS JOIN LATERAL unnest(parent.names || p.coperniq_id) AS called (name)
    -- By the name of a client his site may be meant.
    INNER JOIN coperniq_records AS c
        ON regexp_replace(called.name, '^client: ', '') = c.parent_keys ->> %(key_field)s::TEXT
    WHERE
        p.coperniq_type = %(parent)s
        AND c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(child)s
        AND c.state <> 'synced'
)

SELECT DISTINCT ON (made.keys[2])
    c.id,
    c.coperniq_type,
    c.coperniq_id,
    c.record_key AS former_key,
    made.keys[2] AS record_key
FROM children
INNER JOIN coperniq_records AS c ON children.id = c.id
LEFT JOIN public.csv_import_records AS r ON c.csv_import_record_id = r.id AND c.csv_import_id = r.csv_import_id
CROSS JOIN LATERAL (
    SELECT
        array_agg(
            CASE
                WHEN r.id IS NULL
                    THEN coperniq_record_key(
                        %(child)s, c.sent_data || jsonb_build_object(%(key_field)s::TEXT, parent.record_key)
                    )
                ELSE coperniq_identity(
                    %(child)s, r.record_key, r.mapped_data, r.parent_keys ->> %(key_field)s::TEXT, parent.record_key
                )
            END ORDER BY parent.place
        ) AS keys
    FROM (VALUES (1, children.former_key), (2, children.record_key)) AS parent (place, record_key)
) AS made
WHERE
    made.keys[1] = c.record_key
    AND made.keys[2] <> c.record_key
    AND NOT EXISTS (
        SELECT FROM coperniq_records AS other
        WHERE
            other.contractor_config_id = %(contractor)s
            AND other.coperniq_type = %(child)s
            AND other.record_key = made.keys[2]
    )
ORDER BY made.keys[2], c.id
;

UPDATE coperniq_records AS c
SET
    record_key = following.record_key,
    updated_at = now()
FROM following
WHERE c.id = following.id
;

INSERT INTO moved
SELECT * FROM following
;

DROP TABLE following
