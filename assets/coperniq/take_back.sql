-- Takes rows back, for good: what had given way to one of them before it was sent has its turn again.
-- Parameters: deleted (whether Coperniq has the records no more), remark (for the rows). Needs leaving: of each record
-- its id, row_id and import_id of the row that is taken back, and later_id, the row that has come in its place already.

-- Each is looked up, however few the planner believes there to be.
SET LOCAL enable_hashjoin = off
;

SET LOCAL enable_mergejoin = off
;

CREATE TEMP TABLE in_line ON COMMIT DROP AS
SELECT
    leaving.id AS record_id,
    r.id,
    r.csv_import_id,
    coalesce(leaving.later_id, first_value(r.id) OVER (
        PARTITION BY leaving.id ORDER BY m.created_at DESC, r.csv_import_id, r.record_number
    )) AS next_id,
    format(
        'Row %%s of %%s was rolled back: this row has its turn again.', gone.record_number, undone.import_name
    ) AS remark
FROM leaving
INNER JOIN csv_import_records AS r ON leaving.row_id = r.replaced_by_id AND leaving.import_id <> r.csv_import_id
INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
INNER JOIN csv_import_records AS gone ON leaving.row_id = gone.id AND leaving.import_id = gone.csv_import_id
INNER JOIN csv_imports AS undone ON leaving.import_id = undone.id
;

UPDATE csv_import_records AS r
SET
    replaced_by_id = nullif(in_line.next_id, r.id),
    error_message = CASE
        WHEN in_line.next_id = r.id THEN concat_ws(' ', r.error_message, in_line.remark) ELSE r.error_message
    END
FROM in_line
WHERE r.id = in_line.id AND r.csv_import_id = in_line.csv_import_id
;

UPDATE coperniq_records AS c
SET
    state = CASE WHEN r.parent_keys IS NULL THEN 'ready' ELSE 'waiting' END::delivery_state,
    coperniq_id = CASE WHEN NOT %(deleted)s THEN c.coperniq_id END,
    sent_data = CASE WHEN NOT %(deleted)s THEN c.sent_data END,
    csv_import_id = r.csv_import_id,
    csv_import_record_id = r.id,
    record_number = r.record_number,
    parent_keys = r.parent_keys,
    parent_ids = '{}',
    waiting_for = NULL,
    claim_id = NULL,
    undone_record_id = NULL,
    updated_at = now()
FROM (
    SELECT
        id,
        later_id AS row_id
    FROM leaving
    UNION
    SELECT
        record_id,
        next_id
    FROM in_line
) AS turn
INNER JOIN csv_import_records AS r ON turn.row_id = r.id
WHERE c.id = turn.id
;

-- A record that Coperniq has goes back to the row that was sent last.
UPDATE coperniq_records AS c
SET
    state = 'synced',
    waiting_for = NULL,
    (csv_import_id, csv_import_record_id, record_number, parent_keys) = (
        SELECT
            r.csv_import_id,
            r.id,
            r.record_number,
            r.parent_keys
        FROM data_lineage AS l
        INNER JOIN csv_import_records AS r ON l.csv_import_record_id = r.id
        WHERE
            l.coperniq_entity_type = c.coperniq_type
            AND l.coperniq_entity_id = c.coperniq_id
            AND l.contractor_config_id = c.contractor_config_id
        ORDER BY l.updated_at DESC
        LIMIT 1
    ),
    updated_at = now()
FROM leaving
WHERE
    c.id = leaving.id
    AND c.csv_import_record_id = leaving.row_id
    AND c.coperniq_id IS NOT NULL
    AND NOT %(deleted)s
;

DELETE FROM coperniq_records AS c
USING leaving
WHERE
    c.id = leaving.id
    AND (c.csv_import_record_id = leaving.row_id) IS NOT FALSE
    AND (c.coperniq_id IS NULL OR %(deleted)s)
;

UPDATE data_lineage AS l
SET deleted_at = clock_timestamp()
FROM leaving
WHERE l.csv_import_record_id = leaving.row_id AND %(deleted)s
;

-- What forms say of rows whose turn comes again is asked anew.
UPDATE mep_form_submissions AS s
SET coperniq_import_status = 'pending'
FROM (SELECT DISTINCT csv_import_id FROM in_line) AS of
INNER JOIN form_exports AS e ON of.csv_import_id = e.csv_import_id
WHERE s.id = e.form_submission_id
;

UPDATE csv_import_records AS r
SET
    coperniq_id = NULL,
    error_message = concat_ws(' ', r.error_message, %(remark)s::TEXT),
    withdrawn_at = now()
FROM leaving
WHERE r.id = leaving.row_id AND r.csv_import_id = leaving.import_id
;

SET LOCAL enable_hashjoin TO DEFAULT
;

SET LOCAL enable_mergejoin TO DEFAULT
;

-- What they had put right needs work again. Each is looked up by itself (OFFSET 0).
SELECT
    reopen_records(ARRAY(
        SELECT r.id
        FROM leaving
        CROSS JOIN LATERAL (
            SELECT id
            FROM csv_import_records
            WHERE corrected_by_id = leaving.row_id
            OFFSET 0
        ) AS r
    ))
