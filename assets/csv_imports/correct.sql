-- What the attempts of a settled import have put right: the rows that they name, and every other attempt at those.
-- Parameters: import. Needs superseded.

CREATE TEMP TABLE corrected ON COMMIT DROP AS
WITH RECURSIVE earlier AS (
    SELECT
        r.id AS attempt_id,
        r.status = 'duplicate' AS is_duplicate,
        r.record_number,
        r.corrects_record_id AS id
    FROM csv_import_records AS r
    WHERE r.csv_import_id = %(import)s AND r.corrects_record_id IS NOT NULL AND r.status <> 'error'
        AND (r.status <> 'duplicate' OR NOT EXISTS (
            SELECT FROM csv_import_records AS other
            WHERE other.csv_import_id = r.csv_import_id AND other.corrects_record_id = r.corrects_record_id
                AND other.status = 'error'
        ))
    UNION ALL
    SELECT
        e.attempt_id,
        e.is_duplicate,
        e.record_number,
        r.corrects_record_id
    FROM earlier AS e
    INNER JOIN csv_import_records AS r ON e.id = r.id
    WHERE r.corrects_record_id IS NOT NULL
),

attempts AS (
    SELECT * FROM earlier
    UNION
    SELECT
        a.attempt_id,
        a.is_duplicate,
        a.record_number,
        r.id
    FROM attempts AS a
    INNER JOIN csv_import_records AS r ON a.id = r.corrects_record_id
)

SELECT DISTINCT ON (r.id)
    r.id,
    r.csv_import_id,
    a.attempt_id
FROM attempts AS a
INNER JOIN csv_import_records AS r ON a.id = r.id
INNER JOIN open_csv_import_records AS o ON r.id = o.csv_import_record_id
WHERE r.id <> a.attempt_id
ORDER BY r.id, a.is_duplicate, a.record_number
;

-- Where a later file has brought the record, its row has put it right.
UPDATE csv_import_records AS r
SET corrected_by_id = coalesce(s.by_id, c.attempt_id)
FROM corrected AS c
LEFT JOIN superseded AS s ON c.attempt_id = s.id
WHERE r.id = c.id
;

SELECT recount_open_records(ARRAY(SELECT DISTINCT csv_import_id FROM corrected))
;

-- What is still wrong stands in the fix file of the attempt from now on.
UPDATE csv_imports AS parent
SET handed_back_at = 'epoch'
FROM csv_imports AS i
WHERE i.id = %(import)s AND parent.id = i.parent_import_id AND parent.handed_back_at IS NOT NULL
;

DROP TABLE corrected
