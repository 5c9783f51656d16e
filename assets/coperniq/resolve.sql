-- Finds the parents of a contractor's waiting records of one type, and makes ready those whose parents are in Coperniq.
-- Parameters: contractor, type, parents {field: type}, key_field (the reference in the natural key).

-- Every reference of every waiting record; equal ones share a number.
CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT
    c.id,
    reference.key AS field,
    reference.value AS name,
    r.mapped_data ->> reference.key AS given,
    dense_rank() OVER (ORDER BY reference.key, reference.value, r.mapped_data ->> reference.key) AS number
FROM coperniq_records AS c
INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id
CROSS JOIN LATERAL jsonb_each_text(c.parent_keys) AS reference
WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s AND c.state = 'waiting'
;

-- A name of a record, else its very Coperniq id. Each is looked up by itself (OFFSET 0): what PostgreSQL knows of tables
-- that have just been filled misleads it into joins whose cost is that of every pair.
CREATE TEMP TABLE candidates ON COMMIT DROP AS
WITH used AS (
    SELECT DISTINCT
        number,
        name,
        given,
        %(parents)s::JSONB ->> field AS parent_type
    FROM wanted
),

-- Names that no site has, but perhaps its client.
of_clients AS (
    SELECT
        number,
        name
    FROM used
    WHERE
        parent_type = 'Site'
        AND NOT EXISTS (
            SELECT FROM coperniq_record_names
            WHERE contractor_config_id = %(contractor)s AND coperniq_type = 'Site' AND name = used.name
            OFFSET 0
        )
),

meant AS (
    SELECT
        used.number,
        known.record_id
    FROM used
    CROSS JOIN LATERAL (
        SELECT record_id
        FROM coperniq_record_names
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = used.parent_type AND name = used.name
        OFFSET 0
    ) AS known
    UNION
    -- By any name of a client, his site is meant.
    SELECT
        of_clients.number,
        site.record_id
    FROM of_clients
    CROSS JOIN LATERAL (
        SELECT of_clients.name
        UNION
        SELECT other.name
        FROM coperniq_record_names AS client
        INNER JOIN coperniq_record_names AS other ON client.record_id = other.record_id
        WHERE
            client.contractor_config_id = %(contractor)s
            AND client.coperniq_type = 'Contact'
            AND client.name = of_clients.name
    ) AS called
    CROSS JOIN LATERAL (
        SELECT record_id
        FROM coperniq_record_names
        WHERE contractor_config_id = %(contractor)s AND coperniq_type = 'Site' AND name = 'client: ' || called.name
        OFFSET 0
    ) AS site
    UNION
    SELECT
        used.number,
        known.id
    FROM used
    -- By the id alone: for a contractor who has just come, an index of his records seems as good, and is read as a whole.
    CROSS JOIN LATERAL (
        SELECT
            id,
            contractor_config_id
        FROM coperniq_records
        WHERE coperniq_type = used.parent_type AND coperniq_id = used.given
        OFFSET 0
    ) AS known
    WHERE known.contractor_config_id = %(contractor)s
)

SELECT
    meant.number,
    c.coperniq_id,
    c.record_key,
    c.state = 'rejected' AND c.coperniq_id IS NULL AS refused,
    coalesce(c.parent_ids ->> 'siteId', c.sent_data ->> 'siteId') AS site_id
FROM meant
INNER JOIN coperniq_records AS c ON meant.record_id = c.id
;

-- A record that was refused stands in nobody's way: what it was corrected to may have another key.
CREATE TEMP TABLE answers ON COMMIT DROP AS
SELECT
    number,
    count(*) FILTER (WHERE NOT refused) AS candidates,
    min(coperniq_id) AS coperniq_id,
    min(record_key) FILTER (WHERE NOT refused) AS parent_key,
    max(record_key) FILTER (WHERE NOT refused) AS other_key,
    bool_and(refused) AS refused
FROM candidates
GROUP BY number
;

ANALYZE wanted, candidates, answers
;

-- What each reference of each record means. Of several assets of one name, the one at the record's own site is meant;
-- that is undecided while the site is not in Coperniq.
CREATE TEMP TABLE found ON COMMIT DROP AS
WITH here AS (
    SELECT
        w.id,
        w.number,
        count(*) AS candidates,
        min(k.coperniq_id) AS coperniq_id,
        min(k.record_key) AS parent_key,
        max(k.record_key) AS other_key
    FROM wanted AS w
    INNER JOIN answers AS a ON w.number = a.number
    INNER JOIN wanted AS own ON w.id = own.id
    INNER JOIN answers AS site ON own.number = site.number
    INNER JOIN candidates AS k ON w.number = k.number AND site.coperniq_id = k.site_id
    WHERE a.candidates > 1 AND NOT k.refused AND w.field <> 'siteId' AND own.field = 'siteId' AND site.candidates = 1
    GROUP BY w.id, w.number
)

SELECT
    w.id,
    w.field,
    w.name,
    w.given,
    coalesce(here.candidates, a.candidates, 0) AS candidates,
    CASE WHEN here.id IS NULL THEN a.coperniq_id ELSE here.coperniq_id END AS coperniq_id,
    coalesce(here.parent_key, a.parent_key) AS parent_key,
    coalesce(here.other_key, a.other_key) AS other_key,
    a.refused,
    a.candidates > 1 AND here.id IS NULL AND own.id IS NOT NULL AND site.coperniq_id IS NULL AS undecided
FROM wanted AS w
LEFT JOIN answers AS a ON w.number = a.number
LEFT JOIN here ON w.id = here.id AND w.number = here.number
LEFT JOIN wanted AS own ON w.id = own.id AND w.field <> 'siteId' AND own.field = 'siteId'
LEFT JOIN answers AS site ON own.number = site.number
;

-- Ambiguous since its import was closed: refused here, with the reason on the row.
WITH refused AS (
    UPDATE coperniq_records AS c
    SET state = 'rejected', waiting_for = NULL, updated_at = now()
    FROM found AS f
    WHERE c.id = f.id AND f.candidates > 1 AND NOT f.undecided
    RETURNING c.csv_import_record_id, f.given, f.parent_key, f.other_key
)

UPDATE csv_import_records AS r
SET
    error_message = concat_ws(' ', r.error_message, format(
        '"%%s" is ambiguous: it may be %%s or %%s. Name one of them in row %%s and send the fix file.',
        left(refused.given, 80), left(refused.parent_key, 80), left(refused.other_key, 80), r.record_number
    ))
FROM refused
WHERE r.id = refused.csv_import_record_id
;

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
INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id
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

UPDATE csv_import_records AS r
SET
    error_message = concat_ws(' ', r.error_message, CASE
        WHEN winner.csv_import_id = loser.csv_import_id
            THEN
                format(
                    'Row %%s is the same record as row %%s; only row %%s is sent.',
                    loser.record_number, winner.record_number, winner.record_number
                )
        ELSE format('Replaced, before it was sent, by row %%s of %%s.', winner.record_number, winner.import_name)
    END)
FROM same AS loser
INNER JOIN same AS winner ON loser.winner_id = winner.id
WHERE r.id = loser.csv_import_record_id AND loser.id <> winner.id AND NOT loser.sent
;

INSERT INTO coperniq_record_names (contractor_config_id, coperniq_type, name, record_id)
SELECT
    known.contractor_config_id,
    known.coperniq_type,
    known.name,
    same.survivor_id
FROM same
INNER JOIN coperniq_record_names AS known ON same.id = known.record_id
WHERE same.id <> same.survivor_id
ON CONFLICT DO NOTHING
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
;

WITH resolved AS (
    SELECT
        f.id,
        coalesce(
            jsonb_object_agg(f.field, f.coperniq_id) FILTER (WHERE f.coperniq_id IS NOT NULL AND NOT f.undecided), '{}'
        ) AS parent_ids,
        string_agg(
            format(
                '%%s "%%s", which %%s', %(parents)s::JSONB ->> f.field, left(f.given, 80),
                CASE
                    WHEN f.undecided THEN 'may be one of several until the site is known'
                    WHEN f.refused THEN 'was refused'
                    WHEN f.candidates = 0 THEN 'no sendable row has'
                    ELSE 'waits itself'
                END
            ), '; ' ORDER BY f.field
        ) FILTER (WHERE f.coperniq_id IS NULL OR f.undecided) AS waiting_for
    FROM found AS f
    GROUP BY f.id
)

UPDATE coperniq_records AS c
SET
    state = CASE WHEN resolved.waiting_for IS NULL THEN 'ready' ELSE 'waiting' END::delivery_state,
    parent_ids = resolved.parent_ids,
    waiting_for = resolved.waiting_for,
    updated_at = now()
FROM resolved
CROSS JOIN LATERAL (
    SELECT state
    FROM coperniq_records
    WHERE id = resolved.id
    OFFSET 0
) AS present
WHERE
    c.id = resolved.id
    AND c.state = present.state
    AND present.state = 'waiting'
    AND (
        resolved.waiting_for IS NULL
        OR (c.waiting_for, c.parent_ids) IS DISTINCT FROM (resolved.waiting_for, resolved.parent_ids)
    )
