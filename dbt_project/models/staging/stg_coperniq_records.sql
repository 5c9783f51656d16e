SELECT
    -- ids
    id AS coperniq_record_id,
    contractor_config_id AS contractor_id,
    csv_import_id,
    csv_import_record_id,
    created_by_import_id,
    coperniq_id,

    -- which one
    coperniq_type,
    record_key,
    record_number,

    -- state
    state,
    waiting_for,

    -- times
    claimed_at,
    created_at,
    updated_at
FROM {{ source('mep', 'coperniq_records') }}
