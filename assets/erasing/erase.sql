-- Erases what was found. Parameters: contractor, email, pattern, salt. Needs what find.sql and follow.sql made, and first
-- messages.sql and headers.sql: a key, or a header, that is quoted is found whole. A key becomes a hash, with a salt that is
-- kept nowhere: rows of one key still have one, and nobody can try keys.

DELETE FROM possible_duplicates AS d
USING found_pairs AS f
WHERE d.id = f.id
;

DELETE FROM customer_blocks AS b
USING found_records AS f
WHERE b.record_id = f.id
;

-- What was never sent never is; what Coperniq has, or has refused, stays known, under a hash.
DELETE FROM coperniq_records AS c
USING found_records AS f
WHERE c.id = f.id AND c.state IN ('waiting', 'ready') AND c.coperniq_id IS NULL
;

UPDATE coperniq_records AS c
SET
    record_key = erased_key(c.record_key, %(salt)s),
    state = CASE WHEN c.state = 'rejected' THEN c.state ELSE 'synced' END,
    names = '{}',
    former_names = NULL,
    parent_keys = NULL,
    waiting_for = NULL,
    sent_data = CASE WHEN c.sent_data IS NOT NULL THEN '{}'::JSONB END,
    updated_at = now()
FROM found_records AS f
WHERE c.id = f.id
;

-- The address as what somebody else was called by mistake.
UPDATE coperniq_records AS c
SET
    names = array_remove(c.names, %(email)s),
    former_names = array_remove(c.former_names, %(email)s),
    updated_at = now()
WHERE c.contractor_config_id = %(contractor)s AND %(email)s = ANY(c.former_names)
;

WITH erased AS (
    UPDATE csv_import_records AS r
    SET
        record_data = '{}',
        record_key = erased_key(r.record_key, %(salt)s),
        error_message = CASE WHEN r.error_message IS NOT NULL THEN 'Erased.' END,
        mapped_data = NULL,
        names = NULL,
        parent_keys = NULL,
        erased_at = now()
    FROM found_rows AS f
    WHERE r.id = f.id AND r.csv_import_id = f.csv_import_id
    RETURNING r.csv_import_id
)

INSERT INTO changed_imports (id)
SELECT DISTINCT csv_import_id
FROM erased
;

-- What was repaired of a row is said with the values that it had.
UPDATE data_lineage AS l
SET transformation_applied = NULL
FROM found_rows AS f
WHERE l.csv_import_record_id = f.id
;

-- In another's row the address alone goes.
WITH named AS (
    UPDATE csv_import_records AS r
    SET
        record_data = regexp_replace(r.record_data::TEXT, %(pattern)s, '[erased]', 'gi')::JSONB,
        mapped_data = regexp_replace(r.mapped_data::TEXT, %(pattern)s, '[erased]', 'gi')::JSONB,
        error_message = regexp_replace(r.error_message, %(pattern)s, '[erased]', 'gi')
    FROM naming AS n
    WHERE r.id = n.id AND r.csv_import_id = n.csv_import_id AND n.id NOT IN (SELECT id FROM found_rows)
    RETURNING r.csv_import_id
)

INSERT INTO changed_imports (id)
SELECT DISTINCT csv_import_id
FROM named
;

UPDATE data_lineage AS l
SET transformation_applied = regexp_replace(l.transformation_applied, %(pattern)s, '[erased]', 'gi')
FROM naming AS n
WHERE l.csv_import_record_id = n.id AND n.id NOT IN (SELECT id FROM found_rows)
;

UPDATE coperniq_records AS c
SET sent_data = regexp_replace(c.sent_data::TEXT, %(pattern)s, '[erased]', 'gi')::JSONB
WHERE
    c.contractor_config_id = %(contractor)s
    AND CASE WHEN strpos(lower(c.sent_data::TEXT), %(email)s) > 0 THEN c.sent_data::TEXT ~* %(pattern)s ELSE false END
;

UPDATE csv_imports AS m
SET
    error_summary = regexp_replace(m.error_summary::TEXT, %(pattern)s, '[erased]', 'gi')::JSONB,
    warnings = regexp_replace(m.warnings::TEXT, %(pattern)s, '[erased]', 'gi')::TEXT [],
    imported_by = regexp_replace(m.imported_by, %(pattern)s, '[erased]', 'gi')
WHERE
    m.contractor_config_id = %(contractor)s
    AND concat_ws(E'\n', m.error_summary, m.warnings, m.imported_by) ~* %(pattern)s
;

UPDATE alerts AS a
SET said = regexp_replace(a.said, %(pattern)s, '[erased]', 'gi')
WHERE a.contractor_config_id = %(contractor)s AND a.said ~* %(pattern)s
;

UPDATE inbox_files AS i
SET refused = regexp_replace(i.refused, %(pattern)s, '[erased]', 'gi')
WHERE i.contractor_config_id = %(contractor)s AND i.refused ~* %(pattern)s
;

UPDATE mep_template_usage AS u
SET user_email = NULL
WHERE u.contractor_config_id = %(contractor)s AND normalise_key(u.user_email) = %(email)s
;

UPDATE possible_duplicates AS d
SET decided_by = 'erased'
WHERE d.contractor_config_id = %(contractor)s AND d.decided_by ~* %(pattern)s
;

UPDATE mep_contractor_configs AS m
SET created_by = 'erased'
WHERE m.id = %(contractor)s AND m.created_by ~* %(pattern)s
;

-- Mappings are of all contractors, and go with the one that was added first; whoever writes them otherwise is written down as who confirmed them.
SELECT set_config('mep.field_mapping_writer', 'sync', TRUE)
;

UPDATE coperniq_field_mapping AS f
SET confirmed_by = 'erased'
WHERE
    f.confirmed_by ~* %(pattern)s
    AND %(contractor)s = (SELECT id FROM mep_contractor_configs ORDER BY created_at, id LIMIT 1)
;

SELECT set_config('mep.field_mapping_writer', '', TRUE)
