-- Contacts by their ids, with what tells who they are, and where they come from.
-- Parameters: contractor, ids, most (sites of each). A contact that was refused is nobody's double: what it was
-- corrected to may have another key.

SELECT
    c.id,
    c.record_key AS key,
    c.coperniq_id,
    m.import_name,
    c.record_number,
    coalesce(r.mapped_data, c.sent_data, '{}') AS contact,
    coalesce(at.sites, '[]') AS sites
FROM coperniq_records AS c
LEFT JOIN csv_imports AS m ON c.csv_import_id = m.id
LEFT JOIN csv_import_records AS r ON c.csv_import_record_id = r.id AND c.csv_import_id = r.csv_import_id
CROSS JOIN LATERAL (
    SELECT jsonb_agg(data ORDER BY id) AS sites
    FROM (
        SELECT DISTINCT ON (s.id)
            s.id,
            coalesce(of_site.mapped_data, s.sent_data, '{}') AS data
        FROM unnest(c.names || lower(c.coperniq_id)) AS called (name)
        -- As rows name their client. Each is looked up by itself (OFFSET 0).
        CROSS JOIN LATERAL (
            SELECT record_id
            FROM coperniq_record_names
            WHERE
                name_hash = hashtextextended(
                    'client: ' || called.name,
                    hashtextextended('Site', uuid_hash_extended(%(contractor)s, 0))
                )
            OFFSET 0
        ) AS listed
        CROSS JOIN LATERAL (
            SELECT *
            FROM coperniq_records
            WHERE id = listed.record_id
            OFFSET 0
        ) AS s
        LEFT JOIN csv_import_records AS of_site
            ON s.csv_import_record_id = of_site.id AND s.csv_import_id = of_site.csv_import_id
        WHERE
            s.contractor_config_id = %(contractor)s
            AND s.coperniq_type = 'Site'
            AND s.parent_keys ->> 'clientId' = called.name
            AND (s.parent_ids ->> 'clientId' IS NULL OR s.parent_ids ->> 'clientId' = c.coperniq_id)
        ORDER BY s.id
        LIMIT %(most)s
    ) AS each_site
) AS at
WHERE
    c.id = ANY(%(ids)s)
    AND c.contractor_config_id = %(contractor)s
    AND (c.state <> 'rejected' OR c.coperniq_id IS NOT NULL)
