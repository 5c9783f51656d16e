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
    is_active
FROM {{ source('mep', 'templates') }}
