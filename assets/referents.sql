-- What the names that rows use for their parents stand for: the candidates of each, and the answer that they make.
-- Parameters: contractor. Needs used: references, each once, as (number, field, name, given, parent_type). Makes
-- candidates, and answers: a row for each reference that has any.

ANALYZE used
;

-- A name of a record, or its very Coperniq id. Each is looked up by itself, and by one value (OFFSET 0): what
-- PostgreSQL knows of tables that have just been filled misleads it into joins and indexes that cost every pair.
CREATE TEMP TABLE candidates ON COMMIT DROP AS
WITH asked AS (
    SELECT
        number,
        parent_type AS type_name,
        name
    FROM used
    UNION ALL
    -- By any name of a client, his site is meant, unless a site has that name itself.
    SELECT
        number,
        'Contact',
        name
    FROM used
    WHERE parent_type = 'Site'
),

called AS MATERIALIZED (
    SELECT
        asked.number,
        asked.type_name,
        c.id,
        c.names,
        coalesce(asked.name = ANY(c.former_names), FALSE) AS is_former,
        c.state = 'rejected' AND c.coperniq_id IS NULL AS refused
    FROM asked
    CROSS JOIN LATERAL (
        SELECT record_id
        FROM coperniq_record_names
        WHERE
            name_hash = hashtextextended(
                asked.name, hashtextextended(asked.type_name, uuid_hash_extended(%(contractor)s, 0))
            )
        OFFSET 0
    ) AS listed
    CROSS JOIN LATERAL (
        SELECT *
        FROM coperniq_records
        WHERE id = listed.record_id
        OFFSET 0
    ) AS c
    WHERE
        c.contractor_config_id = %(contractor)s AND c.coperniq_type = asked.type_name AND asked.name = ANY(c.names)
),

-- A former name gives way to whoever has it.
named AS NOT MATERIALIZED (
    SELECT
        number,
        type_name,
        id,
        names
    FROM called
    WHERE
        NOT is_former
        OR NOT EXISTS (
            SELECT FROM called AS other
            WHERE
                other.number = called.number
                AND other.type_name = called.type_name
                AND NOT other.is_former
                AND NOT other.refused
        )
),

of_clients AS (
    SELECT
        used.number,
        'client: ' || called.name AS name
    FROM used
    LEFT JOIN named AS client ON used.number = client.number
    CROSS JOIN LATERAL unnest(used.name || client.names) AS called (name)
    WHERE
        used.parent_type = 'Site'
        AND NOT EXISTS (
            SELECT FROM named AS site
            WHERE site.number = used.number AND site.type_name = 'Site'
        )
),

meant AS (
    SELECT
        used.number,
        named.id
    FROM used
    INNER JOIN named ON used.number = named.number AND used.parent_type = named.type_name
    UNION
    SELECT
        of_clients.number,
        site.id
    FROM of_clients
    CROSS JOIN LATERAL (
        SELECT record_id
        FROM coperniq_record_names
        WHERE
            name_hash = hashtextextended(
                of_clients.name, hashtextextended('Site', uuid_hash_extended(%(contractor)s, 0))
            )
        OFFSET 0
    ) AS listed
    CROSS JOIN LATERAL (
        SELECT *
        FROM coperniq_records
        WHERE id = listed.record_id
        OFFSET 0
    ) AS site
    WHERE
        site.contractor_config_id = %(contractor)s
        AND site.coperniq_type = 'Site'
        AND of_clients.name = ANY(site.names)
    UNION
    SELECT
        used.number,
        known.id
    FROM used
    CROSS JOIN LATERAL (
        SELECT *
        FROM coperniq_records
        WHERE coperniq_type = used.parent_type AND coperniq_id = used.given
        OFFSET 0
    ) AS known
    WHERE known.contractor_config_id = %(contractor)s
)

SELECT
    meant.number,
    c.record_key,
    -- What is about to be taken back is nobody's parent.
    CASE WHEN c.undone_record_id = c.csv_import_record_id THEN NULL ELSE c.coperniq_id END AS coperniq_id,
    c.state = 'rejected' AND c.coperniq_id IS NULL AS refused,
    coalesce(c.parent_ids ->> 'siteId', c.sent_data ->> 'siteId') AS site_id
FROM meant
INNER JOIN coperniq_records AS c ON meant.id = c.id
;

-- A record that was refused stands in nobody's way: what it was corrected to may have another key.
CREATE TEMP TABLE answers ON COMMIT DROP AS
SELECT
    used.number,
    used.field,
    used.name,
    used.given,
    count(*) FILTER (WHERE NOT candidates.refused) AS candidates,
    min(candidates.coperniq_id) AS coperniq_id,
    min(candidates.record_key) FILTER (WHERE NOT candidates.refused) AS parent_key,
    max(candidates.record_key) FILTER (WHERE NOT candidates.refused) AS other_key,
    bool_and(candidates.refused) AS refused
FROM used
INNER JOIN candidates ON used.number = candidates.number
GROUP BY used.number, used.field, used.name, used.given
;

ANALYZE candidates, answers
