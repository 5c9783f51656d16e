-- The sendable rows that are the same record as an earlier one. Few rows are: what repeats is found first.
-- Parameters: import, suspects (by number, the rows whose key another row may have: only these are looked at where every
-- row's identity is its record_key). Needs identities. Comes after what makes rows errors, or duplicates of other imports'.

-- How many rows an import has is not known to the planner yet: a nested loop would look at every pair.
SET LOCAL enable_nestloop = off
;

CREATE TEMP TABLE repeats ON COMMIT DROP AS
WITH sendable AS NOT MATERIALIZED (
    SELECT
        r.id,
        r.record_number,
        coalesce(i.identity, r.record_key) AS identity
    FROM csv_import_records AS r
    LEFT JOIN identities AS i ON r.id = i.id
    WHERE EXISTS (SELECT FROM identities) AND r.csv_import_id = %(import)s AND r.status IN ('valid', 'warning')
    UNION ALL
    -- Each by its number: of a list of them the planner may look for among all rows of the import.
    SELECT
        r.id,
        r.record_number,
        r.record_key
    FROM unnest(%(suspects)s::INTEGER []) AS suspect (record_number)
    CROSS JOIN LATERAL (
        SELECT
            id,
            record_number,
            record_key,
            status
        FROM csv_import_records
        WHERE csv_import_id = %(import)s AND record_number = suspect.record_number
        OFFSET 0
    ) AS r
    WHERE NOT EXISTS (SELECT FROM identities) AND r.status IN ('valid', 'warning')
),

-- Numbers are counted several times as fast as texts; two texts of one number are told apart by what follows.
suspects AS MATERIALIZED (
    SELECT hashtextextended(identity, 0) AS number
    FROM sendable
    GROUP BY number
    HAVING count(*) > 1
),

repeated AS MATERIALIZED (
    SELECT
        identity,
        min(record_number) AS first_number
    FROM sendable
    WHERE hashtextextended(identity, 0) IN (SELECT number FROM suspects)
    GROUP BY identity
    HAVING count(*) > 1
)

SELECT
    sendable.id,
    repeated.first_number
FROM repeated
INNER JOIN sendable ON repeated.identity = sendable.identity
WHERE sendable.record_number > repeated.first_number
;

ANALYZE repeats
;

SET LOCAL enable_nestloop TO DEFAULT
