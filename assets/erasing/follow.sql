-- What belongs to what was found so far: records, rows, forms, and what hangs on any of them. To be said again until
-- nothing more is found. Parameters: as of find.sql. Each statement reads the contractor's records or rows once; names
-- are looked up by themselves (OFFSET 0).

INSERT INTO found_records (id, coperniq_type, record_key, coperniq_id)
SELECT
    c.id,
    c.coperniq_type,
    c.record_key,
    c.coperniq_id
FROM coperniq_records AS c
WHERE
    c.contractor_config_id = %(contractor)s
    AND (
        c.id IN (SELECT id FROM found_rows)
        OR c.csv_import_record_id IN (SELECT id FROM found_rows)
        -- What a record was called before it was corrected may be whose that is.
        OR (
            c.coperniq_type = 'Contact'
            AND %(email)s = ANY(c.names)
            AND NOT coalesce(%(email)s = ANY(c.former_names), FALSE)
        )
        -- The key of an error may be another's: what is wrong with the row may be its key.
        OR (c.coperniq_type, c.record_key) IN (
            SELECT
                f.coperniq_type,
                r.record_key
            FROM found_rows AS f
            INNER JOIN csv_import_records AS r ON f.id = r.id AND f.csv_import_id = r.csv_import_id
            WHERE r.status <> 'error' AND r.record_key IS NOT NULL
        )
    )
ON CONFLICT DO NOTHING
;

-- Records whose parent is the person's; one that was in Coperniq before the pipeline came may say so in its values alone.
INSERT INTO found_records (id, coperniq_type, record_key, coperniq_id)
SELECT
    c.id,
    c.coperniq_type,
    c.record_key,
    c.coperniq_id
FROM coperniq_records AS c
INNER JOIN identifying AS f ON c.coperniq_type = f.coperniq_type
INNER JOIN found_records AS p ON f.parent_type = p.coperniq_type AND coalesce(c.parent_ids ->> f.field, c.sent_data ->> f.field) = p.coperniq_id
WHERE c.contractor_config_id = %(contractor)s
ON CONFLICT DO NOTHING
;

-- The rows of records and of forms, and what gave way to a row.
INSERT INTO found_rows (id, csv_import_id, coperniq_type)
SELECT
    r.id,
    r.csv_import_id,
    m.coperniq_type
FROM csv_imports AS m
INNER JOIN csv_import_records AS r ON m.id = r.csv_import_id
WHERE
    m.contractor_config_id = %(contractor)s
    AND r.erased_at IS NULL
    AND (
        r.id IN (SELECT id FROM found_records)
        OR r.id IN (
            SELECT c.csv_import_record_id
            FROM found_records AS f
            INNER JOIN coperniq_records AS c ON f.id = c.id
            WHERE c.csv_import_record_id IS NOT NULL
        )
        OR (m.coperniq_type, r.record_key) IN (SELECT
            coperniq_type,
            record_key
        FROM found_records)
        OR (m.coperniq_type, r.coperniq_id) IN (
            SELECT
                coperniq_type,
                coperniq_id
            FROM found_records
            WHERE coperniq_id IS NOT NULL
        )
        OR r.replaced_by_id IN (SELECT id FROM found_rows)
        OR r.id IN (
            SELECT e.csv_import_record_id
            FROM found_forms AS f
            INNER JOIN form_exports AS e ON f.id = e.form_submission_id
        )
    )
ON CONFLICT DO NOTHING
;

-- Every attempt at a row. What is wrong with one that is an error, or was refused, may be whose it is: another attempt
-- is the person's, too, where it has the same key; each is looked up by itself (OFFSET 0).
INSERT INTO found_rows (id, csv_import_id, coperniq_type)
SELECT DISTINCT
    attempt.id,
    attempt.csv_import_id,
    m.coperniq_type
FROM found_rows AS f
INNER JOIN csv_import_records AS r ON f.id = r.id AND f.csv_import_id = r.csv_import_id
CROSS JOIN LATERAL (
    SELECT *
    FROM csv_import_records AS a
    WHERE a.corrects_record_id = r.id OR a.corrected_by_id = r.id OR a.id = r.corrects_record_id
    OFFSET 0
) AS attempt
INNER JOIN csv_imports AS m ON attempt.csv_import_id = m.id
WHERE
    m.contractor_config_id = %(contractor)s
    AND attempt.erased_at IS NULL
    AND ((r.status <> 'error' AND r.refused_at IS NULL) OR attempt.record_key = r.record_key)
ON CONFLICT DO NOTHING
;

-- Pairs of customers that are probably one, by any key that was ever the person's.
WITH keys AS (
    SELECT %(email)s::TEXT AS key
    UNION
    SELECT record_key
    FROM found_records
    WHERE coperniq_type = 'Contact'
    UNION
    SELECT r.record_key
    FROM found_rows AS f
    INNER JOIN csv_import_records AS r ON f.id = r.id AND f.csv_import_id = r.csv_import_id
    WHERE f.coperniq_type = 'Contact' AND r.status <> 'error' AND r.record_key IS NOT NULL
)

INSERT INTO found_pairs (id)
SELECT d.id
FROM possible_duplicates AS d
WHERE
    d.contractor_config_id = %(contractor)s
    AND (d.first_key IN (SELECT key FROM keys) OR d.second_key IN (SELECT key FROM keys))
ON CONFLICT DO NOTHING
;

-- The names by which rows call what was found; one that another record has, too, may mean that one.
INSERT INTO found_names (coperniq_type, name)
SELECT DISTINCT
    given.coperniq_type,
    given.name
FROM (
    SELECT
        f.coperniq_type,
        unnest(c.names || f.record_key || normalise_key(f.coperniq_id)) AS name
    FROM found_records AS f
    INNER JOIN coperniq_records AS c ON f.id = c.id
    UNION
    SELECT
        f.coperniq_type,
        unnest(r.names) AS name
    FROM found_rows AS f
    INNER JOIN csv_import_records AS r ON f.id = r.id AND f.csv_import_id = r.csv_import_id
) AS given
WHERE
    given.name IS NOT NULL
    AND NOT starts_with(given.name, 'client: ')
    AND NOT EXISTS (
        SELECT
        FROM (
            SELECT record_id
            FROM coperniq_record_names
            WHERE
                name_hash = hashtextextended(
                    given.name, hashtextextended(given.coperniq_type, uuid_hash_extended(%(contractor)s, 0))
                )
            OFFSET 0
        ) AS listed
        CROSS JOIN LATERAL (
            SELECT *
            FROM coperniq_records
            WHERE id = listed.record_id
            OFFSET 0
        ) AS other
        WHERE
            given.name = ANY(other.names)
            AND other.contractor_config_id = %(contractor)s
            AND other.id NOT IN (SELECT id FROM found_records)
    )
ON CONFLICT DO NOTHING
;

-- The rows that call one of them their parent. By any name of a client, his site is meant.
INSERT INTO found_rows (id, csv_import_id, coperniq_type)
SELECT DISTINCT
    r.id,
    r.csv_import_id,
    m.coperniq_type
FROM csv_imports AS m
INNER JOIN csv_import_records AS r ON m.id = r.csv_import_id
INNER JOIN identifying AS f ON m.coperniq_type = f.coperniq_type
INNER JOIN found_names AS n ON r.parent_keys ->> f.field = n.name
WHERE
    m.contractor_config_id = %(contractor)s
    AND r.erased_at IS NULL
    AND (n.coperniq_type = f.parent_type OR (f.parent_type = 'Site' AND n.coperniq_type = 'Contact'))
ON CONFLICT DO NOTHING
;

-- Those that are errors say it in their cells alone.
INSERT INTO found_rows (id, csv_import_id, coperniq_type)
SELECT DISTINCT
    r.id,
    r.csv_import_id,
    m.coperniq_type
FROM csv_imports AS m
INNER JOIN identifying_columns AS c ON m.id = c.csv_import_id AND c.parent_type IS NOT NULL
INNER JOIN csv_import_records AS r ON m.id = r.csv_import_id
INNER JOIN found_names AS n
    ON
        n.name = coalesce(
            normalise_phone(r.record_data ->> c.header), normalise_key(r.record_data ->> c.header)
        )
WHERE
    m.contractor_config_id = %(contractor)s
    AND r.erased_at IS NULL
    AND r.status = 'error'
    AND r.parent_keys IS NULL
    AND (n.coperniq_type = c.parent_type OR (c.parent_type = 'Site' AND n.coperniq_type = 'Contact'))
ON CONFLICT DO NOTHING
;

-- The forms of rows, and what a form revises or is revised by.
INSERT INTO found_forms (id)
SELECT s.id
FROM mep_form_submissions AS s
WHERE
    s.contractor_config_id = %(contractor)s
    AND s.erased_at IS NULL
    AND (
        s.id IN (
            SELECT e.form_submission_id
            FROM found_rows AS f
            INNER JOIN form_exports AS e ON f.id = e.csv_import_record_id
        )
        OR s.parent_submission_id IN (SELECT id FROM found_forms)
        OR s.id IN (
            SELECT child.parent_submission_id
            FROM found_forms AS f
            INNER JOIN mep_form_submissions AS child ON f.id = child.id
        )
    )
ON CONFLICT DO NOTHING
