SELECT
    -- ids
    id AS lineage_id,
    csv_import_record_id,
    form_submission_id AS submission_id,
    contractor_config_id AS contractor_id,

    -- record of Coperniq
    coperniq_entity_type,
    coperniq_entity_id,
    coperniq_company_id,

    -- how it came there
    transformation_applied,
    data_quality_score,

    -- times
    created_at,
    updated_at,
    deleted_at
FROM {{ source('mep', 'data_lineage') }}
