SELECT
    -- ids
    id AS coperniq_finding_id,
    contractor_config_id AS contractor_id,
    record_id AS coperniq_record_id,
    coperniq_id,

    -- what was found
    coperniq_type,
    kind,
    fields,

    -- times
    found_at,
    confirmed_at,
    resolved_at
FROM {{ source('mep', 'coperniq_findings') }}
