WITH templates AS (
    SELECT * FROM {{ ref('stg_templates') }}
),

usage AS (
    SELECT
        template_id,
        sum(contractors) AS unique_contractors,
        sum(views) AS views,
        sum(fills) AS fills,
        sum(submissions) AS submissions,
        sum(edits) AS edits,
        sum(exports) AS exports,
        (sum(time_spent_seconds) / nullif(sum(timed_events), 0))::numeric(12, 2) AS avg_time_spent_seconds,
        max(last_used_at) AS last_used_at
    FROM {{ ref('int_template_usage') }}
    GROUP BY template_id
)

SELECT
    templates.template_id,
    templates.template_name,
    templates.display_name,
    templates.trade,
    templates.phase,
    templates.category,
    templates.is_active,
    coalesce(usage.unique_contractors, 0) AS unique_contractors,
    coalesce(usage.views, 0) AS views,
    coalesce(usage.fills, 0) AS fills,
    coalesce(usage.submissions, 0) AS submissions,
    coalesce(usage.edits, 0) AS edits,
    coalesce(usage.exports, 0) AS exports,
    usage.avg_time_spent_seconds,
    usage.last_used_at
FROM templates
LEFT JOIN usage ON templates.template_id = usage.template_id
