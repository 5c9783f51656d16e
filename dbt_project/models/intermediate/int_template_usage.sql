-- Not materialized: what reads few columns, or one contractor's rows, reads no more of them.
WITH kept AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('int_template_usage_rollup') }}
),

changes AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('stg_template_usage_changes') }}
),

recounted AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('int_template_usage_recounted') }}
),

-- One after the other and not joined: what reads them adds them up, which is faster than to match them.
counted AS (
    SELECT
        contractor_config_id AS contractor_id,
        template_id,
        1 AS contractors,
        events,
        views,
        fills,
        submissions,
        edits,
        exports,
        timed_events,
        time_spent_seconds,
        last_used_at
    FROM kept
    UNION ALL
    SELECT
        contractor_id,
        template_id,
        0 AS contractors,
        events,
        CASE action WHEN 'viewed' THEN events ELSE 0 END AS views,
        CASE action WHEN 'filled' THEN events ELSE 0 END AS fills,
        CASE action WHEN 'submitted' THEN events ELSE 0 END AS submissions,
        CASE action WHEN 'edited' THEN events ELSE 0 END AS edits,
        CASE action WHEN 'exported' THEN events ELSE 0 END AS exports,
        timed_events,
        time_spent_seconds,
        last_used_at
    FROM changes
),

-- First uses, then what is left of pairs that events were taken from.
settled AS (
    SELECT
        changes.contractor_id,
        changes.template_id,
        1 AS contractors,
        NULL AS last_used_at
    FROM changes
    LEFT JOIN kept ON changes.contractor_id = kept.contractor_config_id AND changes.template_id = kept.template_id
    WHERE kept.template_id IS NULL
    GROUP BY changes.contractor_id, changes.template_id
    HAVING sum(changes.events) > 0
    UNION ALL
    SELECT
        recounted.contractor_id,
        recounted.template_id,
        CASE WHEN kept.events > 0 AND recounted.last_used_at IS NULL THEN -1 ELSE 0 END AS contractors,
        recounted.last_used_at
    FROM recounted
    LEFT JOIN kept ON recounted.contractor_id = kept.contractor_config_id AND recounted.template_id = kept.template_id
)

SELECT
    counted.contractor_id,
    counted.template_id,
    counted.contractors,
    counted.events,
    counted.views,
    counted.fills,
    counted.submissions,
    counted.edits,
    counted.exports,
    counted.timed_events,
    counted.time_spent_seconds,
    CASE
        WHEN (counted.contractor_id, counted.template_id) NOT IN (
            SELECT
                recounted.contractor_id,
                recounted.template_id
            FROM recounted
        ) THEN counted.last_used_at
    END AS last_used_at
FROM counted
UNION ALL
SELECT
    contractor_id,
    template_id,
    contractors,
    0 AS events,
    0 AS views,
    0 AS fills,
    0 AS submissions,
    0 AS edits,
    0 AS exports,
    0 AS timed_events,
    0 AS time_spent_seconds,
    last_used_at
FROM settled
