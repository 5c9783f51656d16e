SELECT
    -- ids
    id AS submission_id,
    contractor_config_id AS contractor_id,

    -- state
    status,

    -- times
    submitted_at
FROM {{ source('mep', 'mep_form_submissions') }}
