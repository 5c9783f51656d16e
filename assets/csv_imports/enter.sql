-- Enters the sendable rows of a settled import into coperniq_records, where sending finds them.
-- Parameters: import, contractor, type. Needs identities and repeats, in which are only rows that became the same
-- record since the import was settled, when more was known of their parents. Leaves the rows that gave way for
-- replaced.sql.

UPDATE csv_import_records AS r
SET
    replaced_by_id = (
        SELECT sent.id
        FROM csv_import_records AS sent
        WHERE sent.csv_import_id = %(import)s AND sent.record_number = d.first_number
        OFFSET 0
    ),
    error_message = concat_ws(' ', r.error_message, format(
        'Row %%s is the same record as row %%s; only row %%s is sent.', r.record_number, d.first_number, d.first_number
    ))
FROM repeats AS d
WHERE r.id = d.id AND r.csv_import_id = %(import)s
;

-- A row of an earlier import that was not sent yet gives way to this one. Each is looked up by its key (OFFSET 0).
CREATE TEMP TABLE replaced ON COMMIT DROP AS
SELECT
    earlier.csv_import_record_id AS id,
    later.id AS by_id,
    format('Replaced, before it was sent, by row %%s of %%s.', later.record_number, m.import_name) AS remark
FROM csv_import_records AS later
INNER JOIN csv_imports AS m ON later.csv_import_id = m.id
LEFT JOIN identities AS i ON later.id = i.id
CROSS JOIN LATERAL (
    SELECT
        csv_import_record_id,
        claimed_record_id,
        undone_record_id,
        state
    FROM coperniq_records
    WHERE
        contractor_config_id = %(contractor)s
        AND coperniq_type = %(type)s
        AND record_key = coalesce(i.identity, later.record_key)
    OFFSET 0
) AS earlier
WHERE
    EXISTS (
        SELECT FROM coperniq_records AS any_of
        WHERE any_of.contractor_config_id = %(contractor)s AND any_of.coperniq_type = %(type)s
    )
    AND later.csv_import_id = %(import)s
    AND later.status IN ('valid', 'warning')
    AND later.id NOT IN (SELECT id FROM repeats)
    AND earlier.csv_import_record_id IS NOT NULL
    AND (
        (
            earlier.state IN ('waiting', 'ready')
            -- One that a rollback marked was sent.
            AND earlier.csv_import_record_id IS DISTINCT FROM earlier.undone_record_id
        )
        OR (earlier.state IN ('in_flight', 'unknown') AND earlier.csv_import_record_id <> earlier.claimed_record_id)
    )
;

INSERT INTO coperniq_records AS c (
    id, contractor_config_id, coperniq_type, record_key, state, csv_import_id, csv_import_record_id, record_number,
    parent_keys, names
)
SELECT
    -- A record takes the id of the row that it came with first: those grow, so the indexes grow at their end.
    r.id,
    %(contractor)s,
    %(type)s,
    coalesce(i.identity, r.record_key),
    CASE WHEN r.parent_keys IS NULL THEN 'ready' ELSE 'waiting' END::delivery_state,
    r.csv_import_id,
    r.id,
    r.record_number,
    r.parent_keys,
    r.names
FROM csv_import_records AS r
LEFT JOIN identities AS i ON r.id = i.id
WHERE
    r.csv_import_id = %(import)s
    AND r.status IN ('valid', 'warning')
    AND r.id NOT IN (SELECT id FROM repeats)
ORDER BY r.record_number
ON CONFLICT (contractor_config_id, coperniq_type, record_key) DO UPDATE
SET
    -- What is on the wire is settled first; its outcome brings the new values to their turn.
    state = CASE WHEN c.state IN ('in_flight', 'unknown') THEN c.state ELSE excluded.state END,
    csv_import_id = excluded.csv_import_id,
    csv_import_record_id = excluded.csv_import_record_id,
    record_number = excluded.record_number,
    parent_keys = excluded.parent_keys,
    names = CASE
        WHEN c.names @> excluded.names THEN c.names ELSE ARRAY(SELECT DISTINCT unnest(c.names || excluded.names))
    END,
    -- What it names itself is no former name any more.
    former_names = CASE
        WHEN c.former_names && excluded.names
            THEN (
                SELECT array_agg(given.name)
                FROM unnest(c.former_names) AS given (name)
                WHERE given.name <> ALL(excluded.names)
            )
        ELSE c.former_names
    END,
    parent_ids = CASE WHEN c.state IN ('in_flight', 'unknown') THEN c.parent_ids ELSE '{}' END,
    waiting_for = NULL,
    updated_at = now()
;

-- A row that is in Coperniq already may bring another name of it. Each is looked up by its key (OFFSET 0).
UPDATE coperniq_records AS c
SET
    names = ARRAY(SELECT DISTINCT unnest(c.names || more.names)),
    former_names = (
        SELECT array_agg(given.name)
        FROM unnest(c.former_names) AS given (name)
        WHERE given.name <> ALL(more.names)
    )
FROM (
    SELECT
        known.id,
        array_agg(DISTINCT given.name) AS names
    FROM csv_import_records AS r
    LEFT JOIN identities AS i ON r.id = i.id
    CROSS JOIN LATERAL (
        SELECT
            id,
            names,
            former_names
        FROM coperniq_records
        WHERE
            contractor_config_id = %(contractor)s
            AND coperniq_type = %(type)s
            AND record_key = coalesce(i.identity, r.record_key)
        OFFSET 0
    ) AS known
    CROSS JOIN LATERAL unnest(r.names) AS given (name)
    WHERE
        r.csv_import_id = %(import)s
        AND r.status = 'skipped'
        AND (NOT known.names @> r.names OR known.former_names && r.names)
    GROUP BY known.id
) AS more
WHERE c.id = more.id
;

UPDATE csv_imports SET entered_at = clock_timestamp()
WHERE id = %(import)s
