-- Adds the rows of an import to the shadow, and the rows of others that have put them right.
-- Parameters: import.

-- Rows of an import that is done are not added to it by anybody else.
ALTER TABLE pg_temp.csv_import_records DISABLE TRIGGER USER
;

INSERT INTO pg_temp.csv_import_records
SELECT *
FROM public.csv_import_records
WHERE csv_import_id = %(import)s
ON CONFLICT DO NOTHING
;

INSERT INTO pg_temp.csv_import_records
SELECT a.*
FROM pg_temp.csv_import_records AS r
INNER JOIN public.csv_import_records AS a ON r.corrected_by_id = a.id
WHERE r.csv_import_id = %(import)s
ON CONFLICT DO NOTHING
;

ALTER TABLE pg_temp.csv_import_records ENABLE TRIGGER USER
;

ANALYZE pg_temp.csv_import_records
