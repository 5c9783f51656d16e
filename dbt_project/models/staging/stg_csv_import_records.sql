SELECT
    -- ids
    id AS csv_import_record_id,
    csv_import_id,
    replaced_by_id,
    corrects_record_id,
    corrected_by_id,
    coperniq_id,

    -- where it stands in the file
    record_number,
    line_number,

    -- what it says
    record_key,
    record_data,
    mapped_data,

    -- judgement
    status,
    error_message,
    refused_at,
    withdrawn_at,
    invalid_fields,
    missing_required_fields,

    -- times
    processed_at,
    erased_at
FROM {{ source('mep', 'csv_import_records') }}
