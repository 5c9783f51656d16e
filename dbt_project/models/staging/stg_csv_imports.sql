SELECT
    -- ids
    id AS csv_import_id,
    contractor_config_id AS contractor_id,

    -- file
    import_name,
    source_path,
    coperniq_type,
    file_size_bytes,
    file_hash,
    imported_by,
    parent_import_id,

    -- reading and judging
    status,
    total_records_attempted,
    total_records_success,
    total_records_failed,
    corrected_records,
    refused_records,
    duration_seconds,
    error_summary,
    warnings,
    readings,
    rules_version,

    -- sending
    coperniq_sync_status,
    coperniq_transaction_id,

    -- times
    created_at,
    updated_at,
    started_at,
    completed_at,
    entered_at
FROM {{ source('mep', 'csv_imports') }}
