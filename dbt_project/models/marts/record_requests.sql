WITH records AS (
    SELECT * FROM {{ ref('stg_csv_import_records') }}
),

requests AS (
    SELECT * FROM {{ ref('stg_coperniq_sync_log') }}
)

SELECT
    records.csv_import_record_id,
    records.csv_import_id,
    requests.contractor_id,
    records.record_number,
    requests.sync_log_id,
    requests.operation_type,
    requests.status,
    requests.records_processed,
    requests.records_successful,
    requests.records_failed,
    requests.api_response_status,
    requests.api_response_time_ms,
    requests.api_error_code,
    requests.api_error_message,
    requests.transaction_id,
    requests.performed_by,
    requests.started_at,
    requests.completed_at
FROM requests
-- Ranges do not overlap. By their bounds an index finds the rows of a whole import; `@>` would try each with each.
CROSS JOIN LATERAL unnest(requests.record_numbers) AS about (numbers)
INNER JOIN records
    ON
        requests.csv_import_id = records.csv_import_id
        AND lower(about.numbers) <= records.record_number
        AND upper(about.numbers) > records.record_number
