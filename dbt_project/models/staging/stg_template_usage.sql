SELECT
    -- ids
    id AS usage_id,
    template_id,
    contractor_config_id AS contractor_id,
    submission_id,

    -- what was done
    action,
    time_spent_seconds,

    -- times
    timestamp AS used_at
FROM {{ source('mep', 'mep_template_usage') }}
