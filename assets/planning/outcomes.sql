-- Makes outcomes: what becomes of each row of the planned imports, and what is said of it.
-- Parameters: imports, unsendable (why types cannot be sent, by type). Needs planned and refused.

CREATE TEMP TABLE outcomes ON COMMIT DROP AS
SELECT
    r.csv_import_id,
    r.record_number,
    r.id AS row_id,
    r.status = 'warning' AS is_warned,
    CASE
        WHEN r.status = 'error' THEN 'rejected'
        WHEN r.status = 'duplicate' THEN 'duplicate'
        WHEN r.status = 'skipped' THEN 'unchanged'
        WHEN p.operation IS NOT NULL THEN p.operation
        WHEN c.id IS NULL THEN 'replaced'
        WHEN c.state = 'rejected' THEN 'rejected'
        ELSE 'waiting'
    END AS outcome,
    CASE
        WHEN c.state IN ('in_flight', 'unknown') THEN 'an earlier request whose outcome is open'
        ELSE coalesce(c.waiting_for, %(unsendable)s::JSONB ->> c.coperniq_type, 'being sent')
    END AS waits_for,
    coalesce(x.said, r.error_message) AS said
FROM csv_import_records AS r
LEFT JOIN planned AS p ON r.id = p.row_id
LEFT JOIN coperniq_records AS c ON r.id = c.csv_import_record_id AND r.csv_import_id = c.csv_import_id
LEFT JOIN refused AS x ON c.id = x.record_id
WHERE r.csv_import_id = ANY(%(imports)s)
;

ANALYZE outcomes
