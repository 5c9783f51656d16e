-- Makes compared: what each row that was judged again is now, beside what it was; and why one that differs is left alone.
-- Parameters: judged (the import of the rows as they are now), contractor, type. Needs standing, owned, later, and the
-- identities and repeats of that import.

CREATE TEMP TABLE compared ON COMMIT DROP AS
SELECT
    s.record_number,
    n.id AS row_id,
    s.status AS old_status,
    n.status AS new_status,
    s.result AS before,
    now.result AS after,
    s.result IS DISTINCT FROM now.result AS differs,
    n.error_message AS said,
    coalesce(i.identity, n.record_key) AS record_key,
    NULL::TEXT AS reason
FROM standing AS s
INNER JOIN csv_import_records AS n ON n.csv_import_id = %(judged)s AND s.record_number = n.record_number
LEFT JOIN identities AS i ON n.id = i.id
CROSS JOIN LATERAL (
    SELECT CASE WHEN n.status IN ('valid', 'warning', 'skipped') THEN n.mapped_data END AS result
) AS now
;

CREATE UNIQUE INDEX ON compared (record_number)
;

ANALYZE compared
;

-- Whose key is another record's: a newer one's, or one that is in Coperniq beside its own.
UPDATE compared AS d
SET reason = CASE WHEN o.record_id IS NULL THEN 'superseded' ELSE 'taken' END
FROM compared AS found
LEFT JOIN owned AS o ON found.record_number = o.record_number
INNER JOIN coperniq_records AS c
    ON
        c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(type)s
        AND found.record_key = c.record_key
WHERE
    d.record_number = found.record_number
    AND found.differs
    AND found.after IS NOT NULL
    AND c.id IS DISTINCT FROM o.record_id
    AND (o.record_id IS NOT NULL OR c.csv_import_id IN (SELECT id FROM later))
;

-- A row that is the same record as one that is left alone would go in its place.
UPDATE compared AS d
SET reason = leader.reason
FROM repeats
INNER JOIN compared AS leader ON repeats.first_number = leader.record_number
WHERE d.row_id = repeats.id AND d.differs AND leader.reason IS NOT NULL
;

-- The rows that run: those that differ, and those that they are the same record as, so that they are told to be.
CREATE TEMP TABLE run ON COMMIT DROP AS
SELECT record_number
FROM compared
WHERE differs AND reason IS NULL
UNION
SELECT repeats.first_number
FROM compared AS d
INNER JOIN repeats ON d.row_id = repeats.id
WHERE d.differs AND d.reason IS NULL
