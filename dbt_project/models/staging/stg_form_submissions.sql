SELECT
    -- ids
    id AS submission_id,
    contractor_config_id AS contractor_id,
    template_id,
    parent_submission_id,

    -- which one
    submission_number,
    revision_count,
    form_title,

    -- state
    status,
    coperniq_import_status,
    coperniq_import_error,

    -- times
    created_at,
    submitted_at,
    approved_at,
    archived_at
FROM {{ source('mep', 'mep_form_submissions') }}
