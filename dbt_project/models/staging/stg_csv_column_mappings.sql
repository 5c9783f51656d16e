SELECT
    -- ids
    id AS csv_column_mapping_id,
    csv_import_id,

    -- column of the file
    csv_column_number,
    csv_column_header,

    -- field of Coperniq
    coperniq_type,
    coperniq_field_name,
    is_required,
    source AS match_source,
    confidence AS match_confidence,

    -- what is done to values
    transformation_rule,
    transformation_params,
    validation_rule,

    -- times
    created_at
FROM {{ source('mep', 'csv_column_mapping') }}
