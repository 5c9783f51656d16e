SELECT
    -- ids
    id AS template_group_id,
    template_id,

    -- what it is
    name AS group_name,
    display_order,
    is_critical,

    -- times
    created_at,
    retired_at
FROM {{ source('mep', 'template_groups') }}
