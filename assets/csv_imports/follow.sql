-- Lets the records of one type follow their parents, of whose keys theirs are made.
-- Parameters: contractor, child (the type), key_field (the reference in its key), parent (its type). Needs moved, and
-- adds to it.

CREATE TEMP TABLE following ON COMMIT DROP AS
SELECT DISTINCT ON (made.identity)
    c.id,
    c.coperniq_type,
    c.coperniq_id,
    made.identity AS record_key
FROM moved AS p
INNER JOIN coperniq_records AS c ON p.coperniq_id = c.parent_ids ->> %(key_field)s::TEXT
INNER JOIN public.csv_import_records AS r ON c.csv_import_record_id = r.id AND c.csv_import_id = r.csv_import_id
CROSS JOIN LATERAL (
    SELECT
        coperniq_identity(
            %(child)s, r.record_key, r.mapped_data, r.parent_keys ->> %(key_field)s::TEXT, p.record_key
        ) AS identity
) AS made
WHERE
    p.coperniq_type = %(parent)s
    AND c.contractor_config_id = %(contractor)s
    AND c.coperniq_type = %(child)s
    AND made.identity <> c.record_key
    AND NOT EXISTS (
        SELECT FROM coperniq_records AS other
        WHERE
            other.contractor_config_id = %(contractor)s
            AND other.coperniq_type = %(child)s
            AND other.record_key = made.identity
    )
ORDER BY made.identity, c.id
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
