-- What each name that an import's rows use for a parent stands for.
-- Parameters: import, contractor, parents {field: type}.

CREATE TEMP TABLE parent_names ON COMMIT DROP AS
WITH used AS (
    SELECT DISTINCT
        reference.key AS field,
        reference.value AS name,
        r.mapped_data ->> reference.key AS given,
        %(parents)s::JSONB ->> reference.key AS parent_type
    FROM csv_import_records AS r
    CROSS JOIN LATERAL jsonb_each_text(r.parent_keys) AS reference
    WHERE
        r.csv_import_id = %(import)s
        AND r.status IN ('valid', 'warning', 'skipped')
        AND %(parents)s::JSONB <> '{}'
),

-- Names that no site has, but perhaps its client.
of_clients AS (
    SELECT *
    FROM used
    WHERE
        parent_type = 'Site'
        AND NOT EXISTS (
            SELECT FROM coperniq_record_names
            WHERE contractor_config_id = %(contractor)s AND coperniq_type = 'Site' AND name = used.name
            OFFSET 0
        )
),

-- A name of a record, else its very Coperniq id. Each is looked up by itself (OFFSET 0): what PostgreSQL knows of tables
-- that have just been filled misleads it into joins whose cost is that of every pair.
meant AS (
    SELECT
        used.field,
        used.name,
        used.given,
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
        of_clients.field,
        of_clients.name,
        of_clients.given,
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
        used.field,
        used.name,
        used.given,
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
