{#
    Contractors and templates whose counts, added up, are not those of their usage events, counted one by one. A plain
    `dbt build` looks at the contractors of the latest events: to count all of them is what the rollup is there to save.
    An array, because a list of contractors is looked up by index as little as it is handed on into a view.
#}
{% test rollup_agrees_with_events(model, events) %}

{%- set tested = 'contractor_id = ANY(ARRAY(SELECT latest.contractor_id FROM latest))' if tests_lately() else 'true' %}

WITH latest AS (
    SELECT contractor_id
    FROM {{ events }}
    ORDER BY used_at DESC
    LIMIT 100
),

added AS (
    SELECT
        contractor_id,
        template_id,
        sum(contractors) AS contractors,
        sum(events) AS events,
        sum(views) AS views,
        sum(fills) AS fills,
        sum(submissions) AS submissions,
        sum(edits) AS edits,
        sum(exports) AS exports,
        sum(timed_events) AS timed_events,
        sum(time_spent_seconds) AS time_spent_seconds,
        max(last_used_at) AS last_used_at
    FROM {{ model }}
    WHERE {{ tested }}
    GROUP BY contractor_id, template_id
    HAVING sum(events) <> 0
),

counted AS (
    SELECT
        contractor_id,
        template_id,
        1 AS contractors,
        count(*) AS events,
        count(*) FILTER (WHERE action = 'viewed') AS views,
        count(*) FILTER (WHERE action = 'filled') AS fills,
        count(*) FILTER (WHERE action = 'submitted') AS submissions,
        count(*) FILTER (WHERE action = 'edited') AS edits,
        count(*) FILTER (WHERE action = 'exported') AS exports,
        count(time_spent_seconds) AS timed_events,
        coalesce(sum(time_spent_seconds), 0) AS time_spent_seconds,
        max(used_at) AS last_used_at
    FROM {{ events }}
    WHERE {{ tested }}
    GROUP BY contractor_id, template_id
)

(SELECT * FROM counted EXCEPT ALL SELECT * FROM added)
UNION ALL
(SELECT * FROM added EXCEPT ALL SELECT * FROM counted)

{% endtest %}
