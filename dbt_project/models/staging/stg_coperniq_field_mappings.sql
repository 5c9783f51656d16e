SELECT
    -- ids
    id AS coperniq_field_mapping_id,
    template_id,
    template_field_id,

    -- field of Coperniq
    coperniq_type,
    coperniq_field_name,
    coperniq_field_type,
    is_required,
    is_custom,

    -- field of a template
    template_field_name,
    source AS mapping_source,
    mapping_confidence,
    is_ignored,

    -- times
    confirmed_at,
    created_at,
    updated_at
FROM {{ source('mep', 'coperniq_field_mapping') }}
