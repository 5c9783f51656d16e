-- Enters a record that was in Coperniq before the pipeline came, and the names by which rows may refer to it.
-- Parameters: contractor, type, coperniq_id, data, names, parents {field: type}.

-- The key that a row of the same record has: with the parent's own key in the place of the parent's id.
WITH known_parents AS (
    SELECT coalesce(jsonb_object_agg(reference.key, p.record_key), '{}') AS keys
    FROM jsonb_each_text(%(parents)s::JSONB) AS reference
    INNER JOIN coperniq_records AS p
        ON
            p.contractor_config_id = %(contractor)s
            AND p.coperniq_type = reference.value
            AND p.coperniq_id = %(data)s::JSONB ->> reference.key
),

called AS (
    SELECT
        ARRAY(
            SELECT DISTINCT
                CASE
                    WHEN %(type)s = 'Contact' THEN coalesce(normalise_phone(given.name), given.name)
                    ELSE given.name
                END
            FROM unnest(%(names)s::TEXT []) AS given (name)
        ) AS names
),

identity AS (
    SELECT coalesce(coperniq_record_key(%(type)s, %(data)s::JSONB || known_parents.keys), %(coperniq_id)s) AS key
    FROM known_parents
),

-- Two records of Coperniq with one key stay two, so that a name of both is ambiguous.
adopted AS (
    INSERT INTO coperniq_records (
        contractor_config_id, coperniq_type, record_key, state, coperniq_id, sent_data, names
    )
    SELECT
        %(contractor)s,
        %(type)s,
        concat_ws(' | ', identity.key, other.suffix),
        'synced',
        %(coperniq_id)s,
        %(data)s,
        called.names
    FROM identity
    CROSS JOIN called
    LEFT JOIN LATERAL (
        SELECT %(coperniq_id)s::TEXT AS suffix
        FROM coperniq_records AS c
        WHERE
            c.contractor_config_id = %(contractor)s
            AND c.coperniq_type = %(type)s
            AND c.record_key = identity.key
            AND c.coperniq_id IS NOT NULL
    ) AS other ON TRUE
    WHERE
        NOT EXISTS (
            SELECT 1
            FROM coperniq_records AS c
            WHERE c.coperniq_type = %(type)s AND c.coperniq_id = %(coperniq_id)s
        )
    ON CONFLICT DO NOTHING
)

UPDATE coperniq_records AS c
SET names = ARRAY(SELECT DISTINCT unnest(c.names || called.names))
FROM called
WHERE
    c.contractor_config_id = %(contractor)s
    AND c.coperniq_type = %(type)s
    AND c.coperniq_id = %(coperniq_id)s
    AND NOT c.names @> called.names
