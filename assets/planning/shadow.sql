-- Puts temporary tables before the tables that importing and sending write: they have the same names, columns, indexes
-- and triggers, and hold what is known of one contractor. What follows in the transaction reads and writes these.
-- Parameters: contractor.

CREATE TEMP TABLE csv_imports (LIKE public.csv_imports INCLUDING ALL) ON COMMIT DROP
;

CREATE TEMP TABLE csv_column_mapping (LIKE public.csv_column_mapping INCLUDING ALL) ON COMMIT DROP
;

CREATE TEMP TABLE csv_import_records (LIKE public.csv_import_records INCLUDING ALL) ON COMMIT DROP
;

CREATE TEMP TABLE coperniq_records (LIKE public.coperniq_records INCLUDING ALL) ON COMMIT DROP
;

CREATE TEMP TABLE coperniq_record_names (LIKE public.coperniq_record_names INCLUDING ALL) ON COMMIT DROP
;

INSERT INTO pg_temp.csv_imports
SELECT *
FROM public.csv_imports
WHERE contractor_config_id = %(contractor)s
;

-- Imports are read in the order in which they were registered; here that is all one transaction.
ALTER TABLE pg_temp.csv_imports ALTER COLUMN created_at SET DEFAULT clock_timestamp()
;

INSERT INTO pg_temp.csv_column_mapping
SELECT m.*
FROM public.csv_column_mapping AS m
INNER JOIN pg_temp.csv_imports AS i ON m.csv_import_id = i.id
;

-- Of earlier rows those that may still be sent: of records that are not settled, and of imports that are not entered.
INSERT INTO pg_temp.csv_import_records
SELECT r.*
FROM public.coperniq_records AS c
INNER JOIN public.csv_import_records AS r ON c.csv_import_record_id = r.id AND c.csv_import_id = r.csv_import_id
WHERE c.contractor_config_id = %(contractor)s AND c.state <> 'synced'
UNION ALL
SELECT r.*
FROM pg_temp.csv_imports AS i
INNER JOIN public.csv_import_records AS r ON i.id = r.csv_import_id
WHERE i.entered_at IS NULL AND i.source_path IS NOT NULL AND i.status IN ('success', 'partial_success')
;

-- Every trigger and its function, and what is open, word for word, but for the tables.
DO $shadow$
DECLARE
    c_tables CONSTANT TEXT[] :=
        '{csv_imports,csv_column_mapping,csv_import_records,coperniq_records,coperniq_record_names}';
    v_path TEXT := current_setting('search_path');
    v_names TEXT;
    v_statement TEXT;
BEGIN
    -- So that every name is written out whole.
    PERFORM set_config('search_path', '', TRUE);
    CREATE TEMP TABLE copied ON COMMIT DROP AS
    SELECT t.oid AS trigger_oid, t.tgfoid AS function_oid, p.proname AS function_name
    FROM pg_catalog.pg_trigger AS t
    INNER JOIN pg_catalog.pg_proc AS p ON t.tgfoid = p.oid
    INNER JOIN pg_catalog.pg_class AS c ON t.tgrelid = c.oid
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace AND c.relname = ANY (c_tables);

    SELECT format('\mpublic\.(%s)\M', string_agg(name, '|')) INTO v_names
    FROM (SELECT unnest(c_tables) UNION SELECT function_name FROM pg_temp.copied) AS copied (name);

    FOR v_statement IN
        SELECT DISTINCT pg_get_functiondef(function_oid) FROM pg_temp.copied
    LOOP
        EXECUTE regexp_replace(v_statement, v_names, 'pg_temp.\1', 'g');
    END LOOP;
    FOR v_statement IN
        SELECT pg_get_triggerdef(trigger_oid) FROM pg_temp.copied ORDER BY 1
    LOOP
        EXECUTE regexp_replace(v_statement, v_names, 'pg_temp.\1', 'g');
    END LOOP;
    DROP TABLE pg_temp.copied;
    EXECUTE 'CREATE TEMP VIEW open_csv_import_records AS '
        || regexp_replace(pg_get_viewdef('public.open_csv_import_records'::REGCLASS), v_names, 'pg_temp.\1', 'g');
    PERFORM set_config('search_path', v_path, TRUE);
END;
$shadow$
;

-- The triggers list the names.
INSERT INTO pg_temp.coperniq_records
SELECT *
FROM public.coperniq_records
WHERE contractor_config_id = %(contractor)s
;

ANALYZE pg_temp.csv_imports, pg_temp.coperniq_records, pg_temp.coperniq_record_names
