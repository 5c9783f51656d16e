-- What others' rows say of the person's records, by their keys: a name that may mean either of two is said with both.
-- Parameters: contractor, pattern. Needs changed_imports.

WITH said AS (
    UPDATE csv_import_records AS r
    SET error_message = regexp_replace(r.error_message, %(pattern)s, '[erased]', 'gi')
    FROM csv_imports AS m
    WHERE
        m.contractor_config_id = %(contractor)s
        AND r.csv_import_id = m.id
        AND r.erased_at IS NULL
        AND r.error_message ~* %(pattern)s
    RETURNING r.csv_import_id
)

INSERT INTO changed_imports (id)
SELECT DISTINCT csv_import_id
FROM said
;

UPDATE coperniq_records AS c
SET waiting_for = regexp_replace(c.waiting_for, %(pattern)s, '[erased]', 'gi')
WHERE c.contractor_config_id = %(contractor)s AND c.waiting_for ~* %(pattern)s
