SELECT
    -- ids
    id AS contractor_id,

    -- who
    contractor_name,
    contractor_email,
    slug,

    -- what the wizard chose
    trades,
    markets,
    phases,
    preset_used,
    is_active,
    coalesce(cardinality(templates_enabled), 0) AS template_enabled_count,

    -- times
    created_at,
    updated_at
FROM {{ source('mep', 'mep_contractor_configs') }}
