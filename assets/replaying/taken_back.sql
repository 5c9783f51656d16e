-- Makes taken_back: the rows of an import's replays that were taken back from them, so that those before stand again.
-- Parameters: import, line (the import and its replays).

-- A nested loop would look at every pair: no index leads from a row to its record.
SET LOCAL enable_nestloop = off
;

CREATE TEMP TABLE taken_back ON COMMIT DROP AS
SELECT r.id
FROM public.csv_import_records AS r
LEFT JOIN coperniq_records AS c ON r.csv_import_id = c.csv_import_id AND r.id = c.csv_import_record_id
WHERE
    r.csv_import_id = ANY(%(line)s::UUID [])
    AND r.csv_import_id <> %(import)s
    AND r.status IN ('valid', 'warning')
    AND r.coperniq_id IS NULL
    AND r.replaced_by_id IS NULL
    AND c.id IS NULL
;

SET LOCAL enable_nestloop TO DEFAULT
