-- The distinct references of waiting records that answer to nothing the pipeline knows.
-- Parameters: contractor, type, parents {field: type}, most (how many; any of them, where there are more).

SELECT
    parent_type,
    given,
    name
FROM (
    SELECT DISTINCT
        %(parents)s::JSONB ->> reference.key AS parent_type,
        r.mapped_data ->> reference.key AS given,
        reference.value AS name
    FROM coperniq_records AS c
    INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id AND c.csv_import_id = r.csv_import_id
    CROSS JOIN LATERAL jsonb_each_text(c.parent_keys) AS reference
    WHERE
        c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(type)s
        AND c.state = 'waiting'
        AND NOT c.parent_ids ? reference.key
) AS missing
WHERE
    NOT EXISTS (
        SELECT FROM (
            SELECT record_id
            FROM coperniq_record_names
            WHERE
                name_hash = hashtextextended(
                    missing.name, hashtextextended(missing.parent_type, uuid_hash_extended(%(contractor)s, 0))
                )
            OFFSET 0
        ) AS listed
        CROSS JOIN LATERAL (
            SELECT *
            FROM coperniq_records
            WHERE id = listed.record_id
            OFFSET 0
        ) AS known
        WHERE
            known.contractor_config_id = %(contractor)s
            AND known.coperniq_type = missing.parent_type
            AND missing.name = ANY(known.names)
    )
ORDER BY random()
LIMIT %(most)s
