SELECT
    -- ids
    id AS template_id,

    -- names
    name AS template_name,
    display_name,

    -- classification
    trade,
    phase,
    category,
    compliance,
    version,
    is_active,

    -- times
    created_at,
    updated_at
FROM {{ source('mep', 'templates') }}
