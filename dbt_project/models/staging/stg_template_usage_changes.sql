SELECT
    -- ids
    contractor_config_id AS contractor_id,
    template_id,

    -- what was done, signed
    action,
    events,
    timed_events,
    time_spent_seconds,

    -- times
    last_used_at,
    recount,

    -- what the rollup knew
    is_new
FROM {{ source('mep', 'template_usage_changes') }}
