-- Makes asked: the rows that the sendable ones of an import are other attempts at, for owners.sql.
-- Parameters: import.

DROP TABLE IF EXISTS pg_temp.owners
;

CREATE TEMP TABLE asked ON COMMIT DROP AS
SELECT DISTINCT corrects_record_id AS row_id
FROM csv_import_records
WHERE csv_import_id = %(import)s AND status IN ('valid', 'warning') AND corrects_record_id IS NOT NULL
