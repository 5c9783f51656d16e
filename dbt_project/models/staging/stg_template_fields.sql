SELECT
    -- ids
    id AS template_field_id,
    template_id,
    group_id AS template_group_id,

    -- what it is
    name AS field_name,
    label,
    field_type,
    is_required,
    options,
    coperniq_fields,
    display_order,

    -- times
    created_at,
    retired_at
FROM {{ source('mep', 'template_fields') }}
