-- Rows that another row has replaced before they were sent. Reads the temporary table replaced (id, by_id, remark).

-- Each is looked up, however few the planner believes there to be.
SET LOCAL enable_hashjoin = off
;

SET LOCAL enable_mergejoin = off
;

UPDATE csv_import_records AS r
SET replaced_by_id = replaced.by_id, error_message = concat_ws(' ', r.error_message, replaced.remark)
FROM replaced
WHERE r.id = replaced.id
;

-- What had given way to such a row gives way to the same one.
UPDATE csv_import_records AS r
SET replaced_by_id = replaced.by_id
FROM replaced
WHERE r.replaced_by_id = replaced.id
;

SET LOCAL enable_hashjoin TO DEFAULT
;

SET LOCAL enable_mergejoin TO DEFAULT
