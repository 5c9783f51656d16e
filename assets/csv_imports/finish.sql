-- Closes an import: every statement runs in the transaction that wrote its rows, in this order.
-- Parameters: import, contractor, type, parents {field: type}, key_field (the reference in the natural key), causes.

-- What each name that the file's rows use for a parent stands for.
CREATE TEMP TABLE parent_names ON COMMIT DROP AS
WITH used AS (
    SELECT DISTINCT
        reference.key AS field,
        reference.value AS name,
        r.mapped_data ->> reference.key AS given,
        %(parents)s::JSONB ->> reference.key AS parent_type
    FROM csv_import_records AS r
    CROSS JOIN LATERAL jsonb_each_text(r.parent_keys) AS reference
    WHERE r.csv_import_id = %(import)s AND r.status IN ('valid', 'warning')
),

-- A name of a record, else its very Coperniq id.
meant AS (
    SELECT
        used.field,
        used.name,
        used.given,
        known.record_id
    FROM used
    INNER JOIN coperniq_record_names AS known
        ON
            known.contractor_config_id = %(contractor)s
            AND known.coperniq_type = used.parent_type
            AND known.name = used.name
    UNION
    SELECT
        used.field,
        used.name,
        used.given,
        c.id
    FROM used
    INNER JOIN coperniq_records AS c
        ON
            c.contractor_config_id = %(contractor)s
            AND c.coperniq_type = used.parent_type
            AND c.coperniq_id = used.given
)

SELECT
    meant.field,
    meant.name,
    meant.given,
    count(*) AS candidates,
    min(parent.record_key) AS parent_key,
    max(parent.record_key) AS other_key
FROM meant
INNER JOIN coperniq_records AS parent ON meant.record_id = parent.id
-- A record that was refused stands in nobody's way: what it was corrected to may have another key.
WHERE parent.state <> 'rejected' OR parent.coperniq_id IS NOT NULL
GROUP BY meant.field, meant.name, meant.given
;

ANALYZE parent_names
;

-- An ambiguous parent is the row's error, naming both. Several assets of one name may yet be told apart by the row's own
-- site: that is decided when the row is sent.
UPDATE csv_import_records AS r
SET
    status = 'error',
    error_message = format(
        '%%s "%%s" is ambiguous: it may be %%s or %%s. Name one of them. Correct row %%s and send the file again.',
        coalesce(
            (
                -- Of several columns the one that holds the name; a quoted name may stand among blanks there.
                SELECT m.csv_column_header
                FROM csv_column_mapping AS m
                WHERE m.csv_import_id = r.csv_import_id AND m.coperniq_field_name = p.field
                ORDER BY
                    strpos(r.record_data ->> m.csv_column_header, r.mapped_data ->> p.field) = 0, m.csv_column_number
                LIMIT 1
            ),
            p.field
        ), left(r.mapped_data ->> p.field, 80), left(p.parent_key, 80),
        left(p.other_key, 80), r.record_number
    ),
    invalid_fields = ARRAY[p.field],
    mapped_data = NULL
FROM parent_names AS p
WHERE
    r.csv_import_id = %(import)s
    AND r.status IN ('valid', 'warning')
    AND p.candidates > 1
    AND r.parent_keys ->> p.field = p.name
    AND r.mapped_data ->> p.field = p.given
    AND (p.field = 'siteId' OR NOT r.parent_keys ? 'siteId')
;

-- Who each row is: its natural key, with the parent's own key in the place of whatever name the file gave the parent.
CREATE TEMP TABLE identities ON COMMIT DROP AS
SELECT
    r.id,
    r.record_number,
    CASE
        WHEN p.parent_key IS NULL THEN r.record_key
        ELSE coperniq_identity(%(type)s, r.record_key, r.mapped_data, p.name, p.parent_key)
    END AS identity
FROM csv_import_records AS r
LEFT JOIN parent_names AS p
    ON
        p.field = %(key_field)s::TEXT
        AND p.name = r.parent_keys ->> %(key_field)s::TEXT
        AND p.given = r.mapped_data ->> %(key_field)s::TEXT
        AND p.candidates = 1
WHERE r.csv_import_id = %(import)s AND r.status IN ('valid', 'warning')
;

WITH doubles AS (
    SELECT
        id,
        identity,
        record_number,
        first_value(record_number) OVER (PARTITION BY identity ORDER BY record_number) AS first_number
    FROM identities
),

marked AS (
    UPDATE csv_import_records AS r
    SET
        status = 'duplicate',
        mapped_data = NULL,
        error_message = format(
            'Row %%s is the same record as row %%s; only row %%s is sent.', d.record_number, d.first_number, d.first_number
        )
    FROM doubles AS d
    WHERE r.id = d.id AND d.record_number > d.first_number AND %(key_field)s::TEXT IS NOT NULL
    RETURNING r.id
)

DELETE FROM identities WHERE id IN (SELECT id FROM marked)
;

-- In Coperniq already, unchanged; what else it is called may be new.
WITH known AS (
    UPDATE csv_import_records AS r
    SET
        status = 'skipped',
        coperniq_id = c.coperniq_id,
        error_message = 'In Coperniq already, unchanged.'
    FROM identities AS i
    INNER JOIN coperniq_records AS c
        ON
            c.contractor_config_id = %(contractor)s
            AND c.coperniq_type = %(type)s
            AND c.record_key = i.identity
    WHERE r.id = i.id AND c.state = 'synced' AND c.sent_data = r.mapped_data
    RETURNING r.id, r.names, c.id AS record_id
),

named AS (
    INSERT INTO coperniq_record_names (contractor_config_id, coperniq_type, name, record_id)
    SELECT DISTINCT
        %(contractor)s::UUID,
        %(type)s,
        given.name,
        known.record_id
    FROM known
    CROSS JOIN LATERAL unnest(known.names) AS given (name)
    ON CONFLICT DO NOTHING
)

DELETE FROM identities WHERE id IN (SELECT id FROM known)
;

-- A row of an earlier import that was not sent yet gives way to this one.
UPDATE csv_import_records AS r
SET
    error_message = concat_ws(
        ' ', r.error_message, format('Replaced, before it was sent, by row %%s of %%s.', i.record_number, m.import_name)
    )
FROM identities AS i
INNER JOIN coperniq_records AS c
    ON
        c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(type)s
        AND c.record_key = i.identity
INNER JOIN csv_imports AS m ON m.id = %(import)s
WHERE
    r.id = c.csv_import_record_id
    AND (
        c.state IN ('waiting', 'ready')
        OR (c.state IN ('in_flight', 'unknown') AND c.csv_import_record_id <> c.claimed_record_id)
    )
;

INSERT INTO coperniq_records AS c (
    contractor_config_id, coperniq_type, record_key, state, csv_import_id, csv_import_record_id, record_number,
    parent_keys
)
SELECT
    %(contractor)s,
    %(type)s,
    i.identity,
    CASE WHEN r.parent_keys IS NULL THEN 'ready' ELSE 'waiting' END::delivery_state,
    r.csv_import_id,
    r.id,
    r.record_number,
    r.parent_keys
FROM identities AS i
INNER JOIN csv_import_records AS r ON i.id = r.id
ORDER BY i.record_number
ON CONFLICT (contractor_config_id, coperniq_type, record_key) DO UPDATE
SET
    -- What is on the wire is settled first; its outcome brings the new values to their turn.
    state = CASE WHEN c.state IN ('in_flight', 'unknown') THEN c.state ELSE excluded.state END,
    csv_import_id = excluded.csv_import_id,
    csv_import_record_id = excluded.csv_import_record_id,
    record_number = excluded.record_number,
    parent_keys = excluded.parent_keys,
    parent_ids = CASE WHEN c.state IN ('in_flight', 'unknown') THEN c.parent_ids ELSE '{}' END,
    waiting_for = NULL,
    updated_at = now()
;

INSERT INTO coperniq_record_names (contractor_config_id, coperniq_type, name, record_id)
SELECT DISTINCT
    %(contractor)s::UUID,
    %(type)s,
    given.name,
    c.id
FROM coperniq_records AS c
INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id
CROSS JOIN LATERAL unnest(r.names) AS given (name)
WHERE c.csv_import_id = %(import)s
ON CONFLICT DO NOTHING
;

WITH counted AS (
    SELECT
        count(*) AS attempted,
        count(*) FILTER (WHERE status IN ('valid', 'warning')) AS success,
        count(*) FILTER (WHERE status = 'error') AS failed
    FROM csv_import_records
    WHERE csv_import_id = %(import)s
),

fields AS (
    SELECT jsonb_object_agg(field, records) AS field_errors
    FROM (
        SELECT
            field,
            count(*) AS records
        FROM csv_import_records AS r
        CROSS JOIN LATERAL unnest(r.invalid_fields || r.missing_required_fields) AS field
        WHERE r.csv_import_id = %(import)s AND r.status = 'error'
        GROUP BY field
    ) AS per_field
),

ambiguous AS (
    SELECT
        count(*) AS records,
        min(record_number) AS first_row
    FROM csv_import_records
    WHERE csv_import_id = %(import)s AND status = 'error' AND error_message LIKE '%% is ambiguous: it may be %%'
)

UPDATE csv_imports AS m
SET
    total_records_attempted = counted.attempted,
    total_records_success = counted.success,
    total_records_failed = counted.failed,
    status = CASE
        WHEN counted.failed = 0 THEN 'success'
        WHEN counted.failed = counted.attempted THEN 'failed'
        ELSE 'partial_success'
    END::csv_import_status,
    coperniq_sync_status = CASE WHEN counted.success > 0 THEN 'pending' ELSE 'synced' END,
    error_summary = jsonb_build_object(
        'field_errors', coalesce(fields.field_errors, '{}'),
        'validation_errors', %(causes)s::JSONB || CASE
            WHEN ambiguous.records = 0 THEN '[]'::JSONB
            ELSE jsonb_build_array(jsonb_build_object(
                'cause', 'A parent is ambiguous: two records have that name',
                'records', ambiguous.records, 'first_row', ambiguous.first_row
            ))
        END
    )
FROM counted, fields, ambiguous
WHERE m.id = %(import)s
