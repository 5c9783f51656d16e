WITH usage AS (
    SELECT * FROM {{ ref('stg_template_usage') }}
),

-- Picked out before they are looked up, so that the planner does not expect to look up many.
pairs AS (
    SELECT DISTINCT
        contractor_id,
        template_id
    FROM {{ ref('stg_template_usage_changes') }}
    WHERE recount
)

SELECT
    pairs.contractor_id,
    pairs.template_id,
    (
        SELECT max(usage.used_at)
        FROM usage
        WHERE usage.contractor_id = pairs.contractor_id AND usage.template_id = pairs.template_id
    ) AS last_used_at
FROM pairs
