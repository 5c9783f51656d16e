-- depends_on: {{ ref('stg_template_usage') }}, {{ ref('int_template_usage_changes') }}
{% if should_full_refresh() %}
-- What is rolled up already keeps its row where no event is left.
WITH pairs AS (
    SELECT
        contractor_id,
        template_id,
        action,
        time_spent_seconds,
        used_at
    FROM {{ ref('stg_template_usage') }}
    UNION ALL
    SELECT
        contractor_config_id AS contractor_id,
        template_id,
        NULL AS action,
        NULL AS time_spent_seconds,
        NULL AS used_at
    FROM {{ this }}
)

SELECT
    contractor_id AS contractor_config_id,
    template_id,
    count(action)::integer AS events,
    (count(*) FILTER (WHERE action = 'viewed'))::integer AS views,
    (count(*) FILTER (WHERE action = 'filled'))::integer AS fills,
    (count(*) FILTER (WHERE action = 'submitted'))::integer AS submissions,
    (count(*) FILTER (WHERE action = 'edited'))::integer AS edits,
    (count(*) FILTER (WHERE action = 'exported'))::integer AS exports,
    count(time_spent_seconds)::integer AS timed_events,
    coalesce(sum(time_spent_seconds), 0)::bigint AS time_spent_seconds,
    max(used_at) AS last_used_at
FROM pairs
GROUP BY contractor_id, template_id
{% else %}
WITH changes AS (
    SELECT * FROM {{ ref('int_template_usage_changes') }}
),

kept AS (
    SELECT * FROM {{ this }}
)

SELECT
    changes.contractor_id AS contractor_config_id,
    changes.template_id,
    coalesce(kept.events, 0) + changes.events AS events,
    coalesce(kept.views, 0) + changes.views AS views,
    coalesce(kept.fills, 0) + changes.fills AS fills,
    coalesce(kept.submissions, 0) + changes.submissions AS submissions,
    coalesce(kept.edits, 0) + changes.edits AS edits,
    coalesce(kept.exports, 0) + changes.exports AS exports,
    coalesce(kept.timed_events, 0) + changes.timed_events AS timed_events,
    coalesce(kept.time_spent_seconds, 0) + changes.time_spent_seconds AS time_spent_seconds,
    CASE
        WHEN changes.is_recounted THEN changes.last_used_at
        ELSE greatest(kept.last_used_at, changes.last_used_at)
    END AS last_used_at
FROM changes
LEFT JOIN kept ON changes.contractor_id = kept.contractor_config_id AND changes.template_id = kept.template_id
{% endif %}
