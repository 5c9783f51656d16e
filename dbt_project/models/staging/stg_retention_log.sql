SELECT
    -- ids
    id AS retention_log_id,

    -- what was removed
    what,
    removed AS removed_count,

    -- times
    older_than,
    removed_at
FROM {{ source('mep', 'retention_log') }}
