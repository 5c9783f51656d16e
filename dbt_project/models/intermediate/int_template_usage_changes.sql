WITH summed AS (
    SELECT
        contractor_id,
        template_id,
        sum(events)::integer AS events,
        coalesce(sum(events) FILTER (WHERE action = 'viewed'), 0)::integer AS views,
        coalesce(sum(events) FILTER (WHERE action = 'filled'), 0)::integer AS fills,
        coalesce(sum(events) FILTER (WHERE action = 'submitted'), 0)::integer AS submissions,
        coalesce(sum(events) FILTER (WHERE action = 'edited'), 0)::integer AS edits,
        coalesce(sum(events) FILTER (WHERE action = 'exported'), 0)::integer AS exports,
        sum(timed_events)::integer AS timed_events,
        sum(time_spent_seconds)::bigint AS time_spent_seconds,
        max(last_used_at) AS last_used_at,
        bool_or(recount) AS is_recounted
    FROM {{ ref('stg_template_usage_changes') }}
    GROUP BY contractor_id, template_id
),

recounted AS (
    SELECT * FROM {{ ref('int_template_usage_recounted') }}
)

SELECT
    summed.contractor_id,
    summed.template_id,
    summed.events,
    summed.views,
    summed.fills,
    summed.submissions,
    summed.edits,
    summed.exports,
    summed.timed_events,
    summed.time_spent_seconds,
    CASE WHEN summed.is_recounted THEN recounted.last_used_at ELSE summed.last_used_at END AS last_used_at,
    summed.is_recounted
FROM summed
LEFT JOIN recounted
    ON summed.contractor_id = recounted.contractor_id AND summed.template_id = recounted.template_id
