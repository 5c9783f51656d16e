-- What a rollback does with each record of an import; a query over `standings` and `used` follows.
-- Parameters: import, contractor, type, and as arrays child_types and child_fields (which types refer to it, by which
-- fields).

-- Records that refer to one of this type: in Coperniq, or about to be there.
WITH used AS (
    SELECT
        c.coperniq_type,
        c.csv_import_id,
        coalesce(c.parent_ids ->> child.field, c.sent_data ->> child.field) AS coperniq_id
    FROM unnest(%(child_types)s::TEXT [], %(child_fields)s::TEXT []) AS child (coperniq_type, field)
    INNER JOIN coperniq_records AS c ON child.coperniq_type = c.coperniq_type
    WHERE
        c.contractor_config_id = %(contractor)s
        AND (c.coperniq_id IS NOT NULL OR c.state IN ('ready', 'in_flight', 'unknown'))
),

standings AS (
    SELECT
        c.id,
        c.record_number,
        c.record_key,
        c.csv_import_id,
        c.coperniq_id,
        CASE
            WHEN c.csv_import_id IS DISTINCT FROM %(import)s THEN 'updated by a later import'
            WHEN c.state IN ('in_flight', 'unknown') THEN 'sending not settled'
            WHEN c.coperniq_id IS NULL THEN 'not sent yet, withdrawn'
            WHEN c.created_by_import_id IS DISTINCT FROM %(import)s AND c.state <> 'synced'
                THEN 'not sent yet, withdrawn'
            WHEN c.created_by_import_id IS DISTINCT FROM %(import)s THEN 'there before the import, updated by it'
            WHEN
                EXISTS (
                    SELECT FROM csv_import_records AS r
                    INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
                    WHERE
                        r.coperniq_id = c.coperniq_id
                        AND r.status = 'skipped'
                        AND m.contractor_config_id = %(contractor)s
                        AND m.coperniq_type = %(type)s
                        AND m.status <> 'rolled_back'
                )
                THEN 'in a later import too, unchanged'
            WHEN c.coperniq_id IN (SELECT used.coperniq_id FROM used) THEN 'in use by records of other imports'
            ELSE 'to be deleted'
        END AS standing
    FROM coperniq_records AS c
    WHERE
        c.contractor_config_id = %(contractor)s
        AND c.coperniq_type = %(type)s
        AND (c.csv_import_id = %(import)s OR (c.created_by_import_id = %(import)s AND c.coperniq_id IS NOT NULL))
)
