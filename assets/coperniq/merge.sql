-- Makes one record of those that turn out to be one, now that more is known of their parents.
-- Parameters: contractor, type, key_field (the reference in the natural key). Needs found, and leaves in it one row for
-- each reference of the records that are left; leaves the rows that gave way for replaced.sql.

-- More may be known of a parent than when the record was entered: the record's key takes the parent's key of now.
CREATE TEMP TABLE rekeyed ON COMMIT DROP AS
SELECT
    c.id,
    c.csv_import_id,
    c.csv_import_record_id,
    c.record_number,
    c.parent_keys,
    made.identity
FROM found AS f
-- Looked up by its id, whatever PostgreSQL believes of how many wait.
CROSS JOIN LATERAL (
    SELECT *
    FROM coperniq_records
    WHERE id = f.id
    OFFSET 0
) AS c
INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id AND c.csv_import_id = r.csv_import_id
CROSS JOIN LATERAL (
    SELECT coperniq_identity(%(type)s, r.record_key, r.mapped_data, f.name, f.parent_key) AS identity
) AS made
WHERE
    f.field = %(key_field)s::TEXT
    AND f.candidates = 1
    AND c.state = 'waiting'
    AND c.coperniq_id IS NULL
    AND made.identity <> c.record_key
;

-- A key whose present owner is about to leave it is taken at the next pass.
DELETE FROM rekeyed AS k
USING coperniq_records AS c
WHERE
    c.contractor_config_id = %(contractor)s
    AND c.coperniq_type = %(type)s
    AND c.record_key = k.identity
    AND c.id IN (SELECT id FROM rekeyed)
;

-- What has one key now is one record. The row of the newest import is the one that counts, the first of its import.
CREATE TEMP TABLE same ON COMMIT DROP AS
WITH members AS (
    SELECT
        *,
        FALSE AS known,
        FALSE AS sent
    FROM rekeyed
    UNION ALL
    SELECT
        c.id,
        c.csv_import_id,
        c.csv_import_record_id,
        c.record_number,
        c.parent_keys,
        c.record_key,
        TRUE,
        c.state IN ('synced', 'rejected')
        OR coalesce(c.csv_import_record_id = c.undone_record_id, FALSE)
        OR (c.state IN ('in_flight', 'unknown') AND c.csv_import_record_id = c.claimed_record_id)
    FROM (SELECT DISTINCT identity FROM rekeyed) AS taken
    CROSS JOIN LATERAL (
        SELECT *
        FROM coperniq_records
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s AND record_key = taken.identity
        OFFSET 0
    ) AS c
)

SELECT
    members.*,
    m.import_name,
    first_value(members.id) OVER (
        PARTITION BY members.identity
        ORDER BY members.known DESC, m.created_at DESC NULLS LAST, members.csv_import_id, members.record_number
    ) AS survivor_id,
    first_value(members.id) OVER (
        PARTITION BY members.identity
        ORDER BY m.created_at DESC NULLS LAST, members.csv_import_id, members.record_number
    ) AS winner_id
FROM members
LEFT JOIN csv_imports AS m ON members.csv_import_id = m.id
;

CREATE TEMP TABLE replaced ON COMMIT DROP AS
SELECT
    loser.csv_import_record_id AS id,
    winner.csv_import_record_id AS by_id,
    CASE
        WHEN winner.csv_import_id = loser.csv_import_id
            THEN
                format(
                    'Row %%s is the same record as row %%s; only row %%s is sent.',
                    loser.record_number, winner.record_number, winner.record_number
                )
        ELSE format('Replaced, before it was sent, by row %%s of %%s.', winner.record_number, winner.import_name)
    END AS remark
FROM same AS loser
INNER JOIN same AS winner ON loser.winner_id = winner.id
WHERE loser.id <> winner.id AND NOT loser.sent AND loser.csv_import_record_id IS NOT NULL
;

-- What was refused of it needs no work any more.
UPDATE csv_import_records AS r
SET corrected_by_id = winner.csv_import_record_id
FROM same AS loser
INNER JOIN same AS winner ON loser.winner_id = winner.id
WHERE
    loser.id <> winner.id
    AND r.id = loser.csv_import_record_id
    AND r.csv_import_id = loser.csv_import_id
    AND r.refused_at IS NOT NULL
    AND r.corrected_by_id IS NULL
;

UPDATE coperniq_records AS c
SET
    names = together.names,
    former_names = together.former_names
FROM (
    SELECT
        survivor_id,
        array_agg(name) AS names,
        array_agg(name) FILTER (WHERE is_former) AS former_names
    FROM (
        SELECT
            same.survivor_id,
            given.name,
            -- A name that one of them has by itself is none.
            bool_and(coalesce(given.name = ANY(member.former_names), FALSE)) AS is_former
        FROM same
        INNER JOIN coperniq_records AS member ON same.id = member.id
        CROSS JOIN LATERAL unnest(member.names) AS given (name)
        GROUP BY same.survivor_id, given.name
    ) AS called
    GROUP BY survivor_id
) AS together
WHERE
    c.id = together.survivor_id
    AND (NOT c.names @> together.names OR c.former_names IS DISTINCT FROM together.former_names)
;

DELETE FROM found
USING same
WHERE found.id = same.id AND same.id <> same.winner_id
;

UPDATE found
SET id = same.survivor_id
FROM same
WHERE found.id = same.id AND same.id <> same.survivor_id
;

DELETE FROM coperniq_records
WHERE id IN (SELECT id FROM same WHERE id <> survivor_id)
;

UPDATE coperniq_records AS c
SET
    record_key = winner.identity,
    state = CASE WHEN c.id = winner.id OR c.state IN ('in_flight', 'unknown') THEN c.state ELSE 'waiting' END,
    csv_import_id = winner.csv_import_id,
    csv_import_record_id = winner.csv_import_record_id,
    record_number = winner.record_number,
    parent_keys = winner.parent_keys,
    updated_at = now()
FROM same AS winner
WHERE winner.id = winner.winner_id AND c.id = winner.survivor_id
