-- What counts and statuses of imports speak of: an import is shown as judged and sent once these are sound.
-- depends_on: {{ source('mep', 'csv_import_records') }}
-- depends_on: {{ source('mep', 'coperniq_findings') }}
-- depends_on: {{ source('mep', 'coperniq_sync_log') }}
-- depends_on: {{ source('mep', 'data_lineage') }}

WITH imports AS (
    SELECT * FROM {{ ref('stg_csv_imports') }}
),

contractors AS (
    SELECT * FROM {{ ref('stg_contractors') }}
)

SELECT
    imports.csv_import_id,
    imports.contractor_id,
    contractors.contractor_name,
    imports.import_name,
    imports.coperniq_type,
    imports.status,
    imports.total_records_attempted,
    imports.total_records_success,
    imports.total_records_failed,
    (
        100.0 * imports.total_records_success / nullif(imports.total_records_attempted, 0)
    )::numeric(5, 2) AS success_rate,
    imports.duration_seconds,
    imports.coperniq_sync_status,
    imports.coperniq_transaction_id,
    imports.error_summary,
    imports.file_size_bytes,
    imports.file_hash,
    imports.imported_by,
    imports.created_at,
    imports.started_at,
    imports.completed_at,
    imports.parent_import_id,
    CASE
        WHEN imports.status = 'rolled_back' OR imports.source_path IS NULL THEN 0
        ELSE imports.total_records_failed - imports.corrected_records + imports.refused_records
    END AS open_records
FROM imports
INNER JOIN contractors ON imports.contractor_id = contractors.contractor_id
