-- Finds the parents of a contractor's waiting records of one type, and makes ready those whose parents are in Coperniq.
-- Parameters: contractor, type, parents {field: type}, key_field (the reference in the natural key).

CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT
    c.id,
    reference.key AS field,
    reference.value AS name,
    r.mapped_data ->> reference.key AS given
FROM coperniq_records AS c
INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id
CROSS JOIN LATERAL jsonb_each_text(c.parent_keys) AS reference
WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s AND c.state = 'waiting'
;

-- A name of a record, else its very Coperniq id. One row for each distinct reference.
CREATE TEMP TABLE answers ON COMMIT DROP AS
WITH used AS (
    SELECT DISTINCT
        field,
        name,
        given
    FROM wanted
),

candidates AS (
    SELECT
        used.field,
        used.name,
        used.given,
        known.record_id
    FROM used
    INNER JOIN coperniq_record_names AS known
        ON
            known.contractor_config_id = %(contractor)s
            AND known.coperniq_type = %(parents)s::JSONB ->> used.field
            AND known.name = used.name
    UNION
    SELECT
        used.field,
        used.name,
        used.given,
        c.id
    FROM used
    INNER JOIN coperniq_records AS c
        ON
            c.contractor_config_id = %(contractor)s
            AND c.coperniq_type = %(parents)s::JSONB ->> used.field
            AND c.coperniq_id = used.given
)

SELECT
    used.field,
    used.name,
    used.given,
    count(parent.id) AS candidates,
    min(parent.coperniq_id) AS coperniq_id,
    min(parent.record_key) AS parent_key,
    max(parent.record_key) AS other_key,
    bool_or(parent.state = 'rejected') AS refused,
    %(parents)s::JSONB ->> used.field AS parent_type
FROM used
LEFT JOIN candidates USING (field, name, given)
LEFT JOIN coperniq_records AS parent ON candidates.record_id = parent.id
GROUP BY used.field, used.name, used.given
;

-- Ambiguous since its import was closed: refused here, with the reason on the row.
WITH refused AS (
    UPDATE coperniq_records AS c
    SET state = 'rejected', waiting_for = NULL, updated_at = now()
    FROM wanted AS w
    INNER JOIN answers AS a USING (field, name, given)
    WHERE c.id = w.id AND a.candidates > 1
    RETURNING c.csv_import_record_id, a.given, a.parent_key, a.other_key
)

UPDATE csv_import_records AS r
SET
    error_message = concat_ws(' ', r.error_message, format(
        '"%%s" is ambiguous: it may be %%s or %%s. Name one of them. Correct row %%s and send the file again.',
        left(refused.given, 80), left(refused.parent_key, 80), left(refused.other_key, 80), r.record_number
    ))
FROM refused
WHERE r.id = refused.csv_import_record_id
;

-- A parent that was not known when the record was entered is known now: the record's key takes the parent's own key.
CREATE TEMP TABLE rekeyed ON COMMIT DROP AS
SELECT
    c.id,
    c.csv_import_id,
    c.csv_import_record_id,
    c.record_number,
    c.parent_keys,
    btrim(replace(' | ' || c.record_key || ' | ', ' | ' || a.name || ' | ', ' | ' || a.parent_key || ' | '), ' |') AS identity
FROM coperniq_records AS c
INNER JOIN wanted AS w ON c.id = w.id
INNER JOIN answers AS a USING (field, name, given)
WHERE w.field = %(key_field)s::TEXT AND a.candidates = 1 AND a.parent_key <> a.name AND c.coperniq_id IS NULL
;

DELETE FROM rekeyed AS k
USING coperniq_records AS c
WHERE c.id = k.id AND c.record_key = k.identity
;

WITH first AS (
    SELECT DISTINCT ON (identity)
        id,
        identity
    FROM rekeyed
    ORDER BY identity, csv_import_id, record_number
),

moved AS (
    UPDATE coperniq_records AS c
    SET record_key = first.identity, updated_at = now()
    FROM first
    WHERE
        c.id = first.id
        AND NOT EXISTS (
            SELECT 1
            FROM coperniq_records AS o
            WHERE
                o.contractor_config_id = %(contractor)s
                AND o.coperniq_type = %(type)s
                AND o.record_key = first.identity
        )
    RETURNING c.id
)

DELETE FROM rekeyed WHERE id IN (SELECT id FROM moved)
;

-- What is left is the same record as one that is known: its row gives the known record its values.
WITH latest AS (
    SELECT DISTINCT ON (identity) *
    FROM rekeyed
    ORDER BY identity ASC, csv_import_id DESC, record_number DESC
)

UPDATE coperniq_records AS c
SET
    state = CASE WHEN c.state IN ('in_flight', 'unknown') THEN c.state ELSE 'waiting' END,
    csv_import_id = latest.csv_import_id,
    csv_import_record_id = latest.csv_import_record_id,
    record_number = latest.record_number,
    parent_keys = latest.parent_keys,
    parent_ids = CASE WHEN c.state IN ('in_flight', 'unknown') THEN c.parent_ids ELSE '{}' END,
    updated_at = now()
FROM latest
WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s AND c.record_key = latest.identity
;

DELETE FROM coperniq_records WHERE id IN (SELECT id FROM rekeyed)
;

WITH resolved AS (
    SELECT
        w.id,
        jsonb_object_agg(w.field, a.coperniq_id) FILTER (WHERE a.coperniq_id IS NOT NULL) AS parent_ids,
        string_agg(
            format(
                '%%s "%%s"%%s', a.parent_type, left(w.given, 80),
                CASE
                    WHEN a.refused THEN ', which was refused'
                    WHEN a.candidates = 0 THEN ', which no file has'
                    ELSE ', which waits itself'
                END
            ), '; ' ORDER BY w.field
        ) FILTER (WHERE a.coperniq_id IS NULL) AS waiting_for
    FROM wanted AS w
    INNER JOIN answers AS a USING (field, name, given)
    GROUP BY w.id
)

UPDATE coperniq_records AS c
SET
    state = CASE WHEN resolved.waiting_for IS NULL THEN 'ready' ELSE 'waiting' END::delivery_state,
    parent_ids = coalesce(resolved.parent_ids, '{}'),
    waiting_for = resolved.waiting_for,
    updated_at = now()
FROM resolved
WHERE c.id = resolved.id AND c.state = 'waiting'
;

-- Records that took over a row's values above wait for the next pass; a record without references has nothing to wait for.
UPDATE coperniq_records
SET state = 'ready', updated_at = now()
WHERE
    contractor_config_id = %(contractor)s
    AND coperniq_type = %(type)s
    AND state = 'waiting'
    AND parent_keys IS NULL
