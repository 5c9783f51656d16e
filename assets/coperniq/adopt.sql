-- Enters a record that was in Coperniq before the pipeline came, and the names by which rows may refer to it. Returns
-- whether it was not known before.
-- Parameters: contractor, type, company, coperniq_id, data, names, parents {field: type}, key_bytes and name_bytes (the
-- most that an index holds).

-- Phone numbers are compared, and are keys, as rows write them.
WITH given AS (
    SELECT
        CASE
            WHEN jsonb_typeof(%(data)s::JSONB -> 'phones') = 'array'
                THEN %(data)s::JSONB || jsonb_build_object('phones', ARRAY(
                    SELECT coalesce(normalise_phone(phone.number), phone.number)
                    FROM jsonb_array_elements_text(%(data)s::JSONB -> 'phones') WITH ORDINALITY AS phone (number, place)
                    ORDER BY phone.place
                ))
            ELSE %(data)s::JSONB
        END AS data
),

-- The key that a row of the same record has: with the parent's own key in the place of the parent's id.
known_parents AS (
    SELECT
        coalesce(jsonb_object_agg(reference.key, p.record_key) FILTER (WHERE p.id IS NOT NULL), '{}') AS keys,
        -- It names its parents by their ids, which compare as any other name does.
        jsonb_object_agg(reference.key, lower(named.coperniq_id)) FILTER (WHERE named.coperniq_id <> '') AS names,
        jsonb_object_agg(reference.key, named.coperniq_id) FILTER (WHERE named.coperniq_id <> '') AS ids
    FROM jsonb_each_text(%(parents)s::JSONB) AS reference
    CROSS JOIN LATERAL (
        SELECT %(data)s::JSONB ->> reference.key AS coperniq_id
    ) AS named
    LEFT JOIN coperniq_records AS p
        ON
            p.contractor_config_id = %(contractor)s
            AND p.coperniq_type = reference.value
            AND p.coperniq_id = named.coperniq_id
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
            WHERE octet_length(given.name) <= %(name_bytes)s
        ) AS names
),

-- A site answers to the names of its client, too.
of_client AS (
    SELECT
        ARRAY(
            SELECT 'client: ' || given.name
            FROM known_parents
            LEFT JOIN coperniq_records AS client
                ON
                    client.contractor_config_id = %(contractor)s
                    AND client.coperniq_type = 'Contact'
                    AND client.coperniq_id = known_parents.ids ->> 'clientId'
            CROSS JOIN LATERAL unnest(client.names || (known_parents.names ->> 'clientId')) AS given (name)
            WHERE %(type)s = 'Site' AND given.name IS NOT NULL
        ) AS names
),

identity AS (
    SELECT CASE WHEN octet_length(made.key) <= %(key_bytes)s THEN made.key ELSE %(coperniq_id)s END AS key
    FROM given
    CROSS JOIN known_parents
    CROSS JOIN LATERAL (SELECT coperniq_record_key(%(type)s, given.data || known_parents.keys) AS key) AS made
),

is_new AS (
    SELECT
        NOT EXISTS (
            SELECT FROM coperniq_records AS c
            WHERE c.coperniq_type = %(type)s AND c.coperniq_id = %(coperniq_id)s
        ) AS it
),

-- A row that was to create it updates it instead. What is on the wire is settled first.
linked AS (
    UPDATE coperniq_records AS c
    SET
        coperniq_id = %(coperniq_id)s,
        adopted_company_id = %(company)s,
        sent_data = given.data,
        names = ARRAY(SELECT DISTINCT unnest(c.names || called.names || of_client.names)),
        updated_at = now()
    FROM identity
    CROSS JOIN given
    CROSS JOIN called
    CROSS JOIN of_client
    CROSS JOIN is_new
    WHERE
        is_new.it
        AND c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(type)s
        AND c.record_key = identity.key
        AND c.coperniq_id IS NULL
        AND c.state IN ('waiting', 'ready', 'rejected')
    RETURNING c.id
),

-- Two records of Coperniq with one key stay two, so that a name of both is ambiguous.
adopted AS (
    INSERT INTO coperniq_records (
        contractor_config_id, coperniq_type, record_key, state, coperniq_id, adopted_company_id, sent_data, names,
        parent_keys, parent_ids
    )
    SELECT
        %(contractor)s,
        %(type)s,
        concat_ws(' | ', identity.key, other.suffix),
        'synced',
        %(coperniq_id)s,
        %(company)s,
        given.data,
        called.names || of_client.names,
        known_parents.names,
        coalesce(known_parents.ids, '{}')
    FROM identity
    CROSS JOIN given
    CROSS JOIN known_parents
    CROSS JOIN called
    CROSS JOIN of_client
    CROSS JOIN is_new
    LEFT JOIN LATERAL (
        SELECT %(coperniq_id)s::TEXT AS suffix
        FROM coperniq_records AS c
        WHERE
            c.contractor_config_id = %(contractor)s
            AND c.coperniq_type = %(type)s
            AND c.record_key = identity.key
            AND c.coperniq_id IS NOT NULL
    ) AS other ON TRUE
    WHERE is_new.it
    ON CONFLICT DO NOTHING
    RETURNING id
),

renamed AS (
    UPDATE coperniq_records AS c
    SET names = ARRAY(SELECT DISTINCT unnest(c.names || called.names))
    FROM called
    WHERE
        c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(type)s
        AND c.coperniq_id = %(coperniq_id)s
        AND NOT c.names @> called.names
)

SELECT EXISTS (SELECT FROM linked) OR EXISTS (SELECT FROM adopted) AS is_entered
