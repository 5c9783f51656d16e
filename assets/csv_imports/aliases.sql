-- Lets the records of a fix file be called by what the refused rows that it corrects were called, so that what waits for
-- these finds them. A name that another record has is that one's; what was wrong with an error may be its key.
-- Parameters: import, contractor, type, name_bytes (no name is longer). Needs identities. Grows with the rows of the fix
-- file.

WITH RECURSIVE earlier AS (
    SELECT
        r.id AS attempt_id,
        r.corrects_record_id AS id
    FROM csv_import_records AS r
    WHERE
        r.csv_import_id = %(import)s
        AND r.corrects_record_id IS NOT NULL
        AND r.status IN ('valid', 'warning', 'skipped')
    UNION ALL
    SELECT
        e.attempt_id,
        r.corrects_record_id
    FROM earlier AS e
    INNER JOIN csv_import_records AS r ON e.id = r.id
    WHERE r.corrects_record_id IS NOT NULL
),

called AS (
    SELECT DISTINCT
        known.id,
        given.name
    FROM earlier AS e
    INNER JOIN csv_import_records AS r ON e.id = r.id
    INNER JOIN csv_import_records AS attempt ON e.attempt_id = attempt.id
    LEFT JOIN identities AS i ON attempt.id = i.id
    CROSS JOIN LATERAL (
        SELECT
            id,
            names
        FROM coperniq_records
        WHERE
            contractor_config_id = %(contractor)s
            AND coperniq_type = %(type)s
            AND record_key = coalesce(i.identity, attempt.record_key)
        OFFSET 0
    ) AS known
    CROSS JOIN LATERAL unnest(r.names || r.record_key) AS given (name)
    WHERE
        r.refused_at IS NOT NULL
        AND octet_length(given.name) <= %(name_bytes)s
        AND given.name <> ALL(known.names)
),

more AS (
    SELECT
        called.id,
        array_agg(called.name) AS names
    FROM called
    WHERE
        NOT EXISTS (
            SELECT FROM (
                SELECT record_id
                FROM coperniq_record_names
                WHERE
                    name_hash = hashtextextended(
                        called.name, hashtextextended(%(type)s, uuid_hash_extended(%(contractor)s, 0))
                    )
                OFFSET 0
            ) AS listed
            CROSS JOIN LATERAL (
                SELECT *
                FROM coperniq_records
                WHERE id = listed.record_id
                OFFSET 0
            ) AS other
            WHERE
                other.contractor_config_id = %(contractor)s
                AND other.coperniq_type = %(type)s
                AND other.id <> called.id
                AND called.name = ANY(other.names)
                AND (other.state <> 'rejected' OR other.coperniq_id IS NOT NULL)
        )
    GROUP BY called.id
)

UPDATE coperniq_records AS c
SET
    names = c.names || more.names,
    former_names = c.former_names || more.names
FROM more
WHERE c.id = more.id
