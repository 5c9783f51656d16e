-- What the rows of a settled import put right of older ones: open rows that are the same record, or the same row of a
-- file that is imported again.
-- Parameters: import, contractor, type. Needs identities and origins. Grows with the rows of the type that are open, each
-- of which is looked up by itself (OFFSET 0), and with its records that were refused.

CREATE TEMP TABLE closed ON COMMIT DROP AS
WITH open_rows AS MATERIALIZED (
    SELECT
        o.csv_import_record_id AS id,
        o.csv_import_id,
        o.record_number,
        o.record_key,
        older.file_hash = own.file_hash AS is_again
    FROM open_csv_import_records AS o
    INNER JOIN origins ON o.csv_import_id = origins.id
    INNER JOIN csv_imports AS older ON o.csv_import_id = older.id
    INNER JOIN csv_imports AS own ON own.id = %(import)s
    WHERE o.contractor_id = %(contractor)s AND o.coperniq_type = %(type)s AND origins.is_older
),

-- What was refused may have been known by its parent's own key. No index leads from a row to its record, and a join would
-- look at every pair where the planner believes that there are few: a subquery is hashed (IS TRUE keeps it one).
called AS (
    SELECT
        id,
        csv_import_id,
        record_key
    FROM open_rows
    UNION
    SELECT
        csv_import_record_id,
        csv_import_id,
        record_key
    FROM coperniq_records
    WHERE
        contractor_config_id = %(contractor)s
        AND coperniq_type = %(type)s
        AND state = 'rejected'
        AND (csv_import_record_id IN (SELECT id FROM open_rows)) IS TRUE
),

same AS (
    SELECT
        called.id,
        called.csv_import_id,
        later.id AS by_id,
        later.record_number
    FROM called
    CROSS JOIN LATERAL (
        SELECT
            id,
            record_number,
            status
        FROM csv_import_records
        WHERE csv_import_id = %(import)s AND record_key = called.record_key
        OFFSET 0
    ) AS later
    WHERE later.status IN ('valid', 'warning', 'skipped')
    UNION ALL
    SELECT
        called.id,
        called.csv_import_id,
        later.id,
        later.record_number
    FROM called
    INNER JOIN identities ON called.record_key = identities.identity
    INNER JOIN csv_import_records AS later ON identities.id = later.id
    WHERE later.csv_import_id = %(import)s AND later.status IN ('valid', 'warning', 'skipped')
    UNION ALL
    -- Whatever it is now, it is that here.
    SELECT
        o.id,
        o.csv_import_id,
        again.id,
        again.record_number
    FROM open_rows AS o
    CROSS JOIN LATERAL (
        SELECT
            id,
            record_number
        FROM csv_import_records
        WHERE csv_import_id = %(import)s AND record_number = o.record_number
        OFFSET 0
    ) AS again
    WHERE o.is_again
)

SELECT DISTINCT ON (id)
    id,
    csv_import_id,
    by_id
FROM same
ORDER BY id, record_number
;

UPDATE csv_import_records AS r
SET corrected_by_id = closed.by_id
FROM closed
WHERE r.id = closed.id AND r.csv_import_id = closed.csv_import_id
;

SELECT recount_open_records(ARRAY(SELECT DISTINCT csv_import_id FROM closed))
