SELECT
    -- ids
    id AS submission_id,
    contractor_config_id AS contractor_id,
    template_id,

    -- state
    status,
    coperniq_import_status,

    -- times
    submitted_at,
    approved_at
FROM {{ source('mep', 'mep_form_submissions') }}
