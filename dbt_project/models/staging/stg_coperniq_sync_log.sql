SELECT
    -- ids
    id AS sync_log_id,
    csv_import_id,
    contractor_config_id AS contractor_id,
    transaction_id,

    -- operation
    operation_type,
    entity_type,
    record_numbers,
    performed_by,
    rollback_attempted,
    rollback_successful,

    -- outcome
    status,
    records_processed,
    records_successful,
    records_failed,

    -- response
    api_response_status,
    api_response_time_ms,
    api_error_code,
    api_error_message,

    -- times
    started_at,
    completed_at
FROM {{ source('mep', 'coperniq_sync_log') }}
