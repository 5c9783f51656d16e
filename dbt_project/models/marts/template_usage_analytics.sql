WITH templates AS (
    SELECT * FROM {{ ref('stg_templates') }}
),

usage AS (
    SELECT * FROM {{ ref('stg_template_usage') }}
)

SELECT
    templates.template_id,
    templates.template_name,
    templates.display_name,
    templates.trade,
    templates.phase,
    templates.category,
    templates.is_active,
    counted.unique_contractors,
    counted.views,
    counted.fills,
    counted.submissions,
    counted.edits,
    counted.exports,
    counted.avg_time_spent_seconds,
    counted.last_used_at
FROM templates
-- Lateral: a question about one template counts that one's usage, not everybody's.
CROSS JOIN LATERAL (
    SELECT
        count(DISTINCT usage.contractor_id) AS unique_contractors,
        count(*) FILTER (WHERE usage.action = 'viewed') AS views,
        count(*) FILTER (WHERE usage.action = 'filled') AS fills,
        count(*) FILTER (WHERE usage.action = 'submitted') AS submissions,
        count(*) FILTER (WHERE usage.action = 'edited') AS edits,
        count(*) FILTER (WHERE usage.action = 'exported') AS exports,
        avg(usage.time_spent_seconds)::numeric(12, 2) AS avg_time_spent_seconds,
        max(usage.used_at) AS last_used_at
    FROM usage
    WHERE usage.template_id = templates.template_id
) AS counted
