WITH records AS (
    SELECT * FROM {{ ref('stg_csv_import_records') }}
),

imports AS (
    SELECT * FROM {{ ref('stg_csv_imports') }}
),

lineage AS (
    SELECT * FROM {{ ref('stg_data_lineage') }}
)

SELECT
    records.csv_import_record_id,
    records.csv_import_id,
    imports.contractor_id,
    imports.import_name,
    imports.file_hash,
    records.record_number,
    records.line_number,
    records.record_key,
    records.status,
    records.error_message,
    lineage.transformation_applied,
    imports.coperniq_type AS coperniq_entity_type,
    coalesce(records.coperniq_id, lineage.coperniq_entity_id) AS coperniq_entity_id,
    lineage.coperniq_company_id,
    lineage.data_quality_score,
    CASE
        WHEN records.status NOT IN ('valid', 'warning') THEN records.status::text
        WHEN records.coperniq_id IS NOT NULL THEN 'synced'
        WHEN lineage.deleted_at IS NOT NULL THEN 'deleted'
        WHEN records.replaced_by_id IS NOT NULL THEN 'replaced'
        WHEN records.withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN imports.status IN ('failed', 'rolled_back') THEN 'withdrawn'
        WHEN records.refused_at IS NOT NULL THEN 'refused'
        WHEN records.erased_at IS NOT NULL THEN 'erased'
        ELSE 'open'
    END AS last_state,
    records.processed_at AS judged_at,
    lineage.created_at AS sent_at,
    lineage.deleted_at,
    imports.rules_version,
    records.record_data,
    records.mapped_data,
    records.corrects_record_id,
    records.corrected_by_id,
    records.replaced_by_id
FROM records
INNER JOIN imports ON records.csv_import_id = imports.csv_import_id
-- A record is of its import's type, and there is one lineage for each record and type.
LEFT JOIN lineage
    ON
        records.csv_import_record_id = lineage.csv_import_record_id
        AND imports.coperniq_type = lineage.coperniq_entity_type
