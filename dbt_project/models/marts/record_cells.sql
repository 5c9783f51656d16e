-- Each is read twice, and as a whole only by who asks for all.
WITH records AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('stg_csv_import_records') }}
),

imports AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('stg_csv_imports') }}
),

mappings AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('stg_csv_column_mappings') }}
)

SELECT
    records.csv_import_record_id,
    records.csv_import_id,
    imports.contractor_id,
    records.record_number,
    mappings.csv_column_number,
    nullif(mappings.csv_column_header, '') AS csv_column_header,
    records.record_data ->> nullif(mappings.csv_column_header, '') AS cell,
    mappings.coperniq_field_name,
    CASE
        WHEN mappings.coperniq_field_name IS NOT NULL
            THEN coalesce(mappings.transformation_params ->> 'function', mappings.transformation_rule, 'as it is')
    END AS transformation,
    mappings.transformation_params,
    mappings.validation_rule,
    records.mapped_data -> mappings.coperniq_field_name AS value,
    mappings.match_source,
    mappings.match_confidence,
    imports.rules_version
FROM records
INNER JOIN imports ON records.csv_import_id = imports.csv_import_id
INNER JOIN mappings ON records.csv_import_id = mappings.csv_import_id
WHERE records.erased_at IS NULL
UNION ALL
-- What stands in the row beyond the columns of the mapping, such as cells without a header.
SELECT
    records.csv_import_record_id,
    records.csv_import_id,
    imports.contractor_id,
    records.record_number,
    NULL AS csv_column_number,
    beyond.csv_column_header,
    beyond.cell,
    NULL AS coperniq_field_name,
    NULL AS transformation,
    NULL AS transformation_params,
    NULL AS validation_rule,
    NULL AS value,
    NULL AS match_source,
    NULL AS match_confidence,
    imports.rules_version
FROM records
INNER JOIN imports ON records.csv_import_id = imports.csv_import_id
CROSS JOIN
    LATERAL jsonb_each_text(
        CASE jsonb_typeof(records.record_data) WHEN 'object' THEN records.record_data ELSE '{}' END
    ) AS beyond (csv_column_header, cell)
WHERE
    records.erased_at IS NULL
    AND NOT EXISTS (
        SELECT FROM mappings
        WHERE
            mappings.csv_import_id = records.csv_import_id
            AND nullif(mappings.csv_column_header, '') = beyond.csv_column_header
    )
