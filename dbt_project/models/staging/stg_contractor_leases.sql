SELECT
    -- ids
    contractor_config_id AS contractor_id,

    -- the run that works for the contractor, or did last
    taken_by,

    -- times
    taken_at,
    expires_at,
    resumes_at
FROM {{ source('mep', 'contractor_leases') }}
